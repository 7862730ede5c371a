import Foundation
import MeterCore
import MeterFormats
import PayloadCompression
import Testing

/// A year of hourly local readings of 351 buildings: naive wall-clock times, spring with a missing and autumn with a doubled hour.
@Suite(.enabled(if: TestFolders.hasSharedData, "../shared/data is not there"))
struct BuildingsDataTests {
    /// What a plain reading of the text says: rows, sum in billionths, empty values.
    private struct Plain {
        var rows = 0
        var sum: Int64 = 0
        var empty = 0
    }

    @Test func everyRowIsOneInstant() throws {
        let folder = TestFolders.sharedData + "/interval"
        let zones = try Self.zones(folder + "/buildings-meta.csv")
        let packed = try TestFolders.bytes(folder + "/buildings.tar.xz")
        let archive = try TarArchive(XZ.decompress(packed.span, limitBytes: 200_000_000))
        var files = 0
        var batch = ReadingBatch()
        for entry in archive.entries where entry.name.hasSuffix(".csv") {
            files += 1
            let content = Array(archive.contents(of: entry))
            let meter = String(entry.name.split(separator: "/").last?.dropLast(4) ?? "")
            let zone = try #require(zones[meter])
            let type =
                "text/csv; profile=mapped; time=1; value=2; meter-from=header; interval=3600; stamp=start; zone=\(zone)"
            let mediaType = try #require(MediaType(type))
            try FormatCatalog.decode(content.span, mediaType: mediaType, zones: TestZones.catalog, into: &batch)
            check(batch, Self.plain(content), meter: meter)
        }
        #expect(files == 351)
    }

    private func check(_ batch: ReadingBatch, _ plain: Plain, meter: String) {
        #expect(batch.rejectCount == 0, "\(meter)")
        #expect(batch.series.count == 1 && batch.series.first?.meter == meter)
        #expect(batch.valueCount == plain.rows, "\(meter)")
        #expect(batch.quality.filter { $0 == Quality.missing.rawValue }.count == plain.empty, "\(meter)")
        #expect(abs(batch.billionths.reduce(0, +) - plain.sum) <= 1000, "\(meter)")
        #expect(Set(batch.endSeconds).count == plain.rows, "\(meter)")
    }

    private static func zones(_ path: String) throws -> [String: String] {
        let text = String(decoding: try TestFolders.bytes(path), as: UTF8.self)
        var zones: [String: String] = [:]
        for line in text.split(whereSeparator: \.isNewline).dropFirst() {
            let fields = line.split(separator: ",", omittingEmptySubsequences: false)
            zones[String(fields[0])] = String(fields[1])
        }
        return zones
    }

    private static func plain(_ content: [UInt8]) -> Plain {
        var plain = Plain()
        for line in content.split(whereSeparator: { $0 == 0x0a || $0 == 0x0d }).dropFirst() {
            plain.rows += 1
            let value = Array(line.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false).last ?? [])
            guard let quantity = Quantity(value.span, 0..<value.count) else {
                plain.empty += 1
                continue
            }
            plain.sum += quantity.billionths
        }
        return plain
    }
}

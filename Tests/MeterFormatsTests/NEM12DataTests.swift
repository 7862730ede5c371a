import Foundation
import MeterCore
import MeterFormats
import PayloadCompression
import Testing

/// Every file of a collection of real NEM12 and NEM13 files against the counts, sums and qualities of an independent parser.
///
/// What differs is listed here and explained in `docs/nem12-differences.md`.
@Suite(.enabled(if: TestFolders.hasSharedData, "../shared/data is not there"))
struct NEM12DataTests {
    struct Expected: Decodable {
        struct Channel: Decodable {
            let count: Int
            let sum: Double
            let uom: String
            let first: String
            let last: String
            let quality: [String: Int]
        }
        let file: String
        let error: String?
        let nmis: [String: [String: Channel]]?
    }

    /// Files that are refused, with the code of the refusal.
    static let refused: [String: DecodeCode] = [
        "nem-reader/Example_NEM12_15min_200_30min_300.csv": .wrongValueCount,
        "nem-reader/Example_NEM12_15min_200_30min_400.csv": .untiledDay,
        "nem-reader/Example_NEM12_30min_200_15min_300.csv": .wrongValueCount,
        "nem-reader/Example_NEM12_30min_200_15min_400.csv": .wrongValueCount,
        "nem-reader/Example_NEM12_incomplete_interval.csv": .wrongValueCount,
        "nem-reader/Example_empty_file.csv": .empty,
        "nem-reader/NEM12#Scenario10#ETSAMDP#NEMMCO.zip": .wrongValueCount,
    ]

    /// Channels that are left out of an otherwise good file.
    static let channelsLeftOut: Set<String> = [
        "nem-reader/Example_NEM12_different_interval_length.csv C123 V1",
        "nem-reader/Example_different_intervals.zip C123 V1",
    ]

    /// Channels that have a day twice, without UpdateDateTime: the later line holds. Its sum, added up apart from this program.
    static let repeatedDays: [String: Double] = [
        "nem-reader/Example_NEM12_powercor.csv VABD000163 E1": 159.984,
        "nem-reader/Example_NEM12_powercor.csv VABD000163 Q1": 213.312,
        "nem-reader/Example_NEM12_powercor.csv.zip VABD000163 E1": 53.328,
        "nem-reader/Example_NEM12_powercor.csv.zip VABD000163 Q1": 106.656,
    ]

    static let expected: [Expected] = {
        let path = TestFolders.sharedData + "/nem12/expected_by_nemreader.jsonl"
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return [] }
        return text.split(separator: "\n").compactMap {
            try? JSONDecoder().decode(Expected.self, from: Data($0.utf8))
        }
    }()

    @Test func everyFileIsThere() throws {
        #expect(Self.expected.count == 226)
        let listed = Set(Self.expected.map(\.file))
        for folder in ["aemo", "nem-reader"] {
            for file in try FileManager.default.contentsOfDirectory(atPath: "\(TestFolders.sharedData)/nem12/\(folder)")
            {
                #expect(listed.contains("\(folder)/\(file)"))
            }
        }
    }

    @Test func everyFileAgreesOrIsExplained() throws {
        for expected in Self.expected {
            let bytes = try Self.content(of: expected.file)
            do throws(DecodeError) {
                let batch = try decoded(bytes, "application/vnd.aemo.mdff")
                #expect(Self.refused[expected.file] == nil, "\(expected.file) should be refused")
                compare(batch, expected)
            } catch {
                #expect(Self.refused[expected.file] == error.code, "\(expected.file): \(error.description)")
            }
        }
    }

    private static func content(of file: String) throws -> [UInt8] {
        let bytes = try TestFolders.bytes("\(TestFolders.sharedData)/nem12/\(file)")
        guard file.lowercased().hasSuffix(".zip") else { return bytes }
        let archive = try ZipArchive(bytes)
        let entry = try #require(archive.entries.first)
        #expect(archive.entries.count == 1)
        return try archive.contents(of: entry, limitBytes: 10_000_000)
    }

    // MARK: Comparison

    /// Sums in doubles, because the reference has no other; the tolerance is 1e-6 of the unit of the file.
    private struct Channel {
        var count = 0
        var sum = 0.0
        var first = Instant(secondsSinceEpoch: .max)
        var last = Instant(secondsSinceEpoch: .min)
        var quality: [String: Int] = [:]
    }

    private func compare(_ batch: ReadingBatch, _ expected: Expected) {
        guard let nmis = expected.nmis else {
            return #expect(Self.readHereOnly.contains(expected.file), "\(expected.file): the reference has an error")
        }
        let found = channels(of: batch, expected.file)
        let wanted = nmis.flatMap { nmi, channels in channels.map { ("\(nmi) \($0.key)", $0.value) } }
        #expect(found.count == wanted.filter { !Self.channelsLeftOut.contains("\(expected.file) \($0.0)") }.count)
        for (name, want) in wanted where !Self.channelsLeftOut.contains("\(expected.file) \(name)") {
            guard let have = found[name] else {
                Issue.record("\(expected.file): no \(name)")
                continue
            }
            let sum = have.sum * Self.stepsPerUnit(want.uom)
            if let later = Self.repeatedDays["\(expected.file) \(name)"] {
                #expect(have.count * 2 == want.count && abs(sum - later) <= 1e-6, "\(expected.file) \(name): \(sum)")
                continue
            }
            #expect(have.count == want.count, "\(expected.file) \(name)")
            #expect(abs(sum - want.sum) <= 1e-6, "\(expected.file) \(name): \(sum) for \(want.sum)")
            #expect(have.quality == want.quality, "\(expected.file) \(name)")
            #expect(Self.local(have.first) == want.first, "\(expected.file) \(name)")
            #expect(Self.local(have.last) == want.last, "\(expected.file) \(name)")
        }
    }

    /// Files the reference parser fails on and this decoder reads.
    static let readHereOnly: Set<String> = [
        "nem-reader/Example_NEM12_powercor_missing_fields.csv"
    ]

    private func channels(of batch: ReadingBatch, _ file: String) -> [String: Channel] {
        var channels: [String: Channel] = [:]
        for series in batch.series {
            for index in series.values {
                let end = Instant(secondsSinceEpoch: batch.endSeconds[index])
                Self.add(
                    Double(batch.billionths[index]) / 1e9,
                    end + -Int64(series.intervalSeconds),
                    end,
                    batch.sourceStatus[index],
                    to: &channels["\(series.meter) \(series.channel)", default: Channel()]
                )
            }
        }
        for read in batch.registers {
            Self.add(
                Double(read.quantity?.billionths ?? 0) / 1e9,
                read.from,
                read.to,
                read.sourceStatus,
                to: &channels["\(read.meter) \(read.channel)", default: Channel()]
            )
        }
        return channels
    }

    private static func add(
        _ value: Double,
        _ from: Instant,
        _ to: Instant,
        _ status: UInt16,
        to channel: inout Channel
    ) {
        channel.count += 1
        channel.sum += value
        channel.first = min(channel.first, from)
        channel.last = max(channel.last, to)
        channel.quality[flag(status), default: 0] += 1
    }

    /// The reference keeps the file's unit; here everything is in kilo-units.
    private static func stepsPerUnit(_ unit: String) -> Double {
        ["wh", "varh"].contains(unit.lowercased()) ? 1000 : 1
    }

    private static func flag(_ status: UInt16) -> String {
        guard let quality = NEMQuality(status: status) else { return "?" }
        let letter = [
            NEMQuality.Flag.actual: "A", .forwardEstimate: "E", .finalSubstitute: "F", .null: "N", .substitute: "S",
        ]
        return (letter[quality.flag] ?? "?") + (quality.method > 0 ? "\(quality.method)" : "")
    }

    /// In national time, as the reference writes it.
    private static func local(_ instant: Instant) -> String {
        String((instant + 36_000).description.dropLast()).replacing("T", with: " ")
    }
}

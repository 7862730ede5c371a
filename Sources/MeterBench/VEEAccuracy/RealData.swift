import MeterCore
import MeterFormats
import PayloadCompression
import Settings

/// The real interval data that accuracy is measured on: buildings without gaps, and households whose gaps are taken as the pattern.
struct RealData: Sendable {
    let folder: String
    let zones: ZoneCatalog

    /// Unpacked bytes of one file at the most.
    private static let unpackedLimitBytes = 1 << 30

    /// Hourly data of non-residential buildings, in the order of their names.
    ///
    /// - Parameter limit: buildings at the most, spread evenly over all.
    func buildings(limit: Int?) throws -> [MeteredYear] {
        let zoneNames = try zonesOfBuildings()
        let packed = try TextFile.bytes(folder + "/buildings.tar.xz")
        let archive = try TarArchive(XZ.decompress(packed.span, limitBytes: Self.unpackedLimitBytes))
        let entries = archive.entries.filter { $0.name.hasSuffix(".csv") }.sorted { $0.name < $1.name }
        let step = max(1, entries.count / max(1, limit ?? entries.count))
        var years: [MeteredYear] = []
        var batch = ReadingBatch()
        for (index, entry) in entries.enumerated() where index % step == 0 && years.count < limit ?? .max {
            let meter = String(entry.name.split(separator: "/").last?.dropLast(4) ?? "")
            guard let zone = zoneNames[meter] else { throw AccuracyError.unknownZone(meter) }
            let content = Array(archive.contents(of: entry))
            try decode(
                content,
                "time=1; value=2; meter-from=header; interval=3600; stamp=start; zone=\"\(zone)\"",
                into: &batch
            )
            guard let series = batch.series.first else { throw AccuracyError.noData(entry.name) }
            years.append(year(batch, series, meter: meter, zone: zone))
        }
        return years
    }

    /// Runs of missing half-hours of the households.
    func householdGaps() throws -> [RealGap] {
        let packed = try TextFile.bytes(folder + "/households-with-gaps.csv.xz")
        let content = try XZ.decompress(packed.span, limitBytes: Self.unpackedLimitBytes)
        var batch = ReadingBatch()
        let zone = "Australia/Sydney"
        try decode(content, "meter-column=1; time=2; value=3; interval=1800; stamp=end; zone=\"\(zone)\"", into: &batch)
        var gaps: [RealGap] = []
        for series in batch.series {
            let year = year(batch, series, meter: series.meter, zone: zone)
            var index = 0
            while index < year.count {
                guard year.billionths[index] == nil else {
                    index += 1
                    continue
                }
                let first = index
                while index < year.count, year.billionths[index] == nil { index += 1 }
                gaps.append(
                    RealGap(
                        seconds: Int64(index - first) * year.intervalSeconds,
                        secondOfWeek: year.start(of: first) % RealGap.weekSeconds
                    )
                )
            }
        }
        return gaps
    }

    private func decode(_ content: [UInt8], _ layout: String, into batch: inout ReadingBatch) throws {
        guard let mediaType = MediaType("text/csv; profile=mapped; " + layout) else {
            throw AccuracyError.noData(layout)
        }
        try FormatCatalog.decode(content.span, mediaType: mediaType, zones: zones, into: &batch)
    }

    private func year(
        _ batch: ReadingBatch,
        _ series: ReadingBatch.Series,
        meter: String,
        zone: String
    ) -> MeteredYear {
        let step = Int64(series.intervalSeconds)
        let ends = batch.endSeconds[series.values]
        let first = ends.min() ?? 0
        let last = ends.max() ?? 0
        var values = [Int64?](repeating: nil, count: Int((last - first) / step) + 1)
        for index in series.values where batch.quality[index] != Quality.missing.rawValue {
            values[Int((batch.endSeconds[index] - first) / step)] = batch.billionths[index]
        }
        return MeteredYear(
            meter: meter,
            zone: zone,
            startSecond: first - step,
            intervalSeconds: step,
            billionths: values
        )
    }

    private func zonesOfBuildings() throws -> [String: String] {
        var zones: [String: String] = [:]
        for line in try TextFile.read(folder + "/buildings-meta.csv").text.split(whereSeparator: \.isNewline)
            .dropFirst()
        {
            let fields = line.split(separator: ",", omittingEmptySubsequences: false)
            guard fields.count > 1 else { continue }
            zones[String(fields[0])] = String(fields[1])
        }
        return zones
    }
}

/// A run of missing intervals of a real meter.
package struct RealGap: Sendable, Equatable {
    package var seconds: Int64
    /// Its start within the week that begins on a Thursday at midnight UTC.
    package var secondOfWeek: Int64

    package init(seconds: Int64, secondOfWeek: Int64) {
        self.seconds = seconds
        self.secondOfWeek = secondOfWeek
    }

    static let weekSeconds: Int64 = 7 * 86_400
}

/// Why accuracy can't be measured.
package enum AccuracyError: Error, CustomStringConvertible {
    case unknownZone(String)
    case noData(String)
    case processor(String)

    package var description: String {
        switch self {
        case .unknownZone(let meter): "buildings-meta.csv has no time zone of \(meter)"
        case .noData(let what): "no data: \(what)"
        case .processor(let reason): "the VEE processor failed: \(reason)"
        }
    }
}

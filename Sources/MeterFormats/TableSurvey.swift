public import MeterCore

/// What a whole file of tabular readings shows before it is cut into payloads: what its pieces could not show each on their own, and where
/// it may be cut so that the pieces read as the whole.
public struct TableSurvey: Sendable {
    /// Stated, learned from the stamps, or the format's default.
    public var intervalSeconds: Int32
    /// Whether nobody stated the interval.
    public var isIntervalUnstated: Bool
    /// Whether numbers have a comma before their fraction although nobody said so.
    public var hasDecimalComma: Bool
    /// The bytes before the first line of readings: the header line.
    public var headerEnd: Int
    /// Starts of lines, ascending, before which the file may be cut: no local day of a meter and channel has lines on both sides, nor
    /// have the days around a change of the clock.
    public var cuts: [Int]

    /// Surveys a file; nil when its format is no table whose lines can be sent apart.
    ///
    /// - Throws: `DecodeError` for what refuses the file as a whole, as its decoder would.
    public static func of(
        _ bytes: Span<UInt8>,
        mediaType: MediaType,
        zones: ZoneCatalog
    ) throws(DecodeError) -> TableSurvey? {
        switch FormatCatalog.format(of: mediaType)?.name {
        case MappedCSV.format.name: try MappedCSV.survey(bytes, mediaType: mediaType, zones: zones)
        case AWSGuidanceCSV.format.name: try AWSGuidanceCSV.survey(bytes, mediaType: mediaType, zones: zones)
        default: nil
        }
    }

    init(
        _ bytes: Span<UInt8>,
        _ table: borrowing RowTable,
        _ timing: RowTiming,
        headerEnd: Int
    ) throws(DecodeError) {
        let order = table.rowsBySlot()
        intervalSeconds = try table.intervalSeconds(timing, order.rows, order.starts)
        isIntervalUnstated = timing.intervalSeconds == nil
        hasDecimalComma = false
        self.headerEnd = headerEnd
        cuts = Self.cuts(bytes, table, timing, intervalSeconds: Int64(intervalSeconds))
    }

    private struct Day: Hashable {
        var slot: Int
        var group: Int64
    }

    private static func cuts(
        _ bytes: Span<UInt8>,
        _ table: borrowing RowTable,
        _ timing: RowTiming,
        intervalSeconds: Int64
    ) -> [Int] {
        var groups = DayGroups(timing.rules)
        var days: [Day] = []
        days.reserveCapacity(table.rowCount)
        var lastRow: [Day: Int] = [:]
        for row in 0..<table.rowCount {
            var second = table.stamps[row].second - (timing.stampIsStart ? 0 : intervalSeconds)
            if !table.stamps[row].isLocal {
                second += Int64(timing.rules.offsetSeconds(at: Instant(secondsSinceEpoch: second)))
            }
            let day = Day(slot: table.slot(ofRow: row), group: groups.group(ofLocal: second))
            days.append(day)
            lastRow[day] = row
        }
        var cuts: [Int] = []
        var reach = 0
        for row in 0..<table.rowCount {
            if row > reach { cuts.append(lineStart(bytes, table.offsets[row])) }
            reach = max(reach, lastRow[days[row]] ?? row)
        }
        return cuts
    }

    private static func lineStart(_ bytes: Span<UInt8>, _ offset: Int) -> Int {
        var start = offset
        while start > 0, bytes[start - 1] != 0x0a { start -= 1 }
        return start
    }
}

extension MappedCSV {
    static func survey(
        _ bytes: Span<UInt8>,
        mediaType: MediaType,
        zones: ZoneCatalog
    ) throws(DecodeError) -> TableSurvey {
        let layout = try MappedLayout(mediaType)
        let timing = try timing(layout, zones)
        var lines = LineReader(bytes)
        let columns = try MappedColumns(bytes, layout, &lines)
        let headerEnd = layout.hasHeader ? lines.offset : 0
        let decimal = try columns.decimalMark(bytes, layout, lines)
        var rows = MappedRows(layout: layout, columns: columns, decimal: decimal, readsValues: false)
        var unused = ReadingBatch()
        while let line = lines.next(bytes) {
            // Lines that cannot be read are told when the pieces are decoded.
            do throws(DecodeError) { try rows.row(bytes, line, number: lines.line, into: &unused) } catch { continue }
        }
        var survey = try TableSurvey(bytes, rows.table, timing, headerEnd: headerEnd)
        survey.hasDecimalComma = decimal == .comma && layout.decimal == nil
        return survey
    }
}

public import MeterCore

/// Interval readings in delimited text of any layout; the media type's parameters say which column is what.
///
/// Times without an offset are wall-clock times of the zone. Where the clock was set back an hour comes twice: the occurrence is
/// told by the order of a meter's rows. Times that the clock skipped are refused line by line, and need not be there.
public enum MappedCSV: PayloadDecoder {
    public static let format = FormatDescription(
        name: "mapped-csv",
        lane: .interval,
        mediaType: "text/csv; profile=mapped",
        summary: "CSV of interval readings; parameters name columns, unit, interval, zone"
    )

    public static func decode(
        _ bytes: Span<UInt8>,
        mediaType: MediaType,
        zones: ZoneCatalog,
        into batch: inout ReadingBatch
    ) throws(DecodeError) {
        let layout = try MappedLayout(mediaType)
        guard let rules = zones[layout.zone] else {
            throw DecodeError(.unknownZone, "no time zone \"\(layout.zone)\"")
        }
        var lines = LineReader(bytes)
        let columns = try MappedColumns(bytes, layout, &lines)
        var decoder = MappedDecoder(layout: layout, columns: columns, rules: rules)
        while let line = lines.next(bytes) {
            if TextField.trimmed(bytes, line).isEmpty { continue }
            do throws(DecodeError) {
                try decoder.row(bytes, line)
            } catch {
                batch.reject(error, line: lines.line)
            }
        }
        decoder.table.emit(zone: layout.zone, intervalSeconds: layout.intervalSeconds, into: &batch)
        try batch.refuseIfAllRejected()
    }
}

/// Where the fields stand in a line, counted from 0.
private struct MappedColumns {
    var time = 0
    var meter: Int?
    var values: [Int] = []
    var table: [RowTable.Column] = []
    var least = 0

    /// Resolves the layout's names with the header line, which is read if there is one.
    init(_ bytes: Span<UInt8>, _ layout: MappedLayout, _ lines: inout LineReader) throws(DecodeError) {
        var names = layout.columnNames ?? []
        if layout.hasHeader {
            guard let header = lines.next(bytes) else { throw DecodeError(.empty, "no header line") }
            names = try Self.names(bytes, header, layout.delimiter)
        }
        time = try Self.index(layout.time, names)
        for (position, reference) in layout.values.enumerated() {
            let index = try Self.index(reference, names)
            let name = index < names.count ? names[index] : ""
            if layout.meter == .header, name.isEmpty { throw MappedLayout.fault("meter-from", "needs column names") }
            values.append(index)
            table.append(
                RowTable.Column(
                    meter: layout.meter == .header ? name : nil,
                    channel: layout.channels.count == 1 ? layout.channels[0] : layout.channels[position],
                    unit: layout.unit,
                    powerOfTen: layout.powerOfTen
                )
            )
        }
        if case .column(let reference) = layout.meter { meter = try Self.index(reference, names) }
        guard layout.meter == .header || layout.channels.count == layout.values.count else {
            throw MappedLayout.fault("channel", "wants one name for each value column")
        }
        least = max(time, meter ?? 0, values.max() ?? 0) + 1
    }

    private static func names(
        _ bytes: Span<UInt8>,
        _ line: Range<Int>,
        _ delimiter: UInt8
    ) throws(DecodeError) -> [String] {
        var fields = CSVFields()
        guard fields.split(bytes, line, delimiter: delimiter) else {
            throw DecodeError(.malformedSyntax, "the header line has an unclosed quote", line: 1)
        }
        return fields.ranges.map { TextField.identifier(bytes, TextField.trimmed(bytes, $0)) ?? "" }
    }

    private static func index(_ reference: MappedLayout.ColumnReference, _ names: [String]) throws(DecodeError) -> Int {
        switch reference {
        case .number(let number) where number <= CSVFields.limit: return number - 1
        case .number(let number): throw DecodeError(.invalidParameter, "no column \(number)")
        case .name(let name):
            guard let index = names.firstIndex(of: name) else {
                throw DecodeError(.missingField, "the header has no column \"\(name)\"", line: 1)
            }
            return index
        }
    }
}

/// Reads rows one after another.
/// Not copyable, so that calls on it never copy its tables.
private struct MappedDecoder: ~Copyable {
    private let layout: MappedLayout
    private let columns: MappedColumns
    private let rules: ZoneRules
    private var fields = CSVFields()
    private(set) var table: RowTable
    /// The last instant of each slot, to tell the two occurrences of a repeated hour apart.
    private var lastInstants: [Instant?] = []
    /// The meter of the row before, which is most often the meter of this one.
    private var lastMeter: (name: String, slot: Int)?

    init(layout: MappedLayout, columns: MappedColumns, rules: ZoneRules) {
        self.layout = layout
        self.columns = columns
        self.rules = rules
        table = RowTable(columns: columns.table)
        if case .literal(let name) = layout.meter { useMeter(name) }
        if layout.meter == .header { useMeter("") }
    }

    private mutating func useMeter(_ name: String) {
        let slot = table.slot(of: name)
        while lastInstants.count <= slot { lastInstants.append(nil) }
        lastMeter = (name, slot)
    }

    mutating func row(_ bytes: Span<UInt8>, _ line: Range<Int>) throws(DecodeError) {
        guard fields.split(bytes, line, delimiter: layout.delimiter) else {
            throw DecodeError(.malformedSyntax, "an unclosed quote, or too many fields", byteOffset: line.lowerBound)
        }
        guard fields.count >= columns.least else {
            throw DecodeError(
                .malformedSyntax,
                "\(fields.count) fields where at least \(columns.least) are needed",
                byteOffset: line.lowerBound
            )
        }
        let slot = try meterSlot(bytes)
        let stamp = TextField.trimmed(bytes, fields[columns.time])
        let instant = try instant(bytes, stamp, after: lastInstants[slot])
        let mark = table.cellCount
        do throws(DecodeError) {
            try cells(bytes)
        } catch {
            table.dropCells(from: mark)
            throw error
        }
        lastInstants[slot] = instant
        let end = layout.stampIsStart ? instant + Int64(layout.intervalSeconds) : instant
        table.appendRow(slot: slot, endSecond: end.secondsSinceEpoch)
    }

    private mutating func meterSlot(_ bytes: Span<UInt8>) throws(DecodeError) -> Int {
        guard let column = columns.meter else { return 0 }
        let range = TextField.trimmed(bytes, fields[column])
        if let lastMeter, Self.isEqual(lastMeter.name, bytes, range) { return lastMeter.slot }
        guard let name = TextField.identifier(bytes, range) else {
            throw DecodeError(.missingField, "no meter", byteOffset: range.lowerBound)
        }
        useMeter(name)
        return lastMeter?.slot ?? 0
    }

    private static func isEqual(_ name: String, _ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        guard name.utf8.count == range.count else { return false }
        var index = range.lowerBound
        for byte in name.utf8 {
            guard byte == bytes[index] else { return false }
            index += 1
        }
        return true
    }

    private mutating func cells(_ bytes: Span<UInt8>) throws(DecodeError) {
        for (position, column) in columns.values.enumerated() {
            let range = TextField.trimmed(bytes, fields[column])
            guard !range.isEmpty else {
                table.appendMissing()
                continue
            }
            guard let value = Quantity(bytes, range, powerOfTen: table.columns[position].powerOfTen) else {
                throw DecodeError(.invalidNumber, "a value is no number or too large", byteOffset: range.lowerBound)
            }
            table.append(value: value.billionths)
        }
    }

    // MARK: Time

    private func instant(_ bytes: Span<UInt8>, _ range: Range<Int>, after last: Instant?) throws(DecodeError) -> Instant
    {
        let date: CivilDate
        let secondOfDay: Int
        if let pattern = layout.pattern {
            guard let read = pattern.read(bytes, range) else { throw Self.badStamp(range) }
            (date, secondOfDay) = read
        } else {
            guard let stamp = TimestampText(bytes, range) else { throw Self.badStamp(range) }
            if let instant = stamp.instant { return instant }
            (date, secondOfDay) = (stamp.date, stamp.secondOfDay)
        }
        switch rules.resolve(date: date, secondOfDay: secondOfDay) {
        case .unique(let instant): return instant
        case .ambiguous(let earlier, let later): return Self.occurrence(earlier, later, after: last)
        case .skipped:
            throw DecodeError(
                .skippedLocalTime,
                "a time that the clock of \(layout.zone) skipped",
                byteOffset: range.lowerBound
            )
        }
    }

    /// Which of the two occurrences a row means: the first that goes on forward from the row before; where neither does the file runs
    /// backwards, and it is the first that goes on backward.
    private static func occurrence(_ earlier: Instant, _ later: Instant, after last: Instant?) -> Instant {
        guard let last else { return earlier }
        if earlier > last { return earlier }
        if later > last { return later }
        return later < last ? later : earlier
    }

    private static func badStamp(_ range: Range<Int>) -> DecodeError {
        DecodeError(.invalidTimestamp, "no timestamp of the layout that is expected", byteOffset: range.lowerBound)
    }
}

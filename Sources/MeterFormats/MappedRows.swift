import MeterCore

/// Reads the rows of a mapped CSV one after another.
/// Not copyable, so that calls on it never copy its tables.
struct MappedRows: ~Copyable {
    private let layout: MappedLayout
    private let columns: MappedColumns
    private let decimal: DecimalMark
    /// False: only whose and of what time a row is, not its values.
    private let readsValues: Bool
    private var fields = CSVFields()
    private(set) var table: RowTable
    /// The meter and channel of the row before, which most often are those of this one.
    private var lastSlot: (meter: String, channel: String, slot: Int)?

    init(layout: MappedLayout, columns: MappedColumns, decimal: DecimalMark, readsValues: Bool = true) {
        self.layout = layout
        self.columns = columns
        self.decimal = decimal
        self.readsValues = readsValues
        table = RowTable(columns: readsValues ? columns.table : [])
    }

    /// Takes in a line. A value that is no number is told and left out alone when the line has others.
    mutating func row(
        _ bytes: Span<UInt8>,
        _ line: Range<Int>,
        number: Int,
        into batch: inout ReadingBatch
    ) throws(DecodeError) {
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
        let slot = try slot(bytes)
        let range = TextField.trimmed(bytes, fields[columns.time])
        let stamp = try stamp(bytes, range)
        if readsValues {
            let mark = table.cells.count
            readCells(bytes, number: number, into: &batch)
            guard !table.cells.isAbsent(from: mark) else { return table.cells.drop(from: mark) }
        }
        table.appendRow(slot: slot, stamp: stamp, line: number, byteOffset: range.lowerBound)
    }

    // MARK: Whose

    private mutating func slot(_ bytes: Span<UInt8>) throws(DecodeError) -> Int {
        let meter = columns.meter.map { TextField.trimmed(bytes, fields[$0]) } ?? 0..<0
        let channel = columns.channel.map { TextField.trimmed(bytes, fields[$0]) } ?? 0..<0
        if let lastSlot, Self.isEqual(lastSlot.meter, bytes, meter), Self.isEqual(lastSlot.channel, bytes, channel) {
            return lastSlot.slot
        }
        var key = RowTable.Key(meter: "", channel: nil)
        var name = ""
        if columns.meter != nil {
            guard let text = TextField.identifier(bytes, meter) else {
                throw DecodeError(.missingField, "no meter", byteOffset: meter.lowerBound)
            }
            (key.meter, name) = (text, text)
        } else if case .literal(let text) = layout.meter {
            key.meter = text
        }
        var word = ""
        if columns.channel != nil { (word, key.channel) = try channelName(bytes, channel) }
        let slot = table.slot(of: key)
        lastSlot = (name, word, slot)
        return slot
    }

    /// The text of the channel's column and the channel it names.
    private func channelName(
        _ bytes: Span<UInt8>,
        _ range: Range<Int>
    ) throws(DecodeError) -> (word: String, channel: String?) {
        guard let word = TextField.identifier(bytes, range) else {
            if columns.isChannelRecognised { return ("", nil) }
            throw DecodeError(.missingField, "no channel", byteOffset: range.lowerBound)
        }
        if let reason = ChannelWords.contradiction(word, unit: layout.unit) {
            throw DecodeError(.unknownUnit, reason, byteOffset: range.lowerBound)
        }
        let unit = layout.isPowerToEnergy ? layout.unit.gathered ?? layout.unit : layout.unit
        return (word, ChannelWords.channel(word, unit: unit) ?? (columns.isChannelRecognised ? nil : word))
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

    // MARK: Values

    private mutating func readCells(_ bytes: Span<UInt8>, number: Int, into batch: inout ReadingBatch) {
        let quality: Quality = isEstimated(bytes) ? .estimatedProfile : .raw
        for (position, column) in columns.values.enumerated() {
            let range = TextField.trimmed(bytes, fields[column])
            guard !range.isEmpty else {
                table.cells.appendMissing()
                continue
            }
            let description = columns.table[position]
            guard let value = decimal.quantity(bytes, range, powerOfTen: description.powerOfTen) else {
                let error = DecodeError(
                    .invalidNumber,
                    "column \"\(description.name)\": the value is no number or too large",
                    byteOffset: range.lowerBound
                )
                batch.reject(error, line: number)
                table.cells.appendAbsent()
                continue
            }
            table.cells.append(value: value.billionths, quality: quality)
        }
    }

    private func isEstimated(_ bytes: Span<UInt8>) -> Bool {
        guard let column = columns.estimated, let word = layout.estimated?.word else { return false }
        return Self.isEqual(word, bytes, TextField.trimmed(bytes, fields[column]))
    }

    // MARK: Time

    private func stamp(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(DecodeError) -> RowStamp {
        if let pattern = layout.pattern {
            guard let read = pattern.read(bytes, range) else { throw Self.badStamp(range) }
            return RowStamp(date: read.date, secondOfDay: read.secondOfDay)
        }
        guard let stamp = TimestampText(bytes, range) else { throw Self.badStamp(range) }
        return RowStamp(stamp)
    }

    private static func badStamp(_ range: Range<Int>) -> DecodeError {
        DecodeError(.invalidTimestamp, "no timestamp of the layout that is expected", byteOffset: range.lowerBound)
    }
}

extension RowStamp {
    /// A wall-clock time.
    init(date: CivilDate, secondOfDay: Int) {
        self.init(second: Int64(date.daysSinceEpoch) * 86_400 + Int64(secondOfDay), isLocal: true)
    }

    init(_ text: TimestampText) {
        if let instant = text.instant {
            self.init(second: instant.secondsSinceEpoch, isLocal: false)
        } else {
            self.init(date: text.date, secondOfDay: text.secondOfDay)
        }
    }
}

import MeterCore

/// Where the fields of a mapped CSV stand in a line, counted from 0.
struct MappedColumns {
    var time = 0
    var meter: Int?
    var channel: Int?
    /// Whether the channel's column is one that was recognised and not stated: it counts where its words are understood.
    var isChannelRecognised = false
    var estimated: Int?
    var values: [Int] = []
    var table: [RowTable.Column] = []
    var least = 0
    /// The names of the header line, or those stated.
    private(set) var names: [String]

    /// Resolves the layout's names with the header line, which is read if there is one.
    init(_ bytes: Span<UInt8>, _ layout: MappedLayout, _ lines: inout LineReader) throws(DecodeError) {
        names = layout.columnNames ?? []
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
                    powerOfTen: layout.powerOfTen,
                    name: name.isEmpty ? "\(index + 1)" : name
                )
            )
        }
        if case .column(let reference) = layout.meter { meter = try Self.index(reference, names) }
        guard layout.meter == .header || layout.channels.count == layout.values.count else {
            throw MappedLayout.fault("channel", "wants one name for each value column")
        }
        if let reference = layout.channelColumn { channel = try Self.index(reference, names) }
        if !layout.isChannelStated, values.count == 1 {
            channel = names.firstIndex { $0.lowercased() == ChannelWords.columnName }
            isChannelRecognised = channel != nil
        }
        if let reference = layout.estimated?.column { estimated = try Self.index(reference, names) }
        least = max(time, meter ?? 0, channel ?? 0, estimated ?? 0, values.max() ?? 0) + 1
    }

    /// What stands before the fractions of the values: as stated, else as the first number shows that leaves no doubt.
    ///
    /// Where the comma is the delimiter it is no decimal mark unless that is stated.
    func decimalMark(
        _ bytes: Span<UInt8>,
        _ layout: MappedLayout,
        _ lines: LineReader
    ) throws(DecodeError) -> DecimalMark {
        if let decimal = layout.decimal { return decimal }
        guard layout.delimiter != UInt8(ascii: ",") else { return .point }
        var lines = lines
        var fields = CSVFields()
        var unclear: Int?
        while let line = lines.next(bytes) {
            guard fields.split(bytes, line, delimiter: layout.delimiter) else { continue }
            for column in values where column < fields.count {
                switch DecimalMark.evidence(bytes, TextField.trimmed(bytes, fields[column])) {
                case .none: continue
                case .point: return .point
                case .comma: return .comma
                case .unclear: if unclear == nil { unclear = lines.line }
                }
            }
        }
        if let unclear {
            throw DecodeError(
                .invalidNumber,
                "a value such as 1,234 may be a fraction or thousands: state the parameter decimal",
                line: unclear
            )
        }
        return .point
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

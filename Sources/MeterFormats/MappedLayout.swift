import MeterCore

/// How a mapped CSV is to be read: the parameters of its media type.
struct MappedLayout {
    /// A column by name, or by number counted from 1.
    enum ColumnReference: Equatable {
        case name(String)
        case number(Int)
    }

    enum MeterSource: Equatable {
        case literal(String)
        case column(ColumnReference)
        case header
    }

    var time: ColumnReference
    var values: [ColumnReference]
    var meter: MeterSource
    var channels: [String]
    var unit: MeasurementUnit
    var powerOfTen: Int
    var intervalSeconds: Int32
    var zone: String
    var stampIsStart: Bool
    var delimiter: UInt8
    var hasHeader: Bool
    /// The names of the columns when the text itself has no header line.
    var columnNames: [String]?
    var pattern: StampPattern?

    /// Value columns of one payload.
    static let columnLimit = 1024

    init(_ mediaType: MediaType) throws(DecodeError) {
        time = Self.reference(mediaType["time"] ?? "time")
        values = Self.list(mediaType["value"] ?? "value").map(Self.reference)
        guard (1...Self.columnLimit).contains(values.count) else { throw Self.fault("value", "names no column") }
        meter = try Self.meter(mediaType)
        channels = Self.list(mediaType["channel"] ?? "1-0:1.8.0")
        guard channels.count == 1 || channels.count == values.count else {
            throw Self.fault("channel", "wants one name, or one for each value column")
        }
        let spelling = mediaType["unit"] ?? "kWh"
        guard let unit = MeasurementUnit.spelled(spelling) else {
            throw DecodeError(.unknownUnit, "no unit \"\(spelling)\"")
        }
        (self.unit, powerOfTen) = (unit.unit, unit.powerOfTen)
        intervalSeconds = try Self.interval(mediaType)
        zone = mediaType["zone"] ?? "UTC"
        switch mediaType["stamp"] ?? "end" {
        case "end": stampIsStart = false
        case "start": stampIsStart = true
        default: throw Self.fault("stamp", "is start or end")
        }
        delimiter = try Self.delimiter(mediaType["delimiter"] ?? ",")
        switch mediaType["header"] ?? "1" {
        case "1", "true": hasHeader = true
        case "0", "false": hasHeader = false
        default: throw Self.fault("header", "is 1 or 0")
        }
        columnNames = mediaType["columns"].map(Self.list)
        guard !hasHeader || columnNames == nil else { throw Self.fault("columns", "goes with header=0") }
        if let layout = mediaType["date-format"] {
            guard let pattern = StampPattern(layout) else { throw Self.fault("date-format", "is no layout of a date") }
            self.pattern = pattern
        }
    }

    private static func meter(_ mediaType: MediaType) throws(DecodeError) -> MeterSource {
        let given = [mediaType["meter"], mediaType["meter-column"], mediaType["meter-from"]].compactMap { $0 }
        guard given.count == 1 else { throw fault("meter", "or meter-column or meter-from: one of them is needed") }
        if let literal = mediaType["meter"] {
            let bytes = Array(literal.utf8)
            guard let name = TextField.identifier(bytes.span, 0..<bytes.count) else {
                throw fault("meter", "is no name")
            }
            return .literal(name)
        }
        if let column = mediaType["meter-column"] { return .column(reference(column)) }
        guard mediaType["meter-from"] == "header" else { throw fault("meter-from", "can only be header") }
        return .header
    }

    private static func interval(_ mediaType: MediaType) throws(DecodeError) -> Int32 {
        let text = Array((mediaType["interval"] ?? "3600").utf8)
        guard let seconds = TimeField.durationSeconds(text.span, 0..<text.count),
            TimeField.intervalRange.contains(seconds)
        else { throw fault("interval", "is not a length of 1 s to 31 days") }
        return Int32(seconds)
    }

    private static func delimiter(_ text: String) throws(DecodeError) -> UInt8 {
        switch text {
        case "tab", "\t": return 0x09
        case "semicolon": return UInt8(ascii: ";")
        case "comma": return UInt8(ascii: ",")
        default: break
        }
        guard text.utf8.count == 1, let byte = text.utf8.first, byte >= 0x20, byte < 0x7f, byte != UInt8(ascii: "\"")
        else { throw fault("delimiter", "is one character, or tab, comma, semicolon") }
        return byte
    }

    private static func list(_ text: String) -> [String] {
        text.split(separator: ",", omittingEmptySubsequences: true).map(String.init)
    }

    private static func reference(_ text: String) -> ColumnReference {
        if let number = Int(text), number > 0 { return .number(number) }
        return .name(text)
    }

    static func fault(_ parameter: String, _ reason: String) -> DecodeError {
        DecodeError(.invalidParameter, "parameter \(parameter) \(reason)")
    }
}

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
    /// Whether the channel was stated, by name or by column; where it was not, well-known columns are looked at.
    var isChannelStated: Bool
    /// The column that names the channel of each row.
    var channelColumn: ColumnReference?
    /// The unit of the values as they are written.
    var unit: MeasurementUnit
    var powerOfTen: Int
    /// Values are mean powers of their intervals, and wanted as energy.
    var isPowerToEnergy: Bool
    /// The column and its word that mark a value as the source's estimate.
    var estimated: (column: ColumnReference, word: String)?
    /// Nil: what the file shows.
    var decimal: DecimalMark?
    /// Nil: to be learned from the stamps.
    var intervalSeconds: Int32?
    var zone: String
    var zoneOrigin: ZoneOrigin
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
        let spelling = mediaType["unit"] ?? "kWh"
        guard let unit = MeasurementUnit.spelled(spelling) else {
            throw DecodeError(.unknownUnit, "no unit \"\(spelling)\"")
        }
        (self.unit, powerOfTen) = (unit.unit, unit.powerOfTen)
        isPowerToEnergy = try Self.isPowerToEnergy(mediaType, unit.unit)
        channelColumn = mediaType["channel-column"].map(Self.reference)
        isChannelStated = mediaType["channel"] != nil || channelColumn != nil
        let channel = isPowerToEnergy ? "1-0:1.8.0" : Self.defaultChannel(unit.unit)
        channels = Self.list(mediaType["channel"] ?? channel)
        guard channels.count == 1 || channels.count == values.count else {
            throw Self.fault("channel", "wants one name, or one for each value column")
        }
        guard channelColumn == nil || (mediaType["channel"] == nil && (values.count == 1 || meter == .header)) else {
            throw Self.fault("channel-column", "goes with one value column, and not with channel")
        }
        estimated = try Self.estimated(mediaType)
        decimal = try Self.decimal(mediaType)
        intervalSeconds = try Self.interval(mediaType)
        zone = mediaType["zone"] ?? "UTC"
        zoneOrigin = mediaType["zone"] == nil ? .unstated : .stated
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

    private static func interval(_ mediaType: MediaType) throws(DecodeError) -> Int32? {
        guard let value = mediaType["interval"] else { return nil }
        let text = Array(value.utf8)
        guard let seconds = TimeField.durationSeconds(text.span, 0..<text.count),
            TimeField.intervalRange.contains(seconds)
        else { throw fault("interval", "is not a length of 1 s to 31 days") }
        return Int32(seconds)
    }

    private static func isPowerToEnergy(_ mediaType: MediaType, _ unit: MeasurementUnit) throws(DecodeError) -> Bool {
        guard let word = mediaType["as"] else { return false }
        guard word == "energy" else { throw fault("as", "can only be energy") }
        guard unit.gathered != nil else { throw fault("as", "goes with a unit of power such as W or kW") }
        return true
    }

    /// What a value is of where nobody says: energy taken from the grid, or the power of it.
    private static func defaultChannel(_ unit: MeasurementUnit) -> String {
        switch unit {
        case .kilowatt: "1-0:1.7.0"
        case .kilovar: "1-0:3.7.0"
        case .kilovoltAmpere: "1-0:9.7.0"
        default: "1-0:1.8.0"
        }
    }

    private static func estimated(
        _ mediaType: MediaType
    ) throws(DecodeError) -> (column: ColumnReference, word: String)? {
        guard let text = mediaType["estimated-column"] else { return nil }
        guard let equals = text.lastIndex(of: "="), equals > text.startIndex, text.index(after: equals) < text.endIndex
        else { throw fault("estimated-column", "is COLUMN=WORD, such as Ersatzwert=Ja") }
        return (reference(String(text[..<equals])), String(text[text.index(after: equals)...]))
    }

    private static func decimal(_ mediaType: MediaType) throws(DecodeError) -> DecimalMark? {
        switch mediaType["decimal"] {
        case nil: return nil
        case ".", "point": return .point
        case ",", "comma": return .comma
        default: throw fault("decimal", "is a point or a comma")
        }
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

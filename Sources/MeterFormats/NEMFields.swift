import MeterCore

/// The fields of one record of AEMO's Meter Data File Format, blanks around them taken off; fields that are not there are empty.
struct NEMFields: ~Copyable {
    private var fields = CSVFields()
    private(set) var line = 0
    private var start = 0

    var count: Int { fields.count }

    mutating func read(_ bytes: Span<UInt8>, _ range: Range<Int>, line: Int) throws(DecodeError) {
        self.line = line
        start = range.lowerBound
        guard fields.split(bytes, range, delimiter: UInt8(ascii: ",")) else {
            throw fault(.malformedSyntax, "an unclosed quote or too many fields")
        }
    }

    func range(_ bytes: Span<UInt8>, _ index: Int) -> Range<Int> {
        index < fields.count ? TextField.trimmed(bytes, fields[index]) : start..<start
    }

    func isEmpty(_ bytes: Span<UInt8>, _ index: Int) -> Bool {
        range(bytes, index).isEmpty
    }

    func fault(_ code: DecodeCode, _ reason: String) -> DecodeError {
        DecodeError(code, reason, line: line, byteOffset: start)
    }

    /// The record indicator, 0 when it is not a number.
    func indicator(_ bytes: Span<UInt8>) -> Int {
        DecimalText.unsigned(bytes, range(bytes, 0)) ?? 0
    }

    func identifier(_ bytes: Span<UInt8>, _ index: Int, _ what: StaticString) throws(DecodeError) -> String {
        guard let text = TextField.identifier(bytes, range(bytes, index)) else {
            throw fault(.missingField, "no \(what)")
        }
        return text
    }

    /// A field that may be empty.
    func optionalText(_ bytes: Span<UInt8>, _ index: Int, _ what: StaticString) throws(DecodeError) -> String {
        isEmpty(bytes, index) ? "" : try identifier(bytes, index, what)
    }

    /// `yyyyMMdd`.
    func date(_ bytes: Span<UInt8>, _ index: Int) throws(DecodeError) -> CivilDate {
        let range = range(bytes, index)
        guard range.count == 8, let number = DecimalText.unsigned(bytes, range),
            let date = CivilDate(year: number / 10_000, month: number / 100 % 100, day: number % 100)
        else { throw fault(.invalidTimestamp, "field \(index + 1) is not a date yyyyMMdd") }
        return date
    }

    /// `yyyyMMddHHmmss` or `yyyyMMddHHmm` in the national time of the market; nil when the field is empty.
    func time(_ bytes: Span<UInt8>, _ index: Int) throws(DecodeError) -> Instant? {
        let range = range(bytes, index)
        if range.isEmpty { return nil }
        guard range.count == 14 || range.count == 12, var number = DecimalText.unsigned(bytes, range) else {
            throw fault(.invalidTimestamp, "field \(index + 1) is not a time yyyyMMddHHmmss")
        }
        if range.count == 12 { number *= 100 }
        let (date, clock) = (number / 1_000_000, number % 1_000_000)
        guard let day = CivilDate(year: date / 10_000, month: date / 100 % 100, day: date % 100),
            clock / 10_000 <= 23, clock / 100 % 100 <= 59, clock % 100 <= 59
        else { throw fault(.invalidTimestamp, "field \(index + 1) is not a time yyyyMMddHHmmss") }
        let second = clock / 10_000 * 3600 + clock / 100 % 100 * 60 + clock % 100
        return Instant(utc: day, secondOfDay: second) + -NEM12.nationalOffsetSeconds
    }
}

/// The fields of one line of delimited text (RFC 4180, but a quoted field ends on its line).
struct CSVFields {
    /// Content of each field: without the quotes around it, with surrounding blanks where it is not quoted.
    private(set) var ranges: [Range<Int>] = []
    /// Fields of a line that are looked at.
    static let limit = 4096

    var count: Int { ranges.count }

    /// Splits a line; false when a quote is not closed, stands inside an unquoted field, or there are too many fields.
    ///
    /// A doubled quote inside a quoted field is left doubled: the fields that a decoder wants hold none.
    mutating func split(_ bytes: Span<UInt8>, _ line: Range<Int>, delimiter: UInt8) -> Bool {
        ranges.removeAll(keepingCapacity: true)
        var cursor = line.lowerBound
        let end = line.upperBound
        while true {
            guard ranges.count < Self.limit else { return false }
            if cursor < end, bytes[cursor] == UInt8(ascii: "\"") {
                guard let close = Self.closingQuote(bytes, cursor + 1, end) else { return false }
                ranges.append(cursor + 1..<close)
                cursor = close + 1
                guard cursor == end || bytes[cursor] == delimiter else { return false }
            } else {
                let start = cursor
                while cursor < end, bytes[cursor] != delimiter { cursor += 1 }
                ranges.append(start..<cursor)
            }
            guard cursor < end else { return true }
            cursor += 1
        }
    }

    private static func closingQuote(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> Int? {
        var cursor = start
        while cursor < end {
            if bytes[cursor] == UInt8(ascii: "\"") {
                guard cursor + 1 < end, bytes[cursor + 1] == UInt8(ascii: "\"") else { return cursor }
                cursor += 1
            }
            cursor += 1
        }
        return nil
    }

    subscript(index: Int) -> Range<Int> { ranges[index] }
}

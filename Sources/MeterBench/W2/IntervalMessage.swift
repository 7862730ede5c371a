import StreamCore

/// One message of w2, decoded: one interval of one meter, its value as `value` or as `values` with one element.
struct IntervalMessage: Sendable {
    private(set) var id = 0..<0
    private(set) var meter = 0..<0
    /// Start of the interval, seconds since 1970-01-01T00:00:00Z.
    private(set) var start: Int64 = 0
    private(set) var intervalSeconds: Int64 = IntervalMessage.quarterHour
    /// Nil: the meter has no value for the interval.
    private(set) var value: JSONScanner.Number?

    static let quarterHour: Int64 = 900
    /// Largest value in units, as for w1.
    private static let valueLimit: UInt64 = 100_000_000
    private static let required: UInt8 = 0b1110

    /// - Returns: whether `bytes` are such a message.
    mutating func decode(_ bytes: Span<UInt8>) -> Bool {
        var scanner = JSONScanner()
        var seen: UInt8 = 0
        id = 0..<0
        intervalSeconds = IntervalMessage.quarterHour
        guard scanner.take(bytes, UInt8(ascii: "{")) else { return false }
        repeat {
            guard let name = scanner.string(bytes), scanner.take(bytes, UInt8(ascii: ":")) else { return false }
            guard let bit = member(bytes, name, &scanner), bit == 0 || seen & bit == 0 else { return false }
            seen |= bit
        } while scanner.take(bytes, UInt8(ascii: ","))
        guard scanner.take(bytes, UInt8(ascii: "}")), scanner.peek(bytes) == 0, scanner.cursor == bytes.count else {
            return false
        }
        return seen & IntervalMessage.required == IntervalMessage.required
            && intervalSeconds == IntervalMessage.quarterHour && start >= 0 && start % IntervalMessage.quarterHour == 0
    }

    @inline(__always)
    private mutating func member(_ bytes: Span<UInt8>, _ name: Range<Int>, _ scanner: inout JSONScanner) -> UInt8? {
        switch (name.count, bytes[name.lowerBound]) {
        case (2, UInt8(ascii: "i")) where JSONScanner.isName(bytes, name, "id"):
            guard let text = scanner.stringOrNumber(bytes) else { return nil }
            id = text
            return 1
        case (5, UInt8(ascii: "m")) where JSONScanner.isName(bytes, name, "meter"):
            guard let text = scanner.plainText(bytes), !text.isEmpty else { return nil }
            meter = text
            return 2
        case (5, UInt8(ascii: "s")) where JSONScanner.isName(bytes, name, "start"):
            guard let number = scanner.number(bytes), number.decimals == 0 else { return nil }
            start = number.mantissa
            return 4
        case (5, UInt8(ascii: "v")) where JSONScanner.isName(bytes, name, "value"): return value(bytes, &scanner)
        case (6, UInt8(ascii: "v")) where JSONScanner.isName(bytes, name, "values"):
            guard scanner.take(bytes, UInt8(ascii: "[")), let bit = value(bytes, &scanner) else { return nil }
            return scanner.take(bytes, UInt8(ascii: "]")) ? bit : nil
        case (8, UInt8(ascii: "i")) where JSONScanner.isName(bytes, name, "interval"):
            guard let number = scanner.number(bytes), number.decimals == 0 else { return nil }
            intervalSeconds = number.mantissa
            return 16
        default:
            return scanner.skipValue(bytes) ? 0 : nil
        }
    }

    @inline(__always)
    private mutating func value(_ bytes: Span<UInt8>, _ scanner: inout JSONScanner) -> UInt8? {
        if scanner.null(bytes) {
            value = nil
            return 8
        }
        guard let number = scanner.number(bytes) else { return nil }
        let units = number.mantissa.magnitude / UInt64(PowersOfTen.power(number.decimals))
        guard units < IntervalMessage.valueLimit else { return nil }
        value = number
        return 8
    }
}

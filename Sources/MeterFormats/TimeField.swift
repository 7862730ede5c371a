import MeterCore

/// Times and lengths of time as senders write them, beyond `TimestampText`.
enum TimeField {
    /// Interval lengths that make sense, in seconds: up to 31 days.
    static let intervalRange = 1...(31 * 86_400)

    /// Seconds since 1970 of the years 1...9999.
    private static let secondRange = -62_135_596_800...253_402_300_799

    /// A whole number of seconds since 1970, `1700000000` or `1.7e9` or `1700000000.0`.
    static func epochSecond(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Int64? {
        if let plain = DecimalText.unsigned(bytes, range), secondRange.contains(plain) { return Int64(plain) }
        guard let second = Quantity(bytes, range, powerOfTen: -9)?.billionths, secondRange.contains(Int(second)),
            let exact = Quantity(bytes, range, powerOfTen: -3)?.billionths, exact == second * 1_000_000
        else { return nil }
        return second
    }

    /// An ISO 8601 duration of days, hours, minutes and whole seconds (`PT15M`, `P1D`, `PT1H30M`), or plain seconds (`900`).
    static func durationSeconds(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Int? {
        if let plain = DecimalText.unsigned(bytes, range) { return plain }
        var cursor = range.lowerBound
        guard cursor < range.upperBound, bytes[cursor] | 0x20 == UInt8(ascii: "p") else { return nil }
        cursor += 1
        var total = 0
        var isTime = false
        /// The units come in this order, each once.
        var order = -1
        while cursor < range.upperBound {
            if !isTime, bytes[cursor] | 0x20 == UInt8(ascii: "t") {
                isTime = true
                cursor += 1
                guard cursor < range.upperBound else { return nil }
                continue
            }
            let start = cursor
            while cursor < range.upperBound, bytes[cursor] &- 0x30 <= 9 { cursor += 1 }
            guard cursor < range.upperBound, cursor - start <= 7,
                let number = DecimalText.unsigned(bytes, start..<cursor)
            else { return nil }
            let factor: (order: Int, seconds: Int)
            switch (bytes[cursor] | 0x20, isTime) {
            case (UInt8(ascii: "d"), false): factor = (0, 86_400)
            case (UInt8(ascii: "h"), true): factor = (1, 3600)
            case (UInt8(ascii: "m"), true): factor = (2, 60)
            case (UInt8(ascii: "s"), true): factor = (3, 1)
            default: return nil
            }
            guard factor.order > order else { return nil }
            order = factor.order
            total += number * factor.seconds
            cursor += 1
        }
        return order >= 0 ? total : nil
    }
}

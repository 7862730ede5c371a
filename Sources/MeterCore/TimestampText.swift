/// A timestamp as it stands in a file or message: a civil date, a time of day, and the zone designator if there is one.
///
/// Reads the ISO 8601 extended profile that meter files use: `yyyy-MM-dd`, then optionally `T` or a space, `HH:mm`,
/// `:ss`, a fraction of any length (kept in nanoseconds, then cut), and `Z`, `+hh:mm`, `+hhmm` or `+hh`. 24:00 is the end of its day.
public struct TimestampText: Equatable, Sendable {
    public var date: CivilDate
    /// 0...86,400; 86,400 stands for 24:00 of `date`.
    public var secondOfDay: Int
    /// Fraction of the second, cut to nanoseconds.
    public var nanoseconds: Int
    /// Offset from UTC in seconds, nil when the text names none (a local wall-clock time).
    public var offsetSeconds: Int?

    /// Nil when the bytes in `range` are not such a timestamp.
    public init?(_ bytes: Span<UInt8>, _ range: Range<Int>) {
        var cursor = range.lowerBound
        let end = range.upperBound
        guard end <= bytes.count, let date = TimestampText.date(bytes, &cursor, end) else { return nil }
        self.date = date
        self.secondOfDay = 0
        self.nanoseconds = 0
        self.offsetSeconds = nil
        guard cursor < end else { return }
        let separator = bytes[cursor]
        guard separator | 0x20 == UInt8(ascii: "t") || separator == UInt8(ascii: " ") else { return nil }
        cursor += 1
        guard let time = TimestampText.time(bytes, &cursor, end) else { return nil }
        self.secondOfDay = time.second
        self.nanoseconds = time.nanoseconds
        guard cursor < end else { return }
        guard let offset = TimestampText.offset(bytes, &cursor, end), cursor == end else { return nil }
        self.offsetSeconds = offset
    }

    /// The instant, when the text names its offset.
    public var instant: Instant? {
        guard let offsetSeconds else { return nil }
        return Instant(utc: date, secondOfDay: secondOfDay) + Int64(-offsetSeconds)
    }

    private static func date(_ bytes: Span<UInt8>, _ cursor: inout Int, _ end: Int) -> CivilDate? {
        guard cursor + 10 <= end, bytes[cursor + 4] == UInt8(ascii: "-"), bytes[cursor + 7] == UInt8(ascii: "-"),
            let year = DecimalText.unsigned(bytes, cursor..<cursor + 4),
            let month = DecimalText.unsigned(bytes, cursor + 5..<cursor + 7),
            let day = DecimalText.unsigned(bytes, cursor + 8..<cursor + 10)
        else { return nil }
        cursor += 10
        return CivilDate(year: year, month: month, day: day)
    }

    private static func time(
        _ bytes: Span<UInt8>,
        _ cursor: inout Int,
        _ end: Int
    ) -> (second: Int, nanoseconds: Int)? {
        guard cursor + 5 <= end, bytes[cursor + 2] == UInt8(ascii: ":"),
            let hour = DecimalText.unsigned(bytes, cursor..<cursor + 2),
            let minute = DecimalText.unsigned(bytes, cursor + 3..<cursor + 5),
            hour <= 24, minute <= 59
        else { return nil }
        cursor += 5
        var second = 0
        var nanoseconds = 0
        if cursor < end, bytes[cursor] == UInt8(ascii: ":") {
            guard cursor + 3 <= end, let value = DecimalText.unsigned(bytes, cursor + 1..<cursor + 3), value <= 59
            else { return nil }
            second = value
            cursor += 3
            if cursor < end, bytes[cursor] == UInt8(ascii: ".") || bytes[cursor] == UInt8(ascii: ",") {
                cursor += 1
                guard let fraction = fraction(bytes, &cursor, end) else { return nil }
                nanoseconds = fraction
            }
        }
        let total = hour * 3600 + minute * 60 + second
        guard total < 86_400 || (total == 86_400 && nanoseconds == 0) else { return nil }
        return (total, nanoseconds)
    }

    private static func fraction(_ bytes: Span<UInt8>, _ cursor: inout Int, _ end: Int) -> Int? {
        var value = 0
        var digits = 0
        while cursor < end, bytes[cursor] >= UInt8(ascii: "0"), bytes[cursor] <= UInt8(ascii: "9") {
            if digits < 9 { value = value * 10 + Int(bytes[cursor] - UInt8(ascii: "0")) }
            digits += 1
            cursor += 1
        }
        guard digits > 0 else { return nil }
        for _ in min(digits, 9)..<9 { value *= 10 }
        return value
    }

    private static func offset(_ bytes: Span<UInt8>, _ cursor: inout Int, _ end: Int) -> Int? {
        let sign: Int
        switch bytes[cursor] {
        case UInt8(ascii: "Z"), UInt8(ascii: "z"):
            cursor += 1
            return 0
        case UInt8(ascii: "+"): sign = 1
        case UInt8(ascii: "-"): sign = -1
        default: return nil
        }
        cursor += 1
        guard cursor + 2 <= end, let hours = DecimalText.unsigned(bytes, cursor..<cursor + 2), hours <= 18
        else { return nil }
        cursor += 2
        if cursor < end, bytes[cursor] == UInt8(ascii: ":") { cursor += 1 }
        guard cursor < end else { return sign * hours * 3600 }
        guard cursor + 2 <= end, let minutes = DecimalText.unsigned(bytes, cursor..<cursor + 2), minutes <= 59
        else { return nil }
        cursor += 2
        return sign * (hours * 3600 + minutes * 60)
    }
}

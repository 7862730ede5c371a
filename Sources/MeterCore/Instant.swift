/// A point in time: whole seconds since 1970-01-01T00:00:00Z, leap seconds not counted (POSIX time).
///
/// Interval ends and starts are `Instant`s. Local wall-clock time exists only in `ZoneRules`.
public struct Instant: Hashable, Comparable, Sendable {
    /// Seconds since 1970-01-01T00:00:00Z.
    public var secondsSinceEpoch: Int64

    public init(secondsSinceEpoch: Int64) {
        self.secondsSinceEpoch = secondsSinceEpoch
    }

    /// The instant of a civil date and time of day that are meant in UTC.
    public init(utc date: CivilDate, secondOfDay: Int) {
        self.secondsSinceEpoch = Int64(date.daysSinceEpoch) * 86_400 + Int64(secondOfDay)
    }

    public static func < (left: Instant, right: Instant) -> Bool {
        left.secondsSinceEpoch < right.secondsSinceEpoch
    }

    public static func + (instant: Instant, seconds: Int64) -> Instant {
        Instant(secondsSinceEpoch: instant.secondsSinceEpoch + seconds)
    }

    /// Seconds from `right` to `left`.
    public static func - (left: Instant, right: Instant) -> Int64 {
        left.secondsSinceEpoch - right.secondsSinceEpoch
    }

    /// The UTC day and the second of that day.
    public var utc: (date: CivilDate, secondOfDay: Int) {
        var days = secondsSinceEpoch / 86_400
        var second = secondsSinceEpoch - days * 86_400
        if second < 0 {
            days -= 1
            second += 86_400
        }
        return (CivilDate(daysSinceEpoch: Int32(clamping: days)), Int(second))
    }

    /// Appends `yyyy-MM-ddTHH:mm:ssZ` (ISO 8601, UTC).
    public func appendISO8601(to bytes: inout [UInt8]) {
        let (date, secondOfDay) = utc
        let (year, month, day) = date.components
        DecimalText.append(Int64(year), minimumDigits: 4, to: &bytes)
        bytes.append(UInt8(ascii: "-"))
        DecimalText.append(Int64(month), minimumDigits: 2, to: &bytes)
        bytes.append(UInt8(ascii: "-"))
        DecimalText.append(Int64(day), minimumDigits: 2, to: &bytes)
        bytes.append(UInt8(ascii: "T"))
        DecimalText.append(Int64(secondOfDay / 3600), minimumDigits: 2, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        DecimalText.append(Int64(secondOfDay / 60 % 60), minimumDigits: 2, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        DecimalText.append(Int64(secondOfDay % 60), minimumDigits: 2, to: &bytes)
        bytes.append(UInt8(ascii: "Z"))
    }
}

extension Instant: CustomStringConvertible {
    /// `yyyy-MM-ddTHH:mm:ssZ`.
    public var description: String {
        var bytes: [UInt8] = []
        appendISO8601(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }
}

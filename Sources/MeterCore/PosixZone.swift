/// The rule text at the end of a TZif file (RFC 8536, section 3.3.1), in the form of the POSIX `TZ` variable with the
/// extension of RFC 8536 for hours between -167 and 167: `CET-1CEST,M3.5.0,M10.5.0/3`.
///
/// It says what holds after the last transition that the file lists.
struct PosixZone: Equatable, Sendable {
    /// A day of the year and the local time on it at which the clock changes.
    struct Change: Equatable, Sendable {
        enum Day: Equatable, Sendable {
            /// `Jn`: day 1...365, 29 February never counted.
            case julian(Int)
            /// `n`: day 0...365, 29 February counted.
            case ordinal(Int)
            /// `Mm.w.d`: weekday `d` (0 is Sunday) of week `w` (5 is the last) of month `m`.
            case weekday(month: Int, week: Int, weekday: Int)
        }
        var day: Day
        /// Seconds after local midnight; may be negative or beyond a day.
        var second: Int
    }

    /// Seconds east of UTC.
    var standardOffset: Int
    /// Nil when the zone keeps one offset.
    var daylight: Daylight?

    struct Daylight: Equatable, Sendable {
        /// Seconds east of UTC while daylight time holds.
        var offset: Int
        var start: Change
        var end: Change
    }

    /// The two changes of a calendar year in time order: instant in seconds since 1970 and the offset that holds from it.
    func changes(inYear year: Int) -> [(second: Int64, offset: Int)] {
        guard let daylight else { return [] }
        let start = Self.localSecond(of: daylight.start, year: year) - Int64(standardOffset)
        let end = Self.localSecond(of: daylight.end, year: year) - Int64(daylight.offset)
        let changes = [(second: start, offset: daylight.offset), (second: end, offset: standardOffset)]
        return start <= end ? changes : changes.reversed()
    }

    private static func localSecond(of change: Change, year: Int) -> Int64 {
        guard let newYear = CivilDate(year: year, month: 1, day: 1) else { return 0 }
        let isLeap = CivilDate.length(ofMonth: 2, year: year) == 29
        var days = Int64(newYear.daysSinceEpoch)
        switch change.day {
        case .julian(let day): days += Int64(day - 1) + (isLeap && day >= 60 ? 1 : 0)
        case .ordinal(let day): days += Int64(day)
        case .weekday(let month, let week, let weekday):
            guard let first = CivilDate(year: year, month: month, day: 1) else { return 0 }
            let firstWeekday = first.isoWeekday % 7
            var day = (weekday - firstWeekday + 7) % 7 + (week - 1) * 7
            if day >= CivilDate.length(ofMonth: month, year: year) { day -= 7 }
            days = Int64(first.daysSinceEpoch) + Int64(day)
        }
        return days * 86_400 + Int64(change.second)
    }
}

extension PosixZone {
    /// Reads the text in `range`; nil when it is not a POSIX zone rule.
    init?(_ bytes: Span<UInt8>, _ range: Range<Int>) {
        var reader = PosixZoneReader(cursor: range.lowerBound, end: range.upperBound)
        guard reader.end <= bytes.count, reader.skipName(bytes), let west = reader.time(bytes, hourLimit: 24)
        else { return nil }
        standardOffset = -west
        daylight = nil
        guard reader.cursor < reader.end else { return }
        guard reader.skipName(bytes) else { return nil }
        var offset = standardOffset + 3600
        if reader.cursor < reader.end, bytes[reader.cursor] != UInt8(ascii: ",") {
            guard let west = reader.time(bytes, hourLimit: 24) else { return nil }
            offset = -west
        }
        guard reader.take(bytes, ","), let start = reader.change(bytes),
            reader.take(bytes, ","), let end = reader.change(bytes), reader.cursor == reader.end
        else { return nil }
        daylight = Daylight(offset: offset, start: start, end: end)
    }
}

/// A cursor over a POSIX zone rule.
private struct PosixZoneReader {
    var cursor: Int
    let end: Int

    mutating func take(_ bytes: Span<UInt8>, _ character: Unicode.Scalar) -> Bool {
        guard cursor < end, bytes[cursor] == UInt8(ascii: character) else { return false }
        cursor += 1
        return true
    }

    /// An abbreviation: three or more letters, or anything between angle brackets.
    mutating func skipName(_ bytes: Span<UInt8>) -> Bool {
        let start = cursor
        if take(bytes, "<") {
            while cursor < end, bytes[cursor] != UInt8(ascii: ">") { cursor += 1 }
            return take(bytes, ">")
        }
        while cursor < end, (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(bytes[cursor] | 0x20) { cursor += 1 }
        return cursor - start >= 3
    }

    /// `[+-]hh[:mm[:ss]]` in seconds.
    mutating func time(_ bytes: Span<UInt8>, hourLimit: Int) -> Int? {
        var sign = 1
        if take(bytes, "-") { sign = -1 } else if take(bytes, "+") { sign = 1 }
        guard let hours = number(bytes, upTo: hourLimit) else { return nil }
        var seconds = hours * 3600
        if take(bytes, ":") {
            guard let minutes = number(bytes, upTo: 59) else { return nil }
            seconds += minutes * 60
            if take(bytes, ":") {
                guard let rest = number(bytes, upTo: 59) else { return nil }
                seconds += rest
            }
        }
        return sign * seconds
    }

    mutating func number(_ bytes: Span<UInt8>, upTo limit: Int) -> Int? {
        let start = cursor
        while cursor < end, cursor - start < 4, (0x30...0x39).contains(bytes[cursor]) { cursor += 1 }
        guard let value = DecimalText.unsigned(bytes, start..<cursor), value <= limit else { return nil }
        return value
    }

    mutating func change(_ bytes: Span<UInt8>) -> PosixZone.Change? {
        let day: PosixZone.Change.Day
        if take(bytes, "M") {
            guard let month = number(bytes, upTo: 12), month >= 1, take(bytes, "."),
                let week = number(bytes, upTo: 5), week >= 1, take(bytes, "."),
                let weekday = number(bytes, upTo: 6)
            else { return nil }
            day = .weekday(month: month, week: week, weekday: weekday)
        } else if take(bytes, "J") {
            guard let number = number(bytes, upTo: 365), number >= 1 else { return nil }
            day = .julian(number)
        } else {
            guard let number = number(bytes, upTo: 365) else { return nil }
            day = .ordinal(number)
        }
        guard take(bytes, "/") else { return PosixZone.Change(day: day, second: 7200) }
        guard let second = time(bytes, hourLimit: 167) else { return nil }
        return PosixZone.Change(day: day, second: second)
    }
}

import MeterCore

/// A local day, or the part of one that is a window, as a span of instants, seconds since 1970.
struct LocalDay: Sendable, Equatable {
    var date: CivilDate
    var start: Int64
    var end: Int64
}

/// The windows of one zone: its local days, or equal parts of them. Remembers windows it was asked for; that is never part of the state.
struct DayCalendar: Sendable {
    let rules: ZoneRules
    /// Length of a window, a divisor of 24. The last one of a day takes what a change of the clock adds or takes away.
    let windowHours: Int
    /// By UTC day modulo the count; the span says whether an instant is really in it.
    private var remembered: [LocalDay]

    private static let rememberedCount: Int64 = 16

    init(_ rules: ZoneRules, windowHours: Int = 24) {
        self.rules = rules
        self.windowHours = windowHours
        let none = LocalDay(date: CivilDate(daysSinceEpoch: 0), start: .max, end: .min)
        remembered = Array(repeating: none, count: Int(Self.rememberedCount))
    }

    /// The window of an instant.
    mutating func day(at seconds: Int64) -> LocalDay {
        let index = Int(seconds.flooredQuotient(86_400) & (Self.rememberedCount - 1))
        let candidate = remembered[index]
        if seconds >= candidate.start, seconds < candidate.end { return candidate }
        let day = part(of: search(seconds), at: seconds)
        remembered[index] = day
        return day
    }

    private func part(of day: LocalDay, at seconds: Int64) -> LocalDay {
        guard windowHours < 24 else { return day }
        let length = Int64(windowHours) * 3600
        let last = Int64(24 / windowHours) - 1
        let number = min((seconds - day.start) / length, last)
        let start = day.start + number * length
        return LocalDay(date: day.date, start: start, end: number == last ? day.end : start + length)
    }

    /// The next window.
    mutating func day(after day: LocalDay) -> LocalDay {
        self.day(at: day.end)
    }

    /// The local day of a date; without any time in it where a zone left the date out.
    func day(on date: CivilDate) -> LocalDay {
        LocalDay(date: date, start: start(of: date.daysSinceEpoch), end: start(of: date.daysSinceEpoch + 1))
    }

    /// The clock may be set back over midnight, so the wall clock's date alone does not say which day an instant is in.
    private func search(_ seconds: Int64) -> LocalDay {
        var date = rules.localDate(of: Instant(secondsSinceEpoch: seconds)).daysSinceEpoch
        while start(of: date) > seconds { date -= 1 }
        while start(of: date + 1) <= seconds { date += 1 }
        return LocalDay(date: CivilDate(daysSinceEpoch: date), start: start(of: date), end: start(of: date + 1))
    }

    private func start(of daysSinceEpoch: Int32) -> Int64 {
        rules.dayStart(of: CivilDate(daysSinceEpoch: daysSinceEpoch)).secondsSinceEpoch
    }
}

extension Int64 {
    /// Quotient rounded towards negative infinity; the divisor is above zero.
    @inline(__always)
    func flooredQuotient(_ divisor: Int64) -> Int64 {
        let quotient = self / divisor
        return self % divisor < 0 ? quotient - 1 : quotient
    }

    /// Remainder in `0 ..< divisor`.
    @inline(__always)
    func flooredRemainder(_ divisor: Int64) -> Int64 {
        let rest = self % divisor
        return rest < 0 ? rest + divisor : rest
    }
}

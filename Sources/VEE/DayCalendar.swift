import MeterCore

/// A window, or a local day, as a span of instants, seconds since 1970.
struct LocalDay: Sendable, Equatable {
    /// The local date; the first one of a window of several days.
    var date: CivilDate
    /// Local dates that it has a part of.
    var days: Int32 = 1
    var start: Int64
    var end: Int64

    var dates: Range<Int32> { date.daysSinceEpoch..<date.daysSinceEpoch + days }
}

/// The windows of one zone: its local days, equal parts of them, or several together. Remembers windows it was asked for; that is never part of
/// the state.
struct DayCalendar: Sendable {
    let rules: ZoneRules
    let window: WindowLength
    /// By UTC day modulo the count; the span says whether an instant is really in it.
    private var remembered: [LocalDay]
    /// The same of local days, where windows are longer.
    private var rememberedDays: [LocalDay]

    private static let rememberedCount: Int64 = 16

    init(_ rules: ZoneRules, window: WindowLength = .day) {
        self.rules = rules
        self.window = window
        let none = LocalDay(date: CivilDate(daysSinceEpoch: 0), start: .max, end: .min)
        remembered = Array(repeating: none, count: Int(Self.rememberedCount))
        rememberedDays = window.longestDays > 1 ? remembered : []
    }

    /// The window of an instant.
    mutating func day(at seconds: Int64) -> LocalDay {
        let index = Int(seconds.flooredQuotient(86_400) & (Self.rememberedCount - 1))
        let candidate = remembered[index]
        if seconds >= candidate.start, seconds < candidate.end { return candidate }
        let day = search(seconds)
        let found = window.longestDays > 1 ? whole(day) : part(of: day, at: seconds)
        remembered[index] = found
        return found
    }

    /// The local day of an instant, or its window where that is shorter: what is compared with other days.
    mutating func comparedDay(at seconds: Int64) -> LocalDay {
        guard window.longestDays > 1 else { return day(at: seconds) }
        let index = Int(seconds.flooredQuotient(86_400) & (Self.rememberedCount - 1))
        let candidate = rememberedDays[index]
        if seconds >= candidate.start, seconds < candidate.end { return candidate }
        let day = search(seconds)
        rememberedDays[index] = day
        return day
    }

    private func part(of day: LocalDay, at seconds: Int64) -> LocalDay {
        guard case .hours(let hours) = window, hours > 0, hours < 24 else { return day }
        let length = Int64(hours) * 3600
        let last = Int64(24 / hours) - 1
        let number = min((seconds - day.start) / length, last)
        let start = day.start + number * length
        return LocalDay(date: day.date, start: start, end: number == last ? day.end : start + length)
    }

    private func whole(_ day: LocalDay) -> LocalDay {
        let dates = window.dates(around: day.date)
        return LocalDay(
            date: CivilDate(daysSinceEpoch: dates.lowerBound),
            days: dates.upperBound - dates.lowerBound,
            start: start(of: dates.lowerBound),
            end: start(of: dates.upperBound)
        )
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

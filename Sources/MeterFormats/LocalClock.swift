import MeterCore

/// A zone's wall clock, looked up for row after row of a file: most rows are of a day without a change of the clock, and of the same day
/// as the row before.
struct LocalClock {
    private let rules: ZoneRules
    /// A day around which the clock is not changed, and its offset.
    private var quiet: (day: Int64, offset: Int64)?
    /// The day last found not to be such a one.
    private var unquiet: Int64?

    init(_ rules: ZoneRules) {
        self.rules = rules
    }

    /// The instants of a wall-clock time in local seconds since 1970.
    mutating func resolve(_ local: Int64) -> LocalTime {
        let day = local.flooredDivision(by: 86_400)
        if let quiet, quiet.day == day { return .unique(Instant(secondsSinceEpoch: local - quiet.offset)) }
        if unquiet != day {
            if let offset = offset(ofQuietDay: day) {
                quiet = (day, offset)
                return .unique(Instant(secondsSinceEpoch: local - offset))
            }
            unquiet = day
        }
        return rules.resolve(date: Self.date(day), secondOfDay: Int(local - day * 86_400))
    }

    /// The offset of a day that is as long as its neighbours are, 24 hours; nil for others.
    private func offset(ofQuietDay day: Int64) -> Int64? {
        let starts = (-1...2).map { rules.dayStart(of: Self.date(day + $0)).secondsSinceEpoch }
        for (start, next) in zip(starts, starts.dropFirst()) where next - start != 86_400 { return nil }
        return day * 86_400 - starts[1]
    }

    private static func date(_ day: Int64) -> CivilDate { CivilDate(daysSinceEpoch: Int32(clamping: day)) }
}

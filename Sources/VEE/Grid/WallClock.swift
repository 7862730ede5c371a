import MeterCore

/// The wall clock of a zone as a line of seconds, every day 86,400 long: what daily values are counted on.
enum WallClock {
    /// When the clock shows a time; the earlier one where it does so twice, the jump where it never does.
    static func instant(_ seconds: Int64, _ zone: ZoneRules) -> Int64 {
        let day = seconds.flooredQuotient(86_400)
        // Far beyond any calendar there are no zones either.
        guard let date = Int32(exactly: day) else { return seconds }
        let second = Int(seconds - day * 86_400)
        if second == 0 { return zone.dayStart(of: CivilDate(daysSinceEpoch: date)).secondsSinceEpoch }
        return switch zone.resolve(date: CivilDate(daysSinceEpoch: date), secondOfDay: second) {
        case .unique(let instant): instant.secondsSinceEpoch
        case .ambiguous(let earlier, _): earlier.secondsSinceEpoch
        case .skipped(let transition): transition.secondsSinceEpoch
        }
    }

    /// What the clock shows at an instant.
    static func time(_ instant: Int64, _ zone: ZoneRules) -> Int64 {
        instant &+ Int64(zone.offsetSeconds(at: Instant(secondsSinceEpoch: instant)))
    }
}

import MeterCore

/// The local days of a zone, with the days around a change of its clock taken as one: what must stay together for a file's times to be
/// understood.
struct DayGroups {
    private let rules: ZoneRules
    /// The day asked for last; most rows of a file are of the same day as the row before.
    private var last: (day: Int64, group: Int64)?

    init(_ rules: ZoneRules) {
        self.rules = rules
    }

    /// The group of the day that holds a wall-clock time, in local seconds since 1970.
    mutating func group(ofLocal second: Int64) -> Int64 {
        let day = second.flooredDivision(by: 86_400)
        if let last, last.day == day { return last.group }
        let group = [0, 1, -1].first { changes(onDay: day + $0) }.map { day + $0 } ?? day
        last = (day, group)
        return group
    }

    /// Whether the zone's offset changes in the course of a day.
    private func changes(onDay day: Int64) -> Bool {
        let start = rules.dayStart(of: CivilDate(daysSinceEpoch: Int32(clamping: day)))
        let end = rules.dayStart(of: CivilDate(daysSinceEpoch: Int32(clamping: day + 1)))
        return end - start != 86_400
    }
}

extension Int64 {
    /// Division that rounds down, as times before 1970 want it.
    func flooredDivision(by divisor: Int64) -> Int64 {
        let quotient = self / divisor
        return self % divisor < 0 ? quotient - 1 : quotient
    }
}

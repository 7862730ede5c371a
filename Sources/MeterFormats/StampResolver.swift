import MeterCore

/// Turns the times of the rows of one meter and channel into the instants at which their intervals start.
///
/// A wall-clock time is resolved by the start of its interval: where times name the end, by the label minus the interval. So `02:00` is
/// the end of a good hour on the day on which the clock jumps from 2 to 3, and `03:00` comes twice on the day on which it goes back. Files
/// of the other kind, which write what the clock on the wall shows when the interval ends (`03:00` in spring, `02:00` twice in autumn), are
/// told from them by which reading leaves no contradiction.
///
/// The outcome depends on the rows and their neighbours of the same day only, and is the same for the rows in reverse: see
/// `RepeatedHourRows` for how the two passes of a repeated hour are told apart.
struct StampResolver {
    /// What a label of the repeated hour stands for.
    enum Style {
        /// The start of the interval, written or found by taking the interval off its end.
        case start
        /// What the clock shows at the interval's end.
        case clockAtEnd
    }

    let rules: ZoneRules
    let intervalSeconds: Int64
    let stampIsStart: Bool
    private var groups: DayGroups
    private var clock: LocalClock

    init(rules: ZoneRules, intervalSeconds: Int32, stampIsStart: Bool) {
        self.rules = rules
        self.intervalSeconds = Int64(intervalSeconds)
        self.stampIsStart = stampIsStart
        groups = DayGroups(rules)
        clock = LocalClock(rules)
    }

    /// The starts of `rows`, which are numbers in `stamps` and `cells` of one meter and channel in file order.
    mutating func starts(of rows: ArraySlice<Int>, stamps: [RowStamp], cells: RowCells) -> [RowStart] {
        let rows = Array(rows)
        var starts: [RowStart] = []
        starts.reserveCapacity(rows.count)
        if intervalSeconds % 86_400 == 0 {
            for row in rows { starts.append(.at(dayStart(stamps[row]))) }
            return starts
        }
        var repeated: [RepeatedHour] = []
        var skipped: [Int] = []
        for (position, row) in rows.enumerated() {
            let stamp = stamps[row]
            let start = stamp.second - (stampIsStart ? 0 : intervalSeconds)
            guard stamp.isLocal else {
                starts.append(.at(start))
                continue
            }
            switch clock.resolve(start) {
            case .unique(let instant): starts.append(.at(instant.secondsSinceEpoch))
            case .skipped:
                starts.append(.skipped)
                skipped.append(position)
            case .ambiguous(let earlier, let later):
                starts.append(.ambiguous)
                note(start, earlier, later, in: &repeated)
            }
            if !stampIsStart, !repeatsAtStart(repeated, start),
                case .ambiguous(let earlier, let later) = clock.resolve(stamp.second)
            {
                note(stamp.second, earlier, later, in: &repeated)
            }
        }
        for hour in repeated {
            settle(hour, rows: rows, stamps: stamps, cells: cells, starts: &starts)
        }
        if !stampIsStart { readAsEnds(skipped, rows: rows, stamps: stamps, starts: &starts) }
        return starts
    }

    // MARK: Calendar days

    /// The start of an interval of whole days: it runs from a time of a local day to the same time days later, however long these are.
    private mutating func dayStart(_ stamp: RowStamp) -> Int64 {
        var second = stamp.second
        if !stamp.isLocal {
            let instant = Instant(secondsSinceEpoch: second)
            let (date, secondOfDay) = rules.localTime(of: instant)
            if stampIsStart { return second }
            guard secondOfDay == 0 else { return second - intervalSeconds }
            second = Int64(date.daysSinceEpoch) * 86_400
        }
        if !stampIsStart { second -= intervalSeconds }
        switch clock.resolve(second) {
        case .unique(let instant), .ambiguous(let instant, _), .skipped(let instant): return instant.secondsSinceEpoch
        }
    }

    // MARK: Wall-clock times

    private func repeatsAtStart(_ hours: [RepeatedHour], _ local: Int64) -> Bool {
        hours.contains { $0.local.contains(local) }
    }

    private func note(_ local: Int64, _ earlier: Instant, _ later: Instant, in hours: inout [RepeatedHour]) {
        guard !repeatsAtStart(hours, local) else { return }
        hours.append(
            RepeatedHour(
                rules,
                local: local,
                earlier: earlier.secondsSinceEpoch,
                later: later.secondsSinceEpoch
            )
        )
    }

    /// End labels whose start the clock skipped may be what the clock showed at the end: `03:00` for the hour before the jump from 2 to 3. They
    /// are, where no other row tells of that interval.
    private mutating func readAsEnds(_ positions: [Int], rows: [Int], stamps: [RowStamp], starts: inout [RowStart]) {
        guard !positions.isEmpty else { return }
        var taken = Set<Int64>()
        for case .at(let start) in starts { taken.insert(start) }
        for position in positions {
            guard case .unique(let end) = clock.resolve(stamps[rows[position]].second) else { continue }
            let start = end.secondsSinceEpoch - intervalSeconds
            if !taken.contains(start) { starts[position] = .at(start) }
        }
    }

    // MARK: The repeated hour

    /// Finds out which instants the rows of a repeated hour mean.
    private mutating func settle(
        _ hour: RepeatedHour,
        rows: [Int],
        stamps: [RowStamp],
        cells: RowCells,
        starts: inout [RowStart]
    ) {
        let byStart = reading(hour, .start, rows: rows, stamps: stamps, cells: cells, starts: starts)
        var best = byStart
        if !stampIsStart, intervalSeconds <= hour.seconds, byStart.faults > 0 {
            let byEnd = reading(hour, .clockAtEnd, rows: rows, stamps: stamps, cells: cells, starts: starts)
            if byEnd.faults < byStart.faults { best = byEnd }
        }
        for (position, start) in best.starts { starts[position] = start }
    }

    /// What one style makes of the rows at a repeated hour, and how many of them it cannot explain.
    private mutating func reading(
        _ hour: RepeatedHour,
        _ style: Style,
        rows: [Int],
        stamps: [RowStamp],
        cells: RowCells,
        starts: [RowStart]
    ) -> (starts: [(position: Int, start: RowStart)], faults: Int) {
        /// From the label as it is written to the label that is resolved, and from there to the start.
        let toKey = style == .start && !stampIsStart ? -intervalSeconds : 0
        let toStart = style == .clockAtEnd ? -intervalSeconds : 0
        let widest = stampIsStart ? hour.local : hour.local.lowerBound..<hour.local.upperBound + intervalSeconds
        var known = starts
        var positions: [Int] = []
        var found: [(position: Int, start: RowStart)] = []
        for (position, row) in rows.enumerated() where stamps[row].isLocal && widest.contains(stamps[row].second) {
            let key = stamps[row].second + toKey
            if hour.local.contains(key) {
                positions.append(position)
                known[position] = .ambiguous
            } else if case .unique(let instant) = clock.resolve(key) {
                known[position] = .at(instant.secondsSinceEpoch + toStart)
                found.append((position, known[position]))
            }
        }
        let group = groups.group(ofLocal: hour.local.lowerBound)
        var index = 0
        while index < positions.count {
            var next = index + 1
            while next < positions.count, positions[next] == positions[next - 1] + 1 { next += 1 }
            let visit = positions[index]..<positions[next - 1] + 1
            let neighbours = RepeatedHourRows.Neighbours(
                before: neighbour(visit.lowerBound - 1, -1, group, known, rows, cells),
                after: neighbour(visit.upperBound, 1, group, known, rows, cells)
            )
            let visited = RepeatedHourRows(
                hour: hour,
                labels: visit.map { stamps[rows[$0]].second + toKey },
                rows: visit.map { rows[$0] },
                intervalSeconds: intervalSeconds,
                toStart: toStart,
                neighbours: neighbours
            )
            for (offset, start) in visited.starts(cells).enumerated() {
                known[visit.lowerBound + offset] = start
                found.append((visit.lowerBound + offset, start))
            }
            index = next
        }
        return (found, faults(found))
    }

    /// The row beside a visit, when it is of the same day: where it starts, and how often it is there.
    private mutating func neighbour(
        _ position: Int,
        _ step: Int,
        _ group: Int64,
        _ known: [RowStart],
        _ rows: [Int],
        _ cells: RowCells
    ) -> RepeatedHourRows.Neighbour? {
        guard known.indices.contains(position), case .at(let start) = known[position] else { return nil }
        let (date, secondOfDay) = rules.localTime(of: Instant(secondsSinceEpoch: start))
        guard groups.group(ofLocal: Int64(date.daysSinceEpoch) * 86_400 + Int64(secondOfDay)) == group else {
            return nil
        }
        var count = 1
        var other = position + step
        while known.indices.contains(other), known[other] == .at(start), cells.areEqual(rows[other], rows[position]) {
            count += 1
            other += step
        }
        return RepeatedHourRows.Neighbour(start: start, count: count)
    }

    /// Rows that stay ambiguous, and rows for an interval that another row tells of.
    private func faults(_ found: [(position: Int, start: RowStart)]) -> Int {
        var taken = Set<Int64>()
        var faults = 0
        for (_, start) in found {
            guard case .at(let second) = start else {
                faults += 1
                continue
            }
            if !taken.insert(second).inserted { faults += 1 }
        }
        return faults
    }
}

import MeterCore

/// One grid at a time: which slots of a channel are in force, and where something is missing.
struct TruthForce {
    typealias Slot = TruthOracle.Slot
    typealias Grid = TruthOracle.Grid

    let truth: TruthOracle.ChannelTruth
    /// Ascending by start; no two overlap.
    private(set) var inForce: [Slot] = []
    /// Starts of windows of which the laws do not say which of two readings is meant: only what always holds is checked there.
    private(set) var unclear: Set<Int64> = []
    /// Slots with a value that something finer, or of another phase, stands above.
    private(set) var covered: [Slot] = []
    /// From the first to the last interval in force: what is empty in it must be told.
    private(set) var narrow: Range<Int64> = 0..<0
    /// From the first known interval to the end of the day of the newest: what begins in it and is empty may be told, for a day closes whole.
    private(set) var wide: Range<Int64> = 0..<0
    /// All grids that anything came in.
    private let grids: Set<Grid>
    /// Slots with a value by the start of their window and their grid.
    private var counts: [Int64: [Grid: Int]] = [:]
    /// Windows with values, ascending.
    private var valuedWindows: [Int64] = []
    /// Beginnings of the local days around all that is known, ascending.
    private var days: [Int64] = []

    init(_ truth: TruthOracle.ChannelTruth) {
        self.truth = truth
        let slots = truth.held.keys.sorted { ($0.start, $0.end, $0.grid.phase) < ($1.start, $1.end, $1.grid.phase) }
        grids = Set(slots.map(\.grid))
        if let first = slots.first { wide = first.start..<(slots.map(\.end).max() ?? first.end) }
        var day = TruthOracle.window(of: wide.lowerBound - 3 * 86_400, truth.zone)
        while day.lowerBound < wide.upperBound + 3 * 86_400 {
            days.append(day.lowerBound)
            day = TruthOracle.window(of: day.upperBound, truth.zone)
        }
        let valued = slots.filter { truth.held[$0]?.hasValue == true }
        for slot in valued { counts[window(slot.start), default: [:]][slot.grid, default: 0] += 1 }
        valuedWindows = counts.keys.sorted()
        settle(valued)
        if let first = inForce.first, let last = inForce.last { narrow = first.start..<last.end }
        if !slots.isEmpty {
            wide = wide.lowerBound..<TruthOracle.window(of: wide.upperBound - 1, truth.zone).upperBound
        }
    }

    /// The start of the local day of an instant.
    func window(_ instant: Int64) -> Int64 {
        guard let first = days.first, let last = days.last, instant >= first, instant < last else {
            return TruthOracle.window(of: instant, truth.zone).lowerBound
        }
        var (low, high) = (0, days.count)
        while high - low > 1 {
            let middle = (low + high) / 2
            if days[middle] <= instant { low = middle } else { high = middle }
        }
        return days[low]
    }

    /// What is in force in any part of a span.
    func inForce(over start: Int64, _ end: Int64) -> ArraySlice<Slot> {
        var (low, high) = (0, inForce.count)
        while low < high {
            let middle = (low + high) / 2
            if inForce[middle].end <= start { low = middle + 1 } else { high = middle }
        }
        var last = low
        while last < inForce.count, inForce[last].start < end { last += 1 }
        return inForce[low..<last]
    }

    /// The grids with values of a window, the first one first.
    func ranked(_ window: Int64) -> [Grid] {
        let counts = counts[window] ?? [:]
        return counts.keys.sorted { comesBefore($0, $1, counts) }
    }

    /// The grid in which what is missing of a window is counted: its first one, that of the nearest window with values before it, of the
    /// nearest after it, or, where there never was a value, the first of all.
    func grid(ofWindow window: Int64) -> Grid? {
        if let first = ranked(window).first { return first }
        guard let nearest = valuedWindows.last(where: { $0 < window }) ?? valuedWindows.first else {
            return grids.min { comesBefore($0, $1, [:]) }
        }
        return ranked(nearest).first
    }

    /// Whether the grid of a window follows from another window that is unclear.
    func isUnclear(_ window: Int64) -> Bool {
        if unclear.contains(window) { return true }
        if counts[window] != nil { return false }
        return (valuedWindows.last { $0 < window } ?? valuedWindows.first).map(unclear.contains) ?? false
    }

    /// The slots of the grid of a window that begin in it, lie in a span and have no value, where nothing in force covers them.
    func empty(_ window: Range<Int64>, within span: Range<Int64>) -> [Slot] {
        empty(window).filter { $0.start >= span.lowerBound && $0.end <= span.upperBound }
    }

    /// The same of a part of time that they need only begin in.
    func empty(_ window: Range<Int64>, beginningIn span: Range<Int64>) -> [Slot] {
        empty(window).filter { span.contains($0.start) }
    }

    private func empty(_ window: Range<Int64>) -> [Slot] {
        guard let grid = grid(ofWindow: window.lowerBound) else { return [] }
        return slots(of: grid, window).filter { slot in
            truth.held[slot]?.hasValue != true && inForce(over: slot.start, slot.end).isEmpty
        }
    }

    private func slots(of grid: Grid, _ window: Range<Int64>) -> [Slot] {
        if grid.interval == 86_400 {
            let zone = truth.zone
            let date = zone.localDate(of: Instant(secondsSinceEpoch: window.lowerBound)).daysSinceEpoch
            return (date - 1...date + 1).map { day in
                Slot(
                    grid: grid,
                    start: TruthOracle.instant(of: CivilDate(daysSinceEpoch: day), Int(grid.phase), zone),
                    end: TruthOracle.instant(of: CivilDate(daysSinceEpoch: day + 1), Int(grid.phase), zone)
                )
            }.filter { window.contains($0.start) }
        }
        let first = window.lowerBound + TruthOracle.modulo(grid.phase - window.lowerBound, grid.interval)
        return stride(from: first, to: window.upperBound, by: Int(grid.interval)).map {
            Slot(grid: grid, start: $0, end: $0 + grid.interval)
        }
    }

    // MARK: What stands above what

    private func comesBefore(_ left: Grid, _ right: Grid, _ counts: [Grid: Int]) -> Bool {
        if left.interval != right.interval { return left.interval < right.interval }
        let (leftCount, rightCount) = (counts[left] ?? 0, counts[right] ?? 0)
        if leftCount != rightCount { return leftCount > rightCount }
        let unit = TruthOracle.unit(of: left.interval)
        let (isLeftFull, isRightFull) = (left.phase % unit == 0, right.phase % unit == 0)
        if isLeftFull != isRightFull { return isLeftFull }
        return left.phase < right.phase
    }

    /// Windows one after the other: what is in force in one and reaches into the next holds there. Within a window in the order of its grids.
    private func comesBefore(_ left: Slot, _ right: Slot) -> Bool {
        let (leftWindow, rightWindow) = (window(left.start), window(right.start))
        if leftWindow != rightWindow { return leftWindow < rightWindow }
        if left.grid != right.grid { return comesBefore(left.grid, right.grid, counts[leftWindow] ?? [:]) }
        return left.start < right.start
    }

    private mutating func settle(_ valued: [Slot]) {
        // Slots that touch a day of UTC, so that only near ones are compared.
        var byDay: [Int64: [Slot]] = [:]
        for slot in valued {
            for day in slot.start / 86_400...(slot.end - 1) / 86_400 { byDay[day, default: []].append(slot) }
        }
        var chosen: Set<Slot> = []
        for slot in valued.sorted(by: comesBefore) {
            var isBelowValue = false
            var isBelowForce = false
            for day in slot.start / 86_400...(slot.end - 1) / 86_400 {
                for other in byDay[day] ?? [] where other.grid != slot.grid && other.overlaps(slot) {
                    if comesBefore(other, slot) { isBelowValue = true }
                    if chosen.contains(other) { isBelowForce = true }
                }
            }
            if isBelowValue != isBelowForce {
                // Below a value that is itself not in force.
                unclear.formUnion([window(slot.start), window(slot.end - 1)])
            }
            if isBelowForce || isBelowValue { covered.append(slot) } else { chosen.insert(slot) }
        }
        inForce = chosen.sorted { $0.start < $1.start }
    }
}

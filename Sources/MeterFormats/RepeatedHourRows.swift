import MeterCore

/// Rows of one meter and channel that follow one another in a file and whose labels the clock showed twice: which of them belong to the
/// first pass of the hour, and which to the second.
///
/// What decides, in this order: a file that runs forward or backward goes through the hour twice, so its labels fall back once (`02:00 02:30
/// 02:00 02:30`); rows sorted by label stand in pairs (`02:00 02:00 02:30 02:30`); a hour that is there once joins on to the row
/// before it or to the row after it, and not to both. What none of these decides stays ambiguous.
struct RepeatedHourRows {
    /// A row beside them whose instant is known.
    struct Neighbour {
        /// Where its interval starts.
        var start: Int64
        /// How many identical lines say it.
        var count: Int
    }

    struct Neighbours {
        var before: Neighbour?
        var after: Neighbour?
    }

    private enum Pass {
        case first
        case second
        case unknown
    }

    /// One or more identical lines that count as one.
    private struct Unit {
        var label: Int64
        /// Offsets in `rows`.
        var offsets: [Int]
        var pass = Pass.unknown
    }

    let hour: RepeatedHour
    /// In local seconds, in file order.
    let labels: [Int64]
    /// Their row numbers.
    let rows: [Int]
    let intervalSeconds: Int64
    /// From the instant of a label to the start of its interval.
    let toStart: Int64
    let neighbours: Neighbours

    /// Where the rows' intervals start, in file order.
    func starts(_ cells: RowCells) -> [RowStart] {
        var result = [RowStart](repeating: .ambiguous, count: rows.count)
        let direction = direction()
        var units = units(cells, isBackward: direction < 0)
        if direction == 0 {
            assignSameValues(&units, cells)
        } else {
            assign(&units, cells, isBackward: direction < 0)
        }
        for unit in units where unit.pass != .unknown {
            for offset in unit.offsets { result[offset] = .at(start(unit.label, unit.pass)) }
        }
        return result
    }

    private func start(_ label: Int64, _ pass: Pass) -> Int64 {
        hour.instant(ofLocal: label, isSecond: pass == .second) + toStart
    }

    // MARK: Direction

    /// Above zero when time runs forward in the file here, below when backward, zero when nothing tells.
    private func direction() -> Int {
        var inside = 0
        for (left, right) in zip(labels, labels.dropFirst()) {
            inside += (right - left).signum() == 0 ? 0 : right > left ? 1 : -1
        }
        if abs(inside) >= 2 { return inside }
        var outside = 0
        if let before = neighbours.before { outside += before.start < hour.transition ? 1 : -1 }
        if let after = neighbours.after { outside += after.start < hour.transition ? -1 : 1 }
        return outside != 0 ? outside : inside
    }

    // MARK: Passes

    /// The lines in the order of time, lines that the file repeats taken together: where each row beside the hour comes several times, so
    /// does each row in it.
    private func units(_ cells: RowCells, isBackward: Bool) -> [Unit] {
        let order = isBackward ? Array(rows.indices.reversed()) : Array(rows.indices)
        // One line repeated beside the hour is no habit of the file; lines repeated on both sides are.
        let counts = [neighbours.before?.count, neighbours.after?.count].compactMap { $0 }
        let times = counts.min() ?? 1
        var units: [Unit] = []
        for offset in order {
            if let last = units.last, last.offsets.count < times, last.label == labels[offset],
                cells.areEqual(rows[last.offsets[0]], rows[offset])
            {
                units[units.count - 1].offsets.append(offset)
            } else {
                units.append(Unit(label: labels[offset], offsets: [offset]))
            }
        }
        return units
    }

    private func assign(_ units: inout [Unit], _ cells: RowCells, isBackward: Bool) {
        let falls = units.indices.dropFirst().filter { units[$0].label < units[$0 - 1].label }
        switch falls.count {
        case 0: assignAscending(&units, cells, isBackward: isBackward)
        case 1: assignSplit(&units, at: falls[0])
        default: assignSameValues(&units, cells)
        }
    }

    /// The labels fall back once: what comes before is the first pass, if a label of it comes again or the two join without a gap.
    private func assignSplit(_ units: inout [Unit], at split: Int) {
        let first = Set(units[..<split].map(\.label))
        let comesAgain = units[split...].contains { first.contains($0.label) }
        let joins = start(units[split - 1].label, .first) + intervalSeconds == start(units[split].label, .second)
        guard comesAgain || joins else { return }
        for index in units.indices { units[index].pass = index < split ? .first : .second }
    }

    /// The labels never fall back: pairs, or one pass.
    private func assignAscending(_ units: inout [Unit], _ cells: RowCells, isBackward: Bool) {
        let groups = groups(units)
        let repeated = groups.filter { $0.count > 1 }
        let isInPairs = repeated.count * 2 >= groups.count && !repeated.isEmpty
        let isRepeatedLine = repeated.allSatisfy { contents($0, units, cells).count == 1 }
        if isInPairs, repeated.count * 2 > groups.count || !isRepeatedLine {
            for group in repeated { assignPair(&units, group, cells) }
            return
        }
        let pass = onePass(units, isBackward: isBackward)
        for group in groups where group.count == 1 || contents(group, units, cells).count == 1 {
            for index in group { units[index].pass = pass }
        }
    }

    /// Two values for one label, the first of which is the first pass's; the same value twice is both.
    private func assignPair(_ units: inout [Unit], _ group: Range<Int>, _ cells: RowCells) {
        let contents = contents(group, units, cells)
        switch contents.count {
        case 1:
            for index in group { units[index].pass = index == group.lowerBound ? .first : .second }
        case 2:
            for index in group {
                let isFirst = cells.areEqual(rows[units[index].offsets[0]], contents[0])
                units[index].pass = isFirst ? .first : .second
            }
        default: break
        }
    }

    /// Nothing tells the order: labels whose lines all say the same are both passes in any order.
    private func assignSameValues(_ units: inout [Unit], _ cells: RowCells) {
        for label in Set(units.map(\.label)).sorted() {
            let same = units.indices.filter { units[$0].label == label }
            let first = rows[units[same[0]].offsets[0]]
            guard same.count > 1, same.allSatisfy({ cells.areEqual(rows[units[$0].offsets[0]], first) }) else {
                continue
            }
            for index in same { units[index].pass = index == same[0] ? .first : .second }
        }
    }

    /// The pass of an hour that is there once: the one that joins on to the row beside it.
    ///
    /// An interval longer than the stretch that came twice, between two that it joins, starts with its first pass: it lasts through both.
    private func onePass(_ units: [Unit], isBackward: Bool) -> Pass {
        let (earlier, later) =
            isBackward ? (neighbours.after, neighbours.before) : (neighbours.before, neighbours.after)
        guard let first = units.first, let last = units.last else { return .unknown }
        let joinsEarlier = earlier.map { $0.start + intervalSeconds == start(first.label, .first) } ?? false
        let joinsLater = later.map { start(last.label, .second) + intervalSeconds == $0.start } ?? false
        switch (joinsEarlier, joinsLater) {
        case (true, false): return .first
        case (false, true): return .second
        case (true, true): return intervalSeconds > hour.seconds ? .first : .unknown
        case (false, false): return .unknown
        }
    }

    /// Runs of one label among units in ascending order.
    private func groups(_ units: [Unit]) -> [Range<Int>] {
        var groups: [Range<Int>] = []
        for index in units.indices {
            if let last = groups.last, units[last.lowerBound].label == units[index].label {
                groups[groups.count - 1] = last.lowerBound..<index + 1
            } else {
                groups.append(index..<index + 1)
            }
        }
        return groups
    }

    /// A row for each different content of a group, in order.
    private func contents(_ group: Range<Int>, _ units: [Unit], _ cells: RowCells) -> [Int] {
        var found: [Int] = []
        for index in group {
            let row = rows[units[index].offsets[0]]
            if !found.contains(where: { cells.areEqual($0, row) }) { found.append(row) }
        }
        return found
    }
}

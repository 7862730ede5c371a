/// The rows of one meter and channel in the order of time, rows for the same interval together in file order.
struct SlotRows {
    /// Row numbers with an instant.
    private(set) var rows: [Int] = []
    /// Where their intervals start, as many as `rows`.
    private(set) var starts: [Int64] = []
    /// The places of these starts on the grid of the interval length: rows for the same place are rows for the same interval.
    private var places: [Int64] = []
    /// Rows without an instant, in file order.
    private(set) var withoutInstant: [(row: Int, start: RowStart)] = []
    /// One range of `rows` for each interval.
    private(set) var slots: [Range<Int>] = []

    init(rows: ArraySlice<Int>, starts rowStarts: [RowStart], intervalSeconds: Int32) {
        self.rows.reserveCapacity(rows.count)
        starts.reserveCapacity(rows.count)
        places.reserveCapacity(rows.count)
        let grid = SlotGrid(intervalSeconds: intervalSeconds)
        for (row, start) in zip(rows, rowStarts) {
            guard case .at(let second) = start else {
                withoutInstant.append((row, start))
                continue
            }
            self.rows.append(row)
            starts.append(second)
            places.append(grid.place(of: second))
        }
        order()
        group()
    }

    var slotCount: Int { slots.count }

    var hasRepetitions: Bool { slots.count < rows.count }

    /// The intervals that several rows tell of.
    var repetitions: [Range<Int>] { slots.filter { $0.count > 1 } }

    /// Takes the rows of some intervals out.
    mutating func remove(_ groups: [Range<Int>]) {
        let gone = Set(groups.map(\.lowerBound))
        slots.removeAll { gone.contains($0.lowerBound) }
    }

    private mutating func order() {
        var isAscending = true
        var isDescending = true
        for index in places.indices.dropFirst() {
            if places[index] < places[index - 1] { isAscending = false }
            if places[index] >= places[index - 1] { isDescending = false }
        }
        if isAscending { return }
        if isDescending {
            rows.reverse()
            starts.reverse()
            places.reverse()
            return
        }
        // Rows are numbered in file order, so equal places stay in it.
        let order = rows.indices.sorted { (places[$0], rows[$0]) < (places[$1], rows[$1]) }
        (rows, starts, places) = (order.map { rows[$0] }, order.map { starts[$0] }, order.map { places[$0] })
    }

    private mutating func group() {
        slots.reserveCapacity(rows.count)
        for index in rows.indices {
            if let last = slots.last, places[last.lowerBound] == places[index] {
                slots[slots.count - 1] = last.lowerBound..<index + 1
            } else {
                slots.append(index..<index + 1)
            }
        }
    }
}

/// Where an interval belongs that does not start on the grid of its length: a clock a few seconds late makes no interval of its own.
///
/// The grid's step is the greatest common divisor of the length and a quarter of an hour; a start within a tenth of the length, a minute and
/// half a step of a place is at that place.
struct SlotGrid {
    private let step: Int64
    private let tolerance: Int64

    init(intervalSeconds: Int32) {
        let length = Int64(intervalSeconds)
        guard (60..<86_400).contains(length) else {
            (step, tolerance) = (1, 0)
            return
        }
        var (step, rest) = (length, Int64(900))
        while rest != 0 { (step, rest) = (rest, step % rest) }
        self.step = step
        tolerance = min(60, length / 10, (step - 1) / 2)
    }

    func place(of start: Int64) -> Int64 {
        let below = start.flooredDivision(by: step) * step
        if start - below <= tolerance { return below }
        return below + step - start <= tolerance ? below + step : start
    }
}

/// The rows of one meter and channel in the order of time, rows for the same interval together in file order.
struct SlotRows {
    /// Row numbers with an instant.
    private(set) var rows: [Int] = []
    /// Where their intervals start, as many as `rows`.
    private(set) var starts: [Int64] = []
    /// Rows without an instant, in file order.
    private(set) var withoutInstant: [(row: Int, start: RowStart)] = []
    /// One range of `rows` for each interval.
    private(set) var slots: [Range<Int>] = []

    init(rows: ArraySlice<Int>, starts rowStarts: [RowStart]) {
        self.rows.reserveCapacity(rows.count)
        starts.reserveCapacity(rows.count)
        for (row, start) in zip(rows, rowStarts) {
            guard case .at(let second) = start else {
                withoutInstant.append((row, start))
                continue
            }
            self.rows.append(row)
            starts.append(second)
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
        for index in starts.indices.dropFirst() {
            if starts[index] < starts[index - 1] { isAscending = false }
            if starts[index] >= starts[index - 1] { isDescending = false }
        }
        if isAscending { return }
        if isDescending {
            rows.reverse()
            starts.reverse()
            return
        }
        // Rows are numbered in file order, so equal starts stay in it.
        let order = rows.indices.sorted { (starts[$0], rows[$0]) < (starts[$1], rows[$1]) }
        (rows, starts) = (order.map { rows[$0] }, order.map { starts[$0] })
    }

    private mutating func group() {
        slots.reserveCapacity(rows.count)
        for index in rows.indices {
            if let last = slots.last, starts[last.lowerBound] == starts[index] {
                slots[slots.count - 1] = last.lowerBound..<index + 1
            } else {
                slots.append(index..<index + 1)
            }
        }
    }
}

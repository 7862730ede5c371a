/// Rows of a batch with at most one per key: a later one takes the place of an earlier one.
package struct NewestRows<Key: Hashable & Sendable, Row: Sendable>: Sendable {
    package private(set) var rows: [Row] = []
    private var index: [Key: Int] = [:]

    package init() {}

    package var count: Int { rows.count }

    /// Keeps the row unless the one that is there is to stay.
    package mutating func keep(_ row: Row, key: Key, replaces: (Row) -> Bool) {
        guard let place = index[key] else {
            index[key] = rows.count
            rows.append(row)
            return
        }
        if replaces(rows[place]) { rows[place] = row }
    }

    package mutating func clear() {
        rows.removeAll(keepingCapacity: true)
        index.removeAll(keepingCapacity: true)
    }
}

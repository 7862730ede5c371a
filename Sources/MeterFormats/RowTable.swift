import MeterCore

/// Rows of a table of readings (time, meter, one value per column) on their way to series of one meter and channel each.
///
/// Rows may come in any order; the series come out by the first appearance of their meter and channel, then by column, each in the
/// order of time, so the same rows give the same readings whichever way the file runs.
struct RowTable: ~Copyable {
    /// What a column's series have in common.
    struct Column {
        /// Nil: the meter stands in each row.
        var meter: String?
        var channel: String
        var unit: MeasurementUnit
        var powerOfTen: Int
        /// What the source calls the column.
        var name = ""
    }

    /// Whose a row is.
    struct Key: Hashable {
        var meter: String
        /// Where a column of the row names it.
        var channel: String?
    }

    let columns: [Column]
    private(set) var keys: [Key] = []
    private var slots: [Key: Int] = [:]
    private var rowSlots: [Int] = []
    private(set) var stamps: [RowStamp] = []
    /// 1-based line of each row, and where in the payload it starts.
    private(set) var lines: [Int] = []
    private(set) var offsets: [Int] = []
    var cells: RowCells

    init(columns: [Column]) {
        self.columns = columns
        cells = RowCells(columnCount: columns.count)
    }

    /// The number under which rows are kept.
    mutating func slot(of key: Key) -> Int {
        if let slot = slots[key] { return slot }
        slots[key] = keys.count
        keys.append(key)
        return keys.count - 1
    }

    /// Ends a row, whose cells are there.
    mutating func appendRow(slot: Int, stamp: RowStamp, line: Int, byteOffset: Int) {
        rowSlots.append(slot)
        stamps.append(stamp)
        lines.append(line)
        offsets.append(byteOffset)
    }

    var rowCount: Int { rowSlots.count }

    func slot(ofRow row: Int) -> Int { rowSlots[row] }

    /// Row numbers sorted by slot, rows of a slot in file order, and where each slot starts.
    func rowsBySlot() -> (rows: [Int], starts: [Int]) {
        var starts = [Int](repeating: 0, count: keys.count + 1)
        for slot in rowSlots { starts[slot + 1] += 1 }
        for slot in keys.indices { starts[slot + 1] += starts[slot] }
        var next = starts
        var rows = [Int](repeating: 0, count: rowSlots.count)
        for (row, slot) in rowSlots.enumerated() {
            rows[next[slot]] = row
            next[slot] += 1
        }
        return (rows, starts)
    }

    /// The place of a row, for a line that is left out.
    func reject(_ code: DecodeCode, _ reason: String, row: Int, in batch: inout ReadingBatch) {
        batch.reject(DecodeError(code, reason, byteOffset: offsets[row]), line: lines[row])
    }
}

import MeterCore

/// Rows of a table of readings (time, meter, one value per column) on their way to series of one meter and channel each.
///
/// Rows may come in any order of meters; the series come out by the meters' first appearance, then by column, with the rows in
/// file order, so the same bytes always give the same batch.
struct RowTable: ~Copyable {
    /// What a column's series have in common.
    struct Column {
        /// Nil: the meter stands in each row.
        var meter: String?
        var channel: String
        var unit: MeasurementUnit
        var powerOfTen: Int
    }

    private enum Cell {
        static let absent: UInt8 = 255
    }

    let columns: [Column]
    private var meters: [String] = []
    private var slots: [String: Int] = [:]
    private var rowSlots: [Int] = []
    private var rowEnds: [Int64] = []
    /// Row by row, a value for each column.
    private var values: [Int64] = []
    private var qualities: [UInt8] = []

    init(columns: [Column]) {
        self.columns = columns
    }

    /// The number under which a meter's rows are kept.
    mutating func slot(of meter: String) -> Int {
        if let slot = slots[meter] { return slot }
        slots[meter] = meters.count
        meters.append(meter)
        return meters.count - 1
    }

    mutating func appendRow(slot: Int, endSecond: Int64) {
        rowSlots.append(slot)
        rowEnds.append(endSecond)
    }

    mutating func append(value: Int64) {
        values.append(value)
        qualities.append(Quality.raw.rawValue)
    }

    /// A cell whose value the source left empty.
    mutating func appendMissing() {
        values.append(0)
        qualities.append(Quality.missing.rawValue)
    }

    /// A cell of which nothing is to be told.
    mutating func appendAbsent() {
        values.append(0)
        qualities.append(Cell.absent)
    }

    /// Drops the cells of a row that was not completed.
    mutating func dropCells(from count: Int) {
        values.removeLast(values.count - count)
        qualities.removeLast(qualities.count - count)
    }

    var cellCount: Int { values.count }

    /// Writes everything to `batch`.
    func emit(zone: String, intervalSeconds: Int32, into batch: inout ReadingBatch) {
        batch.reserve(values: batch.valueCount + values.count)
        let order = rowsBySlot()
        for slot in meters.indices {
            for (column, description) in columns.enumerated() {
                let first = batch.valueCount
                for row in order.rows[order.starts[slot]..<order.starts[slot + 1]] {
                    let cell = row * columns.count + column
                    guard qualities[cell] != Cell.absent else { continue }
                    let quality: Quality = qualities[cell] == Quality.missing.rawValue ? .missing : .raw
                    batch.append(endSecond: rowEnds[row], billionths: values[cell], quality: quality)
                }
                guard batch.valueCount > first else { continue }
                batch.series.append(
                    ReadingBatch.Series(
                        meter: description.meter ?? meters[slot],
                        channel: description.channel,
                        unit: description.unit,
                        zone: zone,
                        intervalSeconds: intervalSeconds,
                        serial: "",
                        configuration: "",
                        values: first..<batch.valueCount
                    )
                )
            }
        }
    }

    /// Row numbers sorted by slot, rows of a slot in file order, and where each slot starts.
    private func rowsBySlot() -> (rows: [Int], starts: [Int]) {
        var starts = [Int](repeating: 0, count: meters.count + 1)
        for slot in rowSlots { starts[slot + 1] += 1 }
        for slot in meters.indices { starts[slot + 1] += starts[slot] }
        var next = starts
        var rows = [Int](repeating: 0, count: rowSlots.count)
        for (row, slot) in rowSlots.enumerated() {
            rows[next[slot]] = row
            next[slot] += 1
        }
        return (rows, starts)
    }
}

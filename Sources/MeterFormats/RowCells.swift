import MeterCore

/// The values of a table of readings, row by row, one for each column.
struct RowCells {
    /// Stands where a quality would for a cell of which nothing is to be told.
    private static let absent: UInt8 = 255

    let columnCount: Int
    private var values: [Int64] = []
    private var qualities: [UInt8] = []

    init(columnCount: Int) {
        self.columnCount = columnCount
    }

    var count: Int { values.count }

    /// A value; `quality` is not `missing`.
    mutating func append(value: Int64, quality: Quality = .raw) {
        values.append(value)
        qualities.append(quality.rawValue)
    }

    /// A cell whose value the source left empty.
    mutating func appendMissing() {
        values.append(0)
        qualities.append(Quality.missing.rawValue)
    }

    /// A cell of which nothing is to be told.
    mutating func appendAbsent() {
        values.append(0)
        qualities.append(Self.absent)
    }

    /// Whether every cell from `mark` on is absent.
    func isAbsent(from mark: Int) -> Bool {
        qualities[mark...].allSatisfy { $0 == Self.absent }
    }

    /// Drops the cells of a row that was not completed.
    mutating func drop(from mark: Int) {
        values.removeLast(values.count - mark)
        qualities.removeLast(qualities.count - mark)
    }

    /// The value and quality of a cell; nil when it is absent.
    @inline(__always)
    func cell(row: Int, column: Int) -> (value: Int64, quality: UInt8)? {
        let index = row * columnCount + column
        return qualities[index] == Self.absent ? nil : (values[index], qualities[index])
    }

    /// Whether two rows say the same in every column.
    func areEqual(_ left: Int, _ right: Int) -> Bool {
        for column in 0..<columnCount {
            let (first, second) = (left * columnCount + column, right * columnCount + column)
            guard values[first] == values[second], qualities[first] == qualities[second] else { return false }
        }
        return true
    }

    /// Whether both rows have a value in some column, and not the same.
    func contradict(_ left: Int, _ right: Int) -> Bool {
        let missing = Quality.missing.rawValue
        for column in 0..<columnCount {
            guard let first = cell(row: left, column: column), let second = cell(row: right, column: column),
                first.quality != missing, second.quality != missing
            else { continue }
            if first != second { return true }
        }
        return false
    }

    /// The index in `rows` of the row whose cell holds in a column: the last that has a value, else the last that says there is none.
    func holder(of column: Int, among rows: ArraySlice<Int>) -> Int? {
        var found: Int?
        for index in rows.indices.reversed() {
            guard let cell = cell(row: rows[index], column: column) else { continue }
            if cell.quality != Quality.missing.rawValue { return index }
            if found == nil { found = index }
        }
        return found
    }
}

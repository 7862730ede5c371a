/// Rows of text in aligned columns.
struct TextTable {
    private var rows: [[String]]

    init(header: [String]) {
        rows = [header, header.map { String(repeating: "-", count: $0.count) }]
    }

    mutating func add(_ row: [String]) {
        rows.append(row)
    }

    /// The lines, columns two spaces apart.
    var lines: [String] {
        var widths: [Int] = []
        for row in rows {
            for (column, cell) in row.enumerated() {
                if column == widths.count { widths.append(0) }
                widths[column] = max(widths[column], cell.count)
            }
        }
        return rows.map { row in
            var line = ""
            for (column, cell) in row.enumerated() {
                line += cell
                if column < row.count - 1 { line += String(repeating: " ", count: widths[column] - cell.count + 2) }
            }
            return line
        }
    }
}

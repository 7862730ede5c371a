import MeterCore

/// Finds the column that tells apart the lines of a table which have several values for one interval: two registers or directions in one file
/// that nobody named.
struct CollisionColumn {
    let columns: MappedColumns
    /// Where in the payload each row's time stands.
    let offsets: [Int]
    let delimiter: UInt8

    /// Groups of lines that are looked at.
    private static let groupLimit = 64
    /// Different words that a column of registers may hold.
    private static let wordLimit = 16

    /// The first column whose words differ within every group and are few in all; nil where there is none.
    func name(of groups: [[Int]], _ bytes: Span<UInt8>) -> String? {
        let read = Set([columns.time, columns.meter ?? -1, columns.channel ?? -1] + columns.values)
        let groups = groups.prefix(Self.groupLimit).map { group in group.map { words(ofRow: $0, bytes) } }
        let count = groups.joined().map(\.count).min() ?? 0
        for column in 0..<count where !read.contains(column) {
            let differs = groups.allSatisfy { Set($0.map { $0[column] }).count == $0.count }
            let words = Set(groups.joined().map { $0[column] })
            guard differs, words.count <= Self.wordLimit, !words.contains("") else { continue }
            return column < columns.names.count && !columns.names[column].isEmpty
                ? columns.names[column] : "\(column + 1)"
        }
        return nil
    }

    private func words(ofRow row: Int, _ bytes: Span<UInt8>) -> [String] {
        var (start, end) = (offsets[row], offsets[row])
        while start > 0, bytes[start - 1] != 0x0a { start -= 1 }
        while end < bytes.count, bytes[end] != 0x0a, bytes[end] != 0x0d { end += 1 }
        var fields = CSVFields()
        guard fields.split(bytes, start..<end, delimiter: delimiter) else { return [] }
        return fields.ranges.map { TextField.text(bytes, TextField.trimmed(bytes, $0)) ?? "" }
    }
}

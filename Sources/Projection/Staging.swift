import PostgresIO

/// Rules of the way from staging tables into a read model.
enum Staging {
    /// A column list for SQL text.
    static func list(_ columns: [String], prefix: String = "") -> String {
        columns.map { prefix + $0 }.joined(separator: ", ")
    }

    /// `a = excluded.a, ...` for the columns that are not in the key.
    static func assignments(_ columns: [String], except key: [String]) -> String {
        columns.filter { !key.contains($0) }.map { "\($0) = excluded.\($0)" }.joined(separator: ", ")
    }

    /// The order of log positions in SQL; `ReadingsFold.isNewer` is the same in Swift.
    static func newer(than table: String, tieBreak: String = "revision") -> String {
        """
        CASE WHEN excluded.log_partition = \(table).log_partition
            THEN excluded.log_offset > \(table).log_offset
            ELSE excluded.\(tieBreak) > \(table).\(tieBreak) END
        """
    }

    static func check(_ copied: Int, of expected: Int, _ table: String) throws(PostgresError) {
        guard copied == expected else {
            throw .misuse("\(table) took \(copied) of \(expected) rows")
        }
    }
}

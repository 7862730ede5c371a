import PostgresIO
import Testing

@Suite("Binary COPY", .enabled(if: TestDatabase.isExpected, TestDatabase.missing), .timeLimit(.minutes(1)))
struct CopyTests {
    private static let columns = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k"]

    private func connectWithTable() throws -> PostgresConnection {
        var connection = try TestDatabase.connect()
        try connection.execute(
            """
            CREATE TEMP TABLE target (a int2, b int4, c int8, d float8, e bool, f text, g text, h bytea, i timestamptz,
                                      j numeric, k date)
            """
        )
        return connection
    }

    @Test("every type arrives exactly, NULLs too")
    func everyType() throws {
        var connection = try connectWithTable()
        let utf8: [UInt8] = Array("Straße".utf8)
        let stored = try connection.copy(into: "target", columns: Self.columns) { writer throws(PostgresError) in
            try writer.startRow()
            writer.int16(-1)
            writer.int32(70_000)
            writer.int64(.min)
            writer.double(1.5)
            writer.bool(true)
            writer.text("tab\t newline\n")
            writer.text(utf8.span)
            writer.bytes(utf8.span)
            writer.timestamp(microseconds: 1)
            writer.numeric(coefficient: 5, scale: 3)
            writer.date(days: 19_000)
            try writer.startRow()
            for _ in Self.columns { writer.null() }
        }
        #expect(stored == 2)
        let rows = try connection.query("SELECT * FROM target ORDER BY a")
        #expect(try rows.int16(0, 0) == -1)
        #expect(try rows.int32(0, 1) == 70_000)
        #expect(try rows.int64(0, 2) == .min)
        #expect(try rows.double(0, 3) == 1.5)
        #expect(try rows.bool(0, 4))
        #expect(try rows.text(0, 5) == "tab\t newline\n")
        #expect(try rows.text(0, 6) == "Straße")
        #expect(try rows.bytes(0, 7) == utf8)
        #expect(try rows.timestampMicroseconds(0, 8) == 1)
        #expect(try rows.numericText(0, 9) == "0.005")
        #expect(try rows.dateDays(0, 10) == 19_000)
        for column in Self.columns.indices { #expect(try rows.isNull(1, column)) }
    }

    @Test("rows beyond the flush limit all arrive")
    func manyFlushes() throws {
        var connection = try connectWithTable()
        let stored = try connection.copy(into: "target", columns: ["c", "f"], flushBytes: 1024) {
            writer throws(PostgresError) in
            for number in 0..<20_000 {
                try writer.startRow()
                writer.int64(Int64(number))
                writer.text("meter-\(number)")
            }
        }
        #expect(stored == 20_000)
        let rows = try connection.query("SELECT count(DISTINCT f), sum(c)::int8 FROM target")
        #expect(try rows.int64(0, 0) == 20_000)
        #expect(try rows.int64(0, 1) == 199_990_000)
    }

    @Test("an error in the writer cancels the COPY and leaves the connection usable")
    func cancelled() throws {
        var connection = try connectWithTable()
        let error = #expect(throws: PostgresError.self) {
            try connection.copy(into: "target", columns: ["a"]) { writer throws(PostgresError) in
                try writer.startRow()
                writer.int16(1)
                throw PostgresError.fenced("stopped")
            }
        }
        #expect(error?.message == "stopped")
        let rows = try connection.query("SELECT count(*) FROM target")
        #expect(try rows.int64(0, 0) == 0)
    }

    @Test("a row with a field missing is refused before the server sees the end")
    func unbalanced() throws {
        var connection = try connectWithTable()
        let error = #expect(throws: PostgresError.self) {
            try connection.copy(into: "target", columns: ["a", "b"]) { writer throws(PostgresError) in
                try writer.startRow()
                writer.int16(1)
            }
        }
        #expect(error?.reaction == .fatal)
        #expect(try connection.query("SELECT 1").count == 1)
    }

    @Test("a row the table rejects is the input's fault, with the constraint named")
    func rejected() throws {
        var connection = try connectWithTable()
        try connection.execute("ALTER TABLE target ADD CONSTRAINT positive CHECK (c > 0)")
        let error = try #require(throws: PostgresError.self) {
            try connection.copy(into: "target", columns: ["c"], flushBytes: 1024) { writer throws(PostgresError) in
                for number in stride(from: Int64(5000), through: -5000, by: -1) {
                    try writer.startRow()
                    writer.int64(number)
                }
            }
        }
        #expect(error.reaction == .reject)
        #expect(error.constraint == "positive")
        #expect(try connection.query("SELECT 1").count == 1)
    }

    @Test("COPY by execute is refused and does not hang the connection")
    func copyByExecute() throws {
        var connection = try connectWithTable()
        let error = #expect(throws: PostgresError.self) { try connection.execute("COPY target FROM STDIN") }
        #expect(error?.reaction == .fatal)
        #expect(throws: PostgresError.self) { try connection.execute("COPY (SELECT 1) TO STDOUT") }
        #expect(try connection.query("SELECT 1").count == 1)
    }
}

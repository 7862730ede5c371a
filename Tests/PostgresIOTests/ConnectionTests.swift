import PostgresIO
import Synchronization
import Testing

@Suite("A connection", .enabled(if: TestDatabase.isExpected, TestDatabase.missing), .timeLimit(.minutes(1)))
struct ConnectionTests {
    @Test("values of every type come back as they went out")
    func roundTrip() throws {
        var connection = try TestDatabase.connect()
        let rows = try connection.query(
            """
            SELECT $1::bool, $2::int2, $3::int4, $4::int8, $5::float8, $6::text, $7::bytea, $8::timestamptz, $9::date,
                   $10::uuid, $11::numeric, $12::text, to_char($8 AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US'),
                   $9::text, $10::text, $11::text, ''::text, ''::bytea
            """,
            [
                .bool(true), .int16(-7), .int32(.min), .int64(.max), .double(0.1), .text("Zähler 'x' \u{1F50C}"),
                .bytes([0, 255, 10]), .timestamp(microseconds: 1_700_000_000_123_456), .date(days: -1),
                .uuid(high: 0x0011_2233_4455_6677, low: 0x8899_AABB_CCDD_EEFF),
                .numeric(coefficient: -1_234_567, scale: 5), .null,
            ]
        )
        #expect(rows.count == 1 && rows.columnCount == 18)
        #expect(try rows.bool(0, 0))
        #expect(try rows.int16(0, 1) == -7)
        #expect(try rows.int64(0, 1) == -7)
        #expect(try rows.int32(0, 2) == .min)
        #expect(try rows.int64(0, 3) == .max)
        #expect(try rows.double(0, 4) == 0.1)
        #expect(try rows.text(0, 5) == "Zähler 'x' \u{1F50C}")
        #expect(try rows.bytes(0, 6) == [0, 255, 10])
        #expect(try rows.timestampMicroseconds(0, 7) == 1_700_000_000_123_456)
        #expect(try rows.dateDays(0, 8) == -1)
        let uuid = try rows.uuid(0, 9)
        #expect(uuid.high == 0x0011_2233_4455_6677 && uuid.low == 0x8899_AABB_CCDD_EEFF)
        #expect(try rows.numericText(0, 10) == "-12.34567")
        #expect(try rows.isNull(0, 11))
        #expect(try rows.optionalText(0, 11) == nil)
        #expect(try rows.text(0, 12) == "2023-11-14 22:13:20.123456")
        #expect(try rows.text(0, 13) == "1969-12-31")
        #expect(try rows.text(0, 14) == "00112233-4455-6677-8899-aabbccddeeff")
        #expect(try rows.text(0, 15) == "-12.34567")
        #expect(try rows.optionalText(0, 16) == "")
        #expect(try rows.bytes(0, 17).isEmpty)
    }

    @Test("empty text and bytes are values, not NULL")
    func emptyValues() throws {
        var connection = try TestDatabase.connect()
        let rows = try connection.query(
            "SELECT $1 IS NULL, $2 IS NULL, $3::text IS NULL",
            [.text(""), .bytes([]), .null]
        )
        #expect(try !rows.bool(0, 0))
        #expect(try !rows.bool(0, 1))
        #expect(try rows.bool(0, 2))
    }

    @Test("arrays unnest side by side")
    func arrays() throws {
        var connection = try TestDatabase.connect()
        let rows = try connection.query(
            "SELECT * FROM unnest($1, $2, $3, $4, $5) AS t(a, b, c, d, e)",
            [
                .textArray(["x", nil]), .int64Array([1, 2]), .timestampArray([0, nil]), .boolArray([true, false]),
                .doubleArray([0.5, -1]),
            ]
        )
        #expect(rows.count == 2)
        #expect(try rows.text(0, 0) == "x")
        #expect(try rows.isNull(1, 0))
        #expect(try rows.int64(1, 1) == 2)
        #expect(try rows.timestampMicroseconds(0, 2) == 0)
        #expect(try rows.isNull(1, 2))
        #expect(try !rows.bool(1, 3))
        #expect(try rows.double(1, 4) == -1)
    }

    @Test("reading a value as another type is an error, not garbage")
    func wrongAccess() throws {
        var connection = try TestDatabase.connect()
        let rows = try connection.query("SELECT 1::int4, NULL::text, '{\"a\": 1}'::jsonb")
        #expect(throws: PostgresError.self) { _ = try rows.text(0, 0) }
        #expect(throws: PostgresError.self) { _ = try rows.bool(0, 0) }
        #expect(throws: PostgresError.self) { _ = try rows.text(0, 1) }
        #expect(throws: PostgresError.self) { _ = try rows.int32(1, 0) }
        #expect(throws: PostgresError.self) { _ = try rows.int32(0, 9) }
        #expect(try rows.text(0, 2) == "{\"a\": 1}")
    }

    @Test("the session has the time zone, limits and name asked for")
    func session() throws {
        var connection = try PostgresConnection(
            TestDatabase.options(statementTimeoutMilliseconds: 1234, lockTimeoutMilliseconds: 321, isReadOnly: true)
        )
        let rows = try connection.query(
            """
            SELECT current_setting('TimeZone'), current_setting('statement_timeout'), current_setting('lock_timeout'),
                   current_setting('application_name'), current_setting('transaction_read_only')
            """
        )
        let settings = try (0..<5).map { try rows.text(0, $0) }
        #expect(settings == ["UTC", "1234ms", "321ms", "meterlog-tests", "on"])
        #expect(connection.serverVersion >= 150_000)
        #expect(connection.parameter("server_encoding") == "UTF8")
        #expect(connection.processID > 0)
    }

    @Test("prepared statements are used again, dropped at the limit, and follow a changed table")
    func prepared() throws {
        var connection = try PostgresConnection(TestDatabase.options(preparedStatementLimit: 2))
        try connection.execute("CREATE TEMP TABLE shape (a int); INSERT INTO shape VALUES (1)")
        for round in 0..<3 {
            for offset in 0..<3 {
                let rows = try connection.queryPrepared("SELECT $1::int8 + \(offset)", [.int64(Int64(round))])
                #expect(try rows.int64(0, 0) == Int64(round + offset))
            }
        }
        let kept = try connection.query("SELECT count(*) FROM pg_prepared_statements")
        #expect(try kept.int64(0, 0) == 2)
        #expect(try connection.queryPrepared("SELECT * FROM shape").columnCount == 1)
        try connection.execute("ALTER TABLE shape ADD COLUMN b int")
        #expect(try connection.queryPrepared("SELECT * FROM shape").columnCount == 2)
    }

    @Test("inside a transaction a stale plan asks for the batch again, and the next try works")
    func preparedStaleInTransaction() throws {
        var connection = try TestDatabase.connect()
        try connection.execute("CREATE TEMP TABLE shape (a int)")
        _ = try connection.queryPrepared("SELECT * FROM shape").count
        try connection.execute("ALTER TABLE shape ADD COLUMN b int")
        let error = #expect(throws: PostgresError.self) {
            try connection.transaction { connection throws(PostgresError) in
                _ = try connection.queryPrepared("SELECT * FROM shape").count
            }
        }
        #expect(error?.reaction == .redo)
        let columns = try connection.transaction { connection throws(PostgresError) in
            try connection.queryPrepared("SELECT * FROM shape").columnCount
        }
        #expect(columns == 2)
    }

    @Test("notices reach the closure")
    func notices() throws {
        let seen = Mutex<[PostgresNotice]>([])
        let options = try TestDatabase.options(onNotice: { notice in seen.withLock { $0.append(notice) } })
        var connection = try PostgresConnection(options)
        try connection.execute("DO $$ BEGIN RAISE WARNING 'look at this'; END $$")
        let notices = seen.withLock { $0 }
        #expect(notices.map(\.message) == ["look at this"])
        #expect(notices.first?.severity == "WARNING")
    }

    @Test("a notification wakes the listener, and silence ends at the timeout")
    func notifications() throws {
        var listener = try TestDatabase.connect()
        var sender = try TestDatabase.connect()
        let channel = TestDatabase.uniqueName("Channel \"quoted\"")
        try listener.listen(channel)
        #expect(try listener.nextNotification(timeoutMilliseconds: 20) == nil)
        try sender.notify(channel, payload: "{\"meter\": 1}")
        let message = try listener.nextNotification(timeoutMilliseconds: 5000)
        #expect(message?.channel == channel)
        #expect(message?.payload == "{\"meter\": 1}")
        #expect(message?.senderProcessID == sender.processID)
    }
}

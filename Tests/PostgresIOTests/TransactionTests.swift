import PostgresIO
import Testing

@Suite("Transactions and errors", .enabled(if: TestDatabase.isExpected, TestDatabase.missing), .timeLimit(.minutes(1)))
struct TransactionTests {
    @Test("a transaction commits on return and rolls back on an error")
    func commitAndRollback() throws {
        var connection = try TestDatabase.connect()
        try connection.execute("CREATE TEMP TABLE kept (a int PRIMARY KEY)")
        try connection.transaction { connection throws(PostgresError) in
            try connection.execute("INSERT INTO kept VALUES (1)")
        }
        let error = #expect(throws: PostgresError.self) {
            try connection.transaction { connection throws(PostgresError) in
                try connection.execute("INSERT INTO kept VALUES (2)")
                throw PostgresError.fenced("another owner holds the epoch")
            }
        }
        #expect(error?.reaction == .fenced)
        #expect(connection.isInTransaction == false)
        let rows = try connection.query("SELECT array_agg(a)::text FROM kept")
        #expect(try rows.text(0, 0) == "{1}")
    }

    @Test("a commit after a failed statement says that nothing was committed")
    func commitOfFailed() throws {
        var connection = try TestDatabase.connect()
        try connection.begin()
        #expect(throws: PostgresError.self) { try connection.execute("SELECT 1/0") }
        let error = #expect(throws: PostgresError.self) { try connection.commit() }
        #expect(error?.reaction == .redo)
        #expect(connection.isInTransaction == false)
    }

    @Test(
        "errors carry the reaction, and no data in what a log shows",
        arguments: [
            ("SELECT 'secret-4711'::int", "22P02", PostgresError.Reaction.reject),
            ("SELECT * FROM no_such_table", "42P01", .fatal),
            ("INSERT INTO pg_temp.t VALUES (1), (1)", "23505", .reject),
            ("SELEC secret", "42601", .fatal),
            ("SELECT 10 / 0", "22012", .reject),
        ]
    )
    func reactions(sql: String, state: String, reaction: PostgresError.Reaction) throws {
        var connection = try TestDatabase.connect()
        try connection.execute("CREATE TEMP TABLE t (a int UNIQUE)")
        let error = try #require(throws: PostgresError.self) { try connection.execute(sql) }
        #expect(error.sqlState?.code == state)
        #expect(error.reaction == reaction)
        #expect(!error.connectionLost)
        #expect(!error.description.lowercased().contains("sec"))
        #expect(error.debugDescription.contains(error.message))
    }

    @Test("a lock that is not freed in time is worth another try")
    func lockTimeout() throws {
        var holder = try TestDatabase.connect()
        var waiter = try PostgresConnection(TestDatabase.options(lockTimeoutMilliseconds: 50))
        let key = Int64.random(in: .min ... .max)
        try holder.begin()
        _ = try holder.query("SELECT pg_advisory_xact_lock($1)", [.int64(key)]).count
        let error = #expect(throws: PostgresError.self) {
            _ = try waiter.query("SELECT pg_advisory_xact_lock($1)", [.int64(key)]).count
        }
        #expect(error?.sqlState?.code == "55P03")
        #expect(error?.reaction == .retry)
    }

    @Test("two transactions that read and write across each other: one is told to redo")
    func serialization() throws {
        var first = try TestDatabase.connect()
        var second = try TestDatabase.connect()
        let table = TestDatabase.uniqueName("public.skew")
        try first.execute("CREATE TABLE \(table) (a int)")
        try first.begin(isolation: .serializable)
        try second.begin(isolation: .serializable)
        _ = try first.query("SELECT count(*) FROM \(table)").count
        _ = try second.query("SELECT count(*) FROM \(table)").count
        try first.execute("INSERT INTO \(table) VALUES (1)")
        try second.execute("INSERT INTO \(table) VALUES (2)")
        try first.commit()
        let error = #expect(throws: PostgresError.self) { try second.commit() }
        try first.execute("DROP TABLE \(table)")
        #expect(error?.sqlState?.code == "40001")
        #expect(error?.reaction == .redo)
    }

    @Test("a session ended by the administrator is a lost connection to retry, unknown in its commit")
    func terminated() throws {
        var victim = try TestDatabase.connect()
        var administrator = try TestDatabase.connect()
        try victim.begin()
        let process = victim.processID
        _ = try administrator.query("SELECT pg_terminate_backend($1, 5000)", [.int32(process)]).count
        let error = #expect(throws: PostgresError.self) { try victim.commit() }
        #expect(error?.reaction == .retry)
        #expect(error?.connectionLost == true)
        #expect(error?.outcomeUnknown == true)
        #expect(victim.isOpen == false)
    }

    @Test("cancelling from another thread ends the statement and keeps the connection")
    func cancel() async throws {
        var connection = try TestDatabase.connect()
        let cancellation = try connection.cancellation()
        async let cancelled: Void = {
            try await Task.sleep(for: .milliseconds(100))
            try cancellation.cancel()
        }()
        let error = #expect(throws: PostgresError.self) { try connection.execute("SELECT pg_sleep(20)") }
        try await cancelled
        #expect(error?.sqlState?.code == "57014")
        #expect(try connection.query("SELECT 1").count == 1)
    }
}

@Suite("A refused connection", .timeLimit(.minutes(1)))
struct RefusedConnectionTests {
    private func failure(_ url: String) throws -> PostgresError {
        let options = PostgresConnectionOptions(url: url, applicationName: "t", connectTimeoutMilliseconds: 1500)
        return try #require(throws: PostgresError.self) { _ = try PostgresConnection(options) }
    }

    @Test(
        "a malformed URL is fatal and not quoted",
        arguments: ["postgresql://u:pa%ZZsword@h/d", "password", "", "a=b"]
    )
    func malformed(url: String) throws {
        let error = try failure(url)
        #expect(error.reaction == .fatal)
        #expect(!error.debugDescription.contains("ZZ") && !error.debugDescription.contains("password"))
    }

    @Test("nobody at the address is worth another try")
    func unreachable() throws {
        let error = try failure("host=/nonexistent-directory dbname=x user=y password=hidden-word")
        #expect(error.reaction == .retry)
        #expect(error.connectionLost)
        #expect(!error.debugDescription.contains("hidden-word"))
    }

    @Test(
        "the SQLSTATE of a refusal decides",
        arguments: [
            (
                "connection to server at \"::1\", port 5432 failed: FATAL:  57P03: the database system is starting up",
                "57P03", PostgresError.Reaction.retry
            ),
            ("a: FATAL:  53300: sorry, too many clients already\nLOCATION:  InitProcess, proc.c:361", "53300", .retry),
            (
                "a failed: FATAL:  57P03: starting up\nb failed: FATAL:  28P01: password authentication failed",
                "28P01",
                .fatal
            ),
            ("a: FATALER FEHLER:  3D000: Datenbank »x« existiert nicht", "3D000", .fatal),
        ]
    )
    func refusal(message: String, state: String, reaction: PostgresError.Reaction) {
        let found = ConnectionAttempt.sqlState(inVerboseMessage: message)
        #expect(found?.code == state)
        #expect(found?.reaction == reaction)
    }

    @Test("a database that does not exist is fatal", .enabled(if: TestDatabase.isExpected, TestDatabase.missing))
    func noSuchDatabase() throws {
        let url = try #require(TestDatabase.url, TestDatabase.missing)
        let withoutQuery = url.prefix { $0 != "?" }
        let slash = try #require(withoutQuery.lastIndex(of: "/"), "the test database URL has the form of a URI")
        let error = try failure(url[...slash] + "no_such_database" + url[withoutQuery.endIndex...])
        #expect(error.sqlState?.code == "3D000")
        #expect(error.reaction == .fatal)
    }
}

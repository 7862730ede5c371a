import PostgresIO
import Testing

@Suite("The pool", .enabled(if: TestDatabase.isExpected, TestDatabase.missing), .timeLimit(.minutes(1)))
struct PoolTests {
    @Test("many callers share few connections")
    func sharing() async throws {
        let pool = try PostgresPool(
            TestDatabase.options(),
            limits: PostgresPoolLimits(connections: 2, waiting: 100, waitMilliseconds: 10_000)
        )
        let processes = try await withThrowingTaskGroup(of: Int32.self) { group in
            for number in 0..<50 {
                group.addTask {
                    try await pool.withConnection { connection throws(PostgresError) in
                        let rows = try connection.queryPrepared("SELECT $1::int8", [.int64(Int64(number))])
                        guard try rows.int64(0, 0) == number else { throw PostgresError.misuse("another's answer") }
                        return connection.processID
                    }
                }
            }
            var seen: Set<Int32> = []
            for try await process in group { seen.insert(process) }
            return seen
        }
        #expect((1...2).contains(processes.count))
    }

    @Test("who waits too long, or finds the queue full, is told busy")
    func busy() async throws {
        let pool = try PostgresPool(
            TestDatabase.options(),
            limits: PostgresPoolLimits(connections: 1, waiting: 1, waitMilliseconds: 500)
        )
        let sleep: @Sendable (inout PostgresConnection) throws(PostgresError) -> Void = { connection in
            try connection.execute("SELECT pg_sleep(1.2)")
        }
        // The first use connects, which takes its time on a busy machine.
        _ = try await pool.withConnection { connection throws(PostgresError) in connection.processID }
        async let long: Void = pool.withConnection(sleep)
        try await Task.sleep(for: .milliseconds(50))
        let started = ContinuousClock.now
        async let waits: Void = pool.withConnection(sleep)
        try await Task.sleep(for: .milliseconds(50))
        let full = await #expect(throws: PostgresPoolError.self) { try await pool.withConnection(sleep) }
        #expect(full == .busy)
        #expect(started.duration(to: .now) < .milliseconds(400))
        do {
            try await waits
            Issue.record("the waiting caller got a connection although the only one was busy")
        } catch let error as PostgresPoolError {
            #expect(error == .busy)
        }
        try await long
        _ = try await pool.withConnection { connection throws(PostgresError) in connection.processID }
    }

    @Test("a connection that was lost is made again, an open transaction is not handed on")
    func repair() async throws {
        let pool = try PostgresPool(TestDatabase.options(), limits: PostgresPoolLimits(connections: 1))
        let first = try await pool.withConnection { connection throws(PostgresError) in
            try connection.begin()
            return connection.processID
        }
        let isInTransaction = try await pool.withConnection { connection throws(PostgresError) in
            connection.isInTransaction
        }
        #expect(!isInTransaction)
        var administrator = try TestDatabase.connect()
        _ = try administrator.query("SELECT pg_terminate_backend($1, 5000)", [.int32(first)]).count
        let second = try await pool.withConnection { connection throws(PostgresError) in connection.processID }
        #expect(second != first)
    }

    @Test("cancelling the task cancels the statement on the server, whenever it comes", arguments: [0, 2, 10, 150])
    func cancelled(afterMilliseconds delay: Int) async throws {
        let pool = try PostgresPool(TestDatabase.options(), limits: PostgresPoolLimits(connections: 1))
        let task = Task {
            try await pool.withConnection { connection throws(PostgresError) in
                for _ in 0..<20 { try connection.execute("SELECT pg_sleep(1)") }
            }
        }
        try await Task.sleep(for: .milliseconds(delay))
        let started = ContinuousClock.now
        task.cancel()
        let error = await #expect(throws: PostgresPoolError.self) { try await task.value }
        #expect(error == .cancelled)
        #expect(started.duration(to: .now) < .seconds(5))
        let answer = try await pool.withConnection { connection throws(PostgresError) in
            try connection.query("SELECT 7").int64(0, 0)
        }
        #expect(answer == 7)
    }

    @Test("a database away is an error of the caller, soon, and not for ever")
    func away() async throws {
        let options = PostgresConnectionOptions(
            url: "host=/nonexistent-directory dbname=x",
            applicationName: "t",
            connectTimeoutMilliseconds: 500
        )
        let pool = try PostgresPool(options)
        for _ in 0..<3 {
            let error = await #expect(throws: PostgresPoolError.self) {
                try await pool.withConnection { connection throws(PostgresError) in connection.processID }
            }
            guard case .database(let reason) = error else {
                Issue.record("expected a database error, got \(String(describing: error))")
                return
            }
            #expect(reason.reaction == .retry)
        }
    }

    @Test("a closed pool refuses work")
    func closed() async throws {
        let pool = try PostgresPool(TestDatabase.options())
        pool.close()
        let error = await #expect(throws: PostgresPoolError.self) {
            try await pool.withConnection { connection throws(PostgresError) in connection.processID }
        }
        #expect(error == .closed)
    }
}

import PostgresIO
import Projection
import Testing

@Suite("Migration files")
struct MigrationFileTests {
    @Test func takesNumberAndNameFromTheFileName() throws {
        let file = try MigrationFile(name: "0012_more_tables.sql", text: "SELECT 1;")
        #expect(file.version == 12)
        // sha256sum of the text.
        #expect(file.checksum == "17db4fd369edb9244b9f91d9aeed145c3d04ad8ba6e95d06247f07a63527d11a")
    }

    @Test(arguments: ["12_x.sql", "0012x.sql", "0012_.sql", "0012_x.txt", "abcd_x.sql", "README.md"])
    func refusesOtherNames(_ name: String) {
        #expect(throws: MigrationError.malformedName(name)) { try MigrationFile(name: name, text: "") }
    }

    @Test func refusesTheSameNumberTwice() {
        #expect(throws: MigrationError.duplicateVersion(1)) {
            try Migrator(files: [(name: "0001_a.sql", text: ""), (name: "0001_b.sql", text: "")])
        }
    }
}

@Suite("Migrator", .enabled(if: TestDatabase.isExpected), .serialized)
struct MigratorTests {
    @Test func migratesAnEmptyDatabaseOnceAndForAll() async throws {
        try await TestDatabase.withDatabase { url in
            var connection = try PostgresConnection(TestDatabase.options(url, statementTimeoutMilliseconds: 12_345))
            let migrator = try Migrator(files: TestDatabase.migrations(), preferredVariant: TestDatabase.variant)
            let before = try migrator.status(&connection)
            #expect(before.variant == nil)
            #expect(before.pending.count == migrator.files.count)
            #expect(try migrator.plan(&connection).map(\.version) == migrator.files.map(\.version))

            #expect(try migrator.apply(&connection).map(\.name) == migrator.files.map(\.name))
            #expect(try migrator.apply(&connection).isEmpty)

            let after = try migrator.status(&connection)
            #expect(after.isCurrent)
            #expect(after.variant == TestDatabase.variant ?? before.nextVariant)
            #expect(after.applied.map(\.checksum) == migrator.files.map(\.checksum))
            let views = try connection.query("SELECT count(*) FROM readings_history").int64(0, 0)
            #expect(views == 0)
            let timeout = try connection.query("SHOW statement_timeout").text(0, 0)
            #expect(timeout == "12345ms")
        }
    }

    @Test func refusesAFileThatChangedAfterItWasApplied() async throws {
        try await TestDatabase.withDatabase { url in
            var connection = try PostgresConnection(TestDatabase.options(url))
            let first = (name: "0001_a.sql", text: "CREATE TABLE a (x int);")
            _ = try Migrator(files: [first]).apply(&connection)
            let changed = try Migrator(files: [(name: "0001_a.sql", text: "CREATE TABLE a (x bigint);")])
            #expect(throws: MigrationError.changed(["0001_a.sql"])) { try changed.apply(&connection) }
            #expect(throws: MigrationError.changed(["0001_a.sql"])) { try changed.plan(&connection) }
        }
    }

    @Test func refusesADatabaseOfALaterVersionAndFilesOutOfOrder() async throws {
        try await TestDatabase.withDatabase { url in
            var connection = try PostgresConnection(TestDatabase.options(url))
            let second = (name: "0002_b.sql", text: "SELECT 1;")
            _ = try Migrator(files: [second]).apply(&connection)
            #expect(throws: MigrationError.unknownApplied(["0002_b.sql"])) {
                try Migrator(files: [(name: "0003_c.sql", text: "")]).apply(&connection)
            }
            #expect(throws: MigrationError.outOfOrder(["0001_a.sql"])) {
                try Migrator(files: [(name: "0001_a.sql", text: ""), second]).apply(&connection)
            }
        }
    }

    @Test func keepsNothingOfAFailedFileAndEverythingBeforeIt() async throws {
        try await TestDatabase.withDatabase { url in
            var connection = try PostgresConnection(TestDatabase.options(url))
            let good = (name: "0001_a.sql", text: "CREATE TABLE a (x int);")
            let bad = (name: "0002_b.sql", text: "CREATE TABLE b (x int); SELECT 1 / 0;")
            let migrator = try Migrator(files: [good, bad])
            do throws(MigrationError) {
                _ = try migrator.apply(&connection)
                Issue.record("the division by zero passed")
            } catch {
                guard case .failed(file: "0002_b.sql", let reason) = error else { throw error }
                #expect(reason.sqlState?.code == "22012")
            }
            let tables = try connection.query("SELECT to_regclass('a') IS NULL, to_regclass('b') IS NULL")
            #expect(try tables.bool(0, 0) == false)
            #expect(try tables.bool(0, 1) == true)
            _ = consume tables
            #expect(try migrator.status(&connection).pending.map(\.version) == [2])
        }
    }

    @Test func runsStatementsThatCannotBeInATransaction() async throws {
        try await TestDatabase.withDatabase { url in
            var connection = try PostgresConnection(TestDatabase.options(url))
            let text = """
                -- meterlog: no-transaction
                CREATE TABLE IF NOT EXISTS a (x int);
                -- next
                CREATE INDEX CONCURRENTLY IF NOT EXISTS a_x ON a (x);
                """
            _ = try Migrator(files: [(name: "0001_a.sql", text: text)]).apply(&connection)
            #expect(try connection.query("SELECT to_regclass('a_x') IS NOT NULL").bool(0, 0))
        }
    }

    @Test func twoMigratorsAtOnceDoTheWorkOnce() async throws {
        try await TestDatabase.withDatabase { url in
            let files = try TestDatabase.migrations()
            let counts = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<2 {
                    group.addTask {
                        var connection = try PostgresConnection(TestDatabase.options(url))
                        let migrator = try Migrator(files: files, preferredVariant: TestDatabase.variant)
                        return try migrator.apply(&connection).count
                    }
                }
                var counts: [Int] = []
                for try await count in group { counts.append(count) }
                return counts
            }
            #expect(counts.sorted() == [0, files.count])
        }
    }

    /// The server refuses to catch an error in a parallel query, and it makes one only when there are many rows.
    @Test func nothingThatCatchesErrorsIsInAParallelQuery() async throws {
        try await TestDatabase.withMigratedDatabase { url in
            var connection = try PostgresConnection(TestDatabase.options(url))
            let sql = """
                SELECT count(*), count(*) FILTER (WHERE proparallel <> 'u') FROM pg_proc
                WHERE pronamespace = 'public'::regnamespace AND proname ~ '^meterlog_' AND prosrc ~ 'EXCEPTION WHEN'
                """
            let rows = try connection.query(sql)
            #expect(try rows.int64(0, 0) > 0)
            #expect(try rows.int64(0, 1) == 0)
        }
    }

    @Test func namesInTheDatabaseAreTheNamesInTheCode() async throws {
        try await TestDatabase.withMigratedDatabase { url in
            var connection = try PostgresConnection(TestDatabase.options(url))
            for (function, number, name) in StoredNames.all {
                let sql = "SELECT \(function)($1::smallint)"
                #expect(try connection.query(sql, [.int16(number)]).text(0, 0) == name)
            }
        }
    }
}

import MeterCore
import MeterEvents
import PostgresIO
import Projection
import StreamCore
import Testing

/// Folds batches into a real database, as the projector does, without a log.
@Suite("Projection writer", .enabled(if: TestDatabase.isExpected), .serialized)
struct ProjectionWriterTests {
    typealias Writer = ProjectionWriter<ReadingsModel>

    private func writer<Model>(_ url: String, _ model: Model.Type) throws -> ProjectionWriter<Model> {
        var writer = try ProjectionWriter<Model>(TestDatabase.options(url), generation: nil)
        let partitions = Model.name.topics.map { TopicPartition($0, 0) }
        _ = try writer.start(partitions) { _ in 0 }
        return writer
    }

    private func project<Model: ReadModel>(
        _ batch: InputBatch,
        _ writer: inout ProjectionWriter<Model>
    ) throws {
        for index in 0..<batch.count { try writer.fold(batch, index) }
        try writer.flush()
    }

    /// Everything a table holds, as one text.
    private func contents(_ url: String) throws -> [String] {
        var connection = try PostgresConnection(TestDatabase.options(url))
        var texts: [String] = []
        for table in [
            "readings", "readings_history", "meters", "windows", "exceptions", "alarms", "dead_letters",
            "meter_registry", "registers", "derived_registers_history",
        ] {
            let rows = try connection.query("SELECT t::text FROM \(table) t ORDER BY 1")
            for row in 0..<rows.count { texts.append(try table + rows.text(row, 0)) }
        }
        return texts
    }

    private func forgetOffsets(_ url: String) throws {
        var connection = try PostgresConnection(TestDatabase.options(url))
        try connection.execute("DELETE FROM projection_offsets")
    }

    private static let history: [[UInt8]] = [
        Samples.encoded(Samples.intervals(values: [10, 20, 30], window: Samples.window(sum: 60, missing: 93))),
        Samples.encoded(Samples.intervals(meter: "M-2", values: [7], quality: .failed)),
        Samples.encoded(
            Samples.intervals(
                start: Samples.day + 900,
                values: [25],
                quality: .estimatedLinear,
                method: .linear,
                revision: 2,
                findings: [
                    Finding(
                        first: 0,
                        count: 1,
                        rule: 9,
                        severity: .warn,
                        observedBillionths: 1,
                        limitBillionths: 2
                    )
                ],
                raw: Samples.raw(8),
                window: Samples.window(sum: 65, revision: 2)
            )
        ),
        Samples.encoded(Samples.intervals(start: Samples.day + 2700, values: [0], quality: .missing)),
        Samples.registers([Samples.derived(1_000_000_060)]),
        Samples.registers([Samples.derived(1_000_000_065, revision: 2)]),
    ]

    /// Readings, versions, channels, a window, and a derived register with its two versions.
    private static let rowCount = 5 + 6 + 2 + 1 + 1 + 2

    @Test func showsTheNewestVersionAndKeepsEveryOne() async throws {
        try await TestDatabase.withMigratedDatabase { url in
            var writer = try writer(url, ReadingsModel.self)
            try project(Samples.batch(Self.history), &writer)
            var connection = try PostgresConnection(TestDatabase.options(url))
            let rows = try connection.query(
                """
                SELECT value, quality_name, method, revision, findings::text, raw_topic, raw_partition, raw_offset,
                    interval_start, interval_end, unit, rule_set, received_at, decided_at
                FROM readings WHERE meter_id = 'M-1' AND channel = 'kwh_import' ORDER BY interval_end
                """
            )
            try #require(rows.count == 4)
            #expect(try rows.numericText(0, 0) == "0.00000001")
            #expect(try rows.numericText(1, 0) == "0.000000025")
            #expect(try rows.isNull(3, 0))
            #expect(
                try (0..<4).map { try rows.text($0, 1) } == ["validated", "estimated_linear", "validated", "missing"]
            )
            #expect(try rows.text(1, 2) == "linear")
            #expect(try rows.int32(1, 3) == 2)
            #expect(try rows.text(1, 4).contains(#""rule": 9"#))
            #expect(try rows.isNull(0, 4))
            #expect(try rows.text(1, 5) == "meter.raw")
            #expect(try rows.int32(1, 6) == 2)
            #expect(try rows.int64(1, 7) == 8)
            #expect(try rows.timestampMicroseconds(0, 8) == Samples.day.secondsSinceEpoch * 1_000_000)
            #expect(try rows.timestampMicroseconds(0, 9) == (Samples.day.secondsSinceEpoch + 900) * 1_000_000)
            #expect(try rows.text(0, 10) == "kWh")
            #expect(try rows.text(0, 11) == "default-1")
            #expect(try rows.timestampMicroseconds(0, 12) == Samples.received * 1000)
            #expect(try rows.timestampMicroseconds(0, 13) == (Samples.received + 5) * 1000)
            _ = consume rows
            let history = try connection.query(
                """
                SELECT string_agg(revision || '=' || value_e9, ',' ORDER BY revision, log_offset)
                FROM readings_history WHERE meter_id = 'M-1' AND interval_end = '2026-03-01T00:30Z'
                """
            )
            #expect(try history.text(0, 0) == "1=20,2=25")
        }
    }

    @Test func showsDaysAndMetersAndFleet() async throws {
        try await TestDatabase.withMigratedDatabase { url in
            var writer = try writer(url, ReadingsModel.self)
            try project(Samples.batch(Self.history), &writer)
            var connection = try PostgresConnection(TestDatabase.options(url))
            let days = try connection.query(
                "SELECT day::text, usage, expected, present, closed FROM daily_usage WHERE meter_id = 'M-1'"
            )
            try #require(days.count == 1)
            #expect(try days.text(0, 0) == "2026-03-01")
            #expect(try days.numericText(0, 1) == "0.000000065")
            #expect(try days.int32(0, 2) == 96)
            #expect(try days.int32(0, 3) == 96)
            #expect(try days.bool(0, 4))
            _ = consume days
            let meters = try connection.query(
                "SELECT meter_id, first_interval_end::text, last_interval_end::text, time_zone FROM meters ORDER BY 1"
            )
            try #require(meters.count == 2)
            #expect(try meters.text(0, 1) == "2026-03-01 00:15:00+00")
            #expect(try meters.text(0, 2) == "2026-03-01 01:00:00+00")
            #expect(try meters.text(1, 3) == "Europe/Berlin")
            _ = consume meters
            let status = try Migrator(files: TestDatabase.migrations()).status(&connection)
            if status.variant == .timescaledb {
                try connection.execute(
                    "CALL refresh_continuous_aggregate('rm_readings_1.fleet_hours', '2026-03-01', '2026-03-02')"
                )
            }
            let fleet = try connection.query(
                "SELECT hour::text, intervals, actual, estimated, failed, missing, sum FROM fleet_statistics"
            )
            try #require(fleet.count == 1)
            #expect(try fleet.text(0, 0) == "2026-03-01 00:00:00+00")
            #expect(try (1...5).map { try fleet.int64(0, $0) } == [5, 2, 1, 1, 1])
            #expect(try fleet.numericText(0, 6) == "0.000000065")
        }
    }

    @Test func showsTheGradeOfAWindow() async throws {
        try await TestDatabase.withMigratedDatabase { url in
            var writer = try writer(url, ReadingsModel.self)
            var graded = Samples.window(sum: 1)
            graded.grade = .fail
            graded.isBeyondHistory = true
            let events = [
                Samples.encoded(Samples.intervals(values: [], window: Samples.window(sum: 1))),
                Samples.encoded(Samples.intervals(meter: "M-2", values: [], window: graded)),
            ]
            try project(Samples.batch(events), &writer)
            var connection = try PostgresConnection(TestDatabase.options(url))
            let sql = "SELECT string_agg(grade || ' ' || beyond_history, ',' ORDER BY meter_id) FROM windows"
            #expect(try connection.query(sql).text(0, 0) == "none false,fail true")
        }
    }

    @Test func projectingTwiceChangesNothing() async throws {
        try await TestDatabase.withMigratedDatabase { url in
            var first = try writer(url, ReadingsModel.self)
            try project(Samples.batch(Self.history), &first)
            // The same records again, in the same session: already seen.
            try project(Samples.batch(Self.history), &first)
            _ = consume first
            let before = try contents(url)
            #expect(before.count == Self.rowCount)

            // From the beginning, as if the offsets were lost: every row is there already.
            try forgetOffsets(url)
            var second = try writer(url, ReadingsModel.self)
            try project(Samples.batch(Self.history), &second)
            #expect(try contents(url) == before)
        }
    }

    @Test func whereTheBatchesAreCutChangesNothing() async throws {
        let whole = try await TestDatabase.withMigratedDatabase { url in
            var writer = try writer(url, ReadingsModel.self)
            try project(Samples.batch(Self.history), &writer)
            return try contents(url)
        }
        try await TestDatabase.withMigratedDatabase { url in
            for index in Self.history.indices {
                var writer = try writer(url, ReadingsModel.self)
                try project(Samples.batch([Self.history[index]], first: Int64(index)), &writer)
            }
            #expect(try contents(url) == whole)
        }
    }

    @Test func anOlderRecordDoesNotReplaceANewerOne() async throws {
        try await TestDatabase.withMigratedDatabase { url in
            var writer = try writer(url, ReadingsModel.self)
            try project(Samples.batch(Self.history), &writer)
            _ = consume writer
            let before = try contents(url)
            // Positions back at the start, the first record alone: its value of the second interval was revised since.
            try forgetOffsets(url)
            var again = try self.writer(url, ReadingsModel.self)
            try project(Samples.batch([Self.history[0]]), &again)
            try project(Samples.batch([Self.history[4]], first: 4), &again)
            #expect(try contents(url) == before)
        }
    }

    @Test func anAbortedTransactionLeavesNothingAndCanBeDoneAgain() async throws {
        try await TestDatabase.withMigratedDatabase { url in
            var writer = try writer(url, ReadingsModel.self)
            try project(Samples.batch([Self.history[0]]), &writer)
            let before = try contents(url)

            var admin = try PostgresConnection(TestDatabase.options(url))
            let table = "rm_readings_1.derived_registers"
            try admin.execute("ALTER TABLE \(table) ADD CONSTRAINT no CHECK (revision < 2) NOT VALID")
            let rest = Samples.batch(Array(Self.history.dropFirst()), first: 1)
            for index in 0..<rest.count { try writer.fold(rest, index) }
            // Registers come last: readings, history and windows of the transaction are in the database by then.
            #expect(throws: PostgresError.self) { try writer.flush() }
            _ = consume writer
            #expect(try contents(url) == before)
            #expect(try admin.query("SELECT next_offset FROM projection_offsets").int64(0, 0) == 1)

            try admin.execute("ALTER TABLE \(table) DROP CONSTRAINT no")
            var again = try self.writer(url, ReadingsModel.self)
            try project(rest, &again)
            #expect(try admin.query("SELECT next_offset FROM projection_offsets").int64(0, 0) == 6)
            #expect(try contents(url).count == Self.rowCount)
        }
    }

    @Test func aLostConnectionInTheMiddleOfATransactionLeavesNothing() async throws {
        try await TestDatabase.withMigratedDatabase { url in
            var writer = try writer(url, ReadingsModel.self)
            let batch = Samples.batch(Self.history)
            for index in 0..<batch.count { try writer.fold(batch, index) }
            var admin = try PostgresConnection(TestDatabase.options(url))
            try admin.execute(
                """
                SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
                """
            )
            do throws(PostgresError) {
                try writer.flush()
                Issue.record("the connection was not lost")
            } catch {
                #expect(error.reaction == .retry)
            }
            _ = consume writer
            #expect(try contents(url).isEmpty)
            var again = try self.writer(url, ReadingsModel.self)
            try project(batch, &again)
            #expect(try contents(url).count == Self.rowCount)
        }
    }

    @Test func twoWritersOfOneReadModelExcludeEachOther() async throws {
        try await TestDatabase.withMigratedDatabase { url in
            var first = try writer(url, ReadingsModel.self)
            do {
                let second = try writer(url, ReadingsModel.self)
                _ = consume second
                Issue.record("two writers at once")
            } catch let error as PostgresError {
                #expect(error.reaction == .fenced)
            }
            let other = try writer(url, AlarmsModel.self)
            _ = consume other
            // Offsets that somebody else moved: this writer's transaction must not count.
            var admin = try PostgresConnection(TestDatabase.options(url))
            try admin.execute("UPDATE projection_offsets SET next_offset = 3 WHERE projection = 'readings'")
            try first.fold(Samples.batch(Self.history), 0)
            do throws(PostgresError) {
                try first.flush()
                Issue.record("offsets were overwritten")
            } catch {
                #expect(error.reaction == .fenced)
            }
            _ = consume first
            #expect(try contents(url).isEmpty)
        }
    }
}

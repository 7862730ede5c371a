import MeterCore
import MeterEvents
import PostgresIO
import Projection
import StreamCore
import Testing

/// A database that an older version filled, brought to the newest migrations.
@Suite("Upgrade of a database with rows", .enabled(if: TestDatabase.isExpected), .serialized)
struct UpgradeTests {
    /// What version 0010 stored: a channel, a reading, a closed day, and two rates of a register of which one overwrote the other.
    private static let rows = """
        INSERT INTO rm_readings_1.channels VALUES (1, 'M-1', 'kwh_import', 1, 'Europe/Berlin', 900, '2026-03-01T00:15Z',
            '2026-03-01T00:15Z', '2026-03-02T00:00Z', 0, 0);
        INSERT INTO rm_readings_1.readings VALUES ('2026-03-01T00:15Z', '2026-03-02Z', '2026-03-02Z', 10, 7, 0, 1, 900, 1, 2, 0, 80,
            0, 1, 0, 'default-1', NULL);
        INSERT INTO rm_readings_1.readings_history SELECT * FROM rm_readings_1.readings;
        INSERT INTO rm_readings_1.windows VALUES ('2026-02-28T23:00Z', '2026-03-01T23:00Z', '2026-03-02Z', 10, 0, 1, 0, 96, 1, 0, 0,
            95, 0, 1, 1, true, 'Europe/Berlin', 'default-1');
        INSERT INTO rm_registry_1.registrations VALUES ('2026-03-01Z', gen_random_uuid(), 1, 0, 0, 'M-1', 'UTC', 'homes', '', '');
        INSERT INTO rm_registry_1.registers VALUES ('2026-03-01T23:00Z', '2026-03-02Z', gen_random_uuid(), 8, 1, 0, 10, 1, 0, 'M-1',
            'kwh_import');
        INSERT INTO projection_offsets VALUES ('readings', 1, 'meter.validated', 0, 1), ('registry', 1, 'meter.journal', 0, 2);
        """

    private func withUpgradedDatabase(
        from first: Int = 11,
        rows: String = rows,
        _ body: (ReadModelBench) throws -> Void
    ) async throws {
        try await TestDatabase.withDatabase { url in
            var connection = try PostgresConnection(TestDatabase.options(url))
            let files = try TestDatabase.migrations()
            let old = try Migrator(
                files: files.filter { $0.name < "00\(first)" },
                preferredVariant: TestDatabase.variant
            )
            _ = try old.apply(&connection)
            try connection.execute(rows)
            let applied = try Migrator(files: files).apply(&connection)
            #expect(applied.first?.version == first)
            _ = consume connection
            try body(ReadModelBench(url: url))
        }
    }

    @Test func keepsWhatWasThereAndReadsRegistersAgain() async throws {
        try await withUpgradedDatabase { bench in
            let expected = [
                ("SELECT count(*), sum(value_e9) FROM readings", ["1 10"]),
                ("SELECT sum::text, grade, beyond_history FROM windows", ["0.00000001 - -"]),
                ("SELECT day::text, present FROM daily_usage", ["2026-03-01 1"]),
                ("SELECT count(*) FROM registers", ["0"]),
                ("SELECT meter_group FROM meter_registry", ["homes"]),
                ("SELECT projection, next_offset FROM projection_offsets", ["readings 1"]),
            ]
            for (sql, rows) in expected {
                let found = try bench.rows(sql)
                #expect(found == rows, "\(sql)")
            }
        }
    }

    @Test func theProjectorGoesOnWhereItWas() async throws {
        try await withUpgradedDatabase { bench in
            let end = Samples.day + 82_800
            try bench.project(
                RegistryModel.self,
                [registerRecord(8, at: end, rate: "T2"), registerRecord(5, at: end, rate: "T1")]
            )
            var window = Samples.window(sum: 30, revision: 2)
            window.grade = .warn
            let records = [Samples.encoded(Samples.intervals(values: [30], revision: 2, window: window))]
            try bench.project(ReadingsModel.self, records + [Samples.registers([Samples.derived(9)])], first: 1)
            #expect(try bench.rows("SELECT count(*) FROM readings_history") == ["2"])
            #expect(try bench.rows("SELECT sum::text, grade, beyond_history FROM windows") == ["0.00000003 warn false"])
            let registers = "SELECT tou, value::text, derived FROM registers ORDER BY tou"
            #expect(try bench.rows(registers) == [" 0.000000009 true", "T1 0.000000005 false", "T2 0.000000008 false"])
        }
    }

    /// What version 0011 stored: a channel in Berlin with an hour on each of four days, of which one is closed, one was checked without its
    /// history, one has a failed value that its window does not sum, and one is open; and a reading of a day.
    private static let days = """
        INSERT INTO rm_readings_1.channels VALUES (1, 'M-1', 'kwh_import', 1, 'Europe/Berlin', 3600, '2026-03-01T23:00Z',
            '2026-03-05T01:00Z', '2026-03-06T00:00Z', 0, 9);
        INSERT INTO rm_readings_1.readings
        SELECT '2026-03-02T01:00Z'::timestamptz + d * INTERVAL '1 day', '2026-03-06Z', '2026-03-06Z', 10 + d, 7, d, 1, 3600, 1, 2, 0,
            CASE d WHEN 2 THEN 15 ELSE 80 END, 0, 1, 0, 'default-1', NULL
        FROM generate_series(0, 3) d;
        INSERT INTO rm_readings_1.readings VALUES ('2026-03-01T23:00Z', '2026-03-06Z', '2026-03-06Z', 5, 7, 0, 1, 86400, 1, 2, 0, 80,
            0, 1, 0, 'default-1', NULL);
        INSERT INTO rm_readings_1.windows
        SELECT '2026-03-01T23:00Z'::timestamptz + d * INTERVAL '1 day', '2026-03-02T23:00Z'::timestamptz + d * INTERVAL '1 day',
            '2026-03-06Z', CASE d WHEN 2 THEN 0 ELSE 10 + d END, d, 1, 0, 24, CASE d WHEN 2 THEN 0 ELSE 1 END, 0,
            CASE d WHEN 2 THEN 1 ELSE 0 END, 23, 0, 1, 1, true, 'Europe/Berlin', 'default-1', 0, d = 1
        FROM generate_series(0, 2) d;
        """

    @Test func daysWithoutASettledWindowAreFound() async throws {
        try await withUpgradedDatabase(from: 12, rows: Self.days) { bench in
            let usage = """
                SELECT to_char(day, 'MM-DD'), (usage * 1e9)::bigint, expected, present, closed, failed, (failed_energy * 1e9)::bigint
                FROM daily_usage ORDER BY day
                """
            let expected = [
                "03-01 5 1 1 false 0 0", "03-02 10 24 1 true 0 0", "03-03 11 24 1 true 0 0", "03-04 0 24 1 true 1 12",
                "03-05 13 24 1 false 0 0",
            ]
            #expect(try bench.rows(usage) == expected)
            let counted = "SELECT to_char(day, 'MM-DD') FROM rm_readings_1.counted_days ORDER BY 1"
            #expect(try bench.rows(counted) == ["03-01", "03-03", "03-04", "03-05"])
            #expect(try bench.rows("SELECT longest_interval_s FROM rm_readings_1.channels") == ["86400"])
            #expect(
                try bench.rows("SELECT projection FROM projection_generations WHERE projection = 'payloads'").count == 1
            )
            // The projector goes on: the first hour of 6 March.
            var event = Samples.intervals(start: Instant(secondsSinceEpoch: 1_772_751_600), values: [3])
            event.intervalSeconds = 3600
            try bench.project(ReadingsModel.self, [Samples.encoded(event)], first: 10)
            #expect(try bench.rows(usage) == expected + ["03-06 3 24 1 false 0 0"])
        }
    }

    /// Columns, their types and the keys of a new generation are those of the altered one.
    @Test func aNewGenerationHasTheSameTables() async throws {
        try await withUpgradedDatabase { bench in
            for model in ["readings", "registry"] {
                try bench.execute("SELECT meterlog_create_\(model)(2)")
                func shape(_ generation: Int) throws -> [String] {
                    try bench.rows(
                        """
                        SELECT table_name, column_name, data_type, is_nullable FROM information_schema.columns
                        WHERE table_schema = 'rm_\(model)_\(generation)' AND table_name <> 'fleet_hours'
                        ORDER BY table_name, ordinal_position
                        """
                    )
                        + bench.rows(
                            """
                            SELECT tablename, regexp_replace(indexdef, '_[0-9]+\\.', '.') FROM pg_indexes
                            WHERE schemaname = 'rm_\(model)_\(generation)' ORDER BY 1, 2
                            """
                        )
                }
                let old = try shape(1)
                #expect(old.count > 10)
                #expect(try shape(2) == old)
            }
        }
    }
}

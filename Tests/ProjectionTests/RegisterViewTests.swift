import MeterCore
import MeterEvents
import Projection
import Testing

/// The public view `registers`: one answer from two read models.
@Suite("Registers that came and that follow", .enabled(if: TestDatabase.isExpected), .serialized)
struct RegisterViewTests {
    private static let end = Samples.day + 82_800
    private static let select = """
        SELECT tou, extract(epoch FROM read_at)::bigint - \(end.secondsSinceEpoch) AS after, value::text, quality_name, derived
        FROM registers ORDER BY 1, 2
        """

    @Test func aReadingThatCameStandsAboveOneThatFollows() async throws {
        try await ReadModelBench.run { bench in
            let next = Self.end + 86_400
            try bench.project(
                ReadingsModel.self,
                [
                    Samples.registers([Samples.derived(3_000_000_000)]),
                    Samples.registers([Samples.derived(4_000_000_000, at: next, quality: .projected)]),
                ]
            )
            #expect(try bench.rows(Self.select) == [" 0 3 derived true", " 86400 4 projected true"])
            // A rate at that instant says nothing of the total, and a reading without a value is none.
            try bench.project(
                RegistryModel.self,
                [
                    registerRecord(7, at: Self.end, rate: "T1"),
                    registerRecord(9_000_000_000, at: Self.end),
                    registerRecord(0, at: next, quality: .missing),
                ]
            )
            #expect(
                try bench.rows(Self.select) == [
                    " 0 9 raw false", " 86400 4 projected true", "T1 0 0.000000007 raw false",
                ]
            )
        }
    }

    @Test func aDerivedReadingSaysWhatItStartsFrom() async throws {
        try await ReadModelBench.run { bench in
            try bench.project(ReadingsModel.self, [Samples.registers([Samples.derived(3_000_000_000, revision: 4)])])
            let found = try bench.rows(
                """
                SELECT meter_id, channel, unit, revision, base_read_at::text, base_value::text, intervals, estimated, rule_set,
                    raw_topic, raw_partition, raw_offset, received_at, extract(epoch FROM decided_at)::bigint
                FROM registers
                """
            )
            let base = "2026-02-28 22:00:00+00 1 96 3 default-1 meter.raw 2 5 -"
            #expect(found == ["M-1 kwh_import kWh 4 \(base) \((Samples.received + 5) / 1000)"])
        }
    }

    @Test func whatWasTakenBackIsOnlyInTheHistory() async throws {
        try await ReadModelBench.run { bench in
            let versions = [
                Samples.derived(3_000_000_000), Samples.derived(0, quality: .missing, revision: 2),
            ]
            try bench.project(ReadingsModel.self, [Samples.registers([versions[0]])])
            try bench.project(ReadingsModel.self, [Samples.registers([versions[1]])], first: 1)
            #expect(try bench.rows("SELECT count(*) FROM registers") == ["0"])
            #expect(try bench.rows("SELECT count(*) FROM derived_registers") == ["0"])
            let history = """
                SELECT revision, value::text, quality_name FROM derived_registers_history ORDER BY revision, log_offset
                """
            #expect(try bench.rows(history) == ["1 3 derived", "2 - missing"])
            // It follows again.
            try bench.project(ReadingsModel.self, [Samples.registers([Samples.derived(5, revision: 3)])], first: 2)
            #expect(try bench.rows(Self.select) == [" 0 0.000000005 derived true"])
        }
    }

    @Test func eachReadModelMayBePublishedAnew() async throws {
        try await ReadModelBench.run { bench in
            try bench.project(ReadingsModel.self, [Samples.registers([Samples.derived(3_000_000_000)])])
            try bench.project(RegistryModel.self, [registerRecord(7, at: Self.end, rate: "T1")])
            for model in ["readings", "registry"] {
                try bench.execute("SELECT meterlog_create_\(model)(2); SELECT meterlog_publish_\(model)(2)")
            }
            #expect(try bench.rows(Self.select).isEmpty)
            let derived = [Samples.registers([Samples.derived(4_000_000_000)])]
            try bench.project(ReadingsModel.self, derived, generation: 2)
            #expect(try bench.rows(Self.select) == [" 0 4 derived true"])
            try bench.execute("SELECT meterlog_publish_registry(1); DROP SCHEMA rm_registry_2 CASCADE")
            #expect(try bench.rows(Self.select) == [" 0 4 derived true", "T1 0 0.000000007 raw false"])
            try bench.execute("SELECT meterlog_publish_readings(1)")
            #expect(try bench.rows(Self.select) == [" 0 3 derived true", "T1 0 0.000000007 raw false"])
        }
    }
}

import MeterCore
import MeterEvents
import Projection
import StreamCore
import Testing

/// Readings that are withdrawn because readings of another length hold their time. All of them end at 2026-03-01T00:30:00Z or before.
@Suite("Withdrawn readings", .enabled(if: TestDatabase.isExpected), .serialized)
struct WithdrawalTests {
    private static func half(_ value: Int64, quality: Quality = .validated, revision: UInt32 = 1) -> [UInt8] {
        var event = Samples.intervals(values: [value], quality: quality, revision: revision)
        event.intervalSeconds = 1800
        return Samples.encoded(event)
    }

    private static func quarters(_ values: [Int64], revision: UInt32 = 1) -> [UInt8] {
        Samples.encoded(Samples.intervals(values: values, revision: revision))
    }

    private static func withdrawn(_ seconds: Int32, count: Int = 1) -> [UInt8] {
        var event = Samples.intervals(values: Array(repeating: 0, count: count), revision: 2)
        event.intervalSeconds = seconds
        event.qualities = Array(repeating: ValidatedIntervals.withdrawn, count: count)
        return Samples.encoded(event)
    }

    private static let select = """
        SELECT interval_seconds, to_char(interval_end, 'HH24:MI'), value_e9 FROM readings ORDER BY interval_end
        """

    /// Each history with what is in force at its end, worked out one record after the other.
    private static let histories: [(records: [[UInt8]], rows: [String])] = [
        ([half(100), withdrawn(1800), quarters([40, 60])], ["900 00:15 40", "900 00:30 60"]),
        ([half(100), quarters([40, 60]), withdrawn(1800)], ["900 00:15 40", "900 00:30 60"]),
        ([half(100), withdrawn(1800)], []),
        ([half(100), withdrawn(900, count: 2)], ["1800 00:30 100"]),
        ([quarters([40, 60]), half(100), withdrawn(900, count: 2)], ["1800 00:30 100"]),
        ([quarters([40, 60]), withdrawn(900, count: 2), half(100)], ["1800 00:30 100"]),
        // The half hour took the place of the quarter that ends with it, and then went.
        ([quarters([40, 60]), half(100), withdrawn(1800)], ["900 00:15 40"]),
        ([half(100), withdrawn(1800), half(70, revision: 3)], ["1800 00:30 70"]),
        ([half(100), withdrawn(900, count: 2), withdrawn(1800)], []),
    ]

    @Test func whatIsInForceDoesNotDependOnTheBatches() async throws {
        try await ReadModelBench.run { bench in
            for (records, rows) in Self.histories {
                for size in 1...records.count {
                    try bench.empty()
                    for first in stride(from: 0, to: records.count, by: size) {
                        let part = Array(records[first..<min(first + size, records.count)])
                        try bench.project(ReadingsModel.self, part, first: Int64(first))
                    }
                    #expect(try bench.rows(Self.select) == rows, "batches of \(size)")
                }
            }
        }
    }

    @Test func everyVersionStaysInTheHistory() async throws {
        try await ReadModelBench.run { bench in
            let records = [Self.half(100), Self.withdrawn(1800), Self.quarters([40, 60])]
            try bench.project(ReadingsModel.self, records)
            let history = """
                SELECT interval_seconds, to_char(interval_end, 'HH24:MI'), value_e9, quality_name, log_offset
                FROM readings_history ORDER BY log_offset, interval_end
                """
            #expect(
                try bench.rows(history) == [
                    "1800 00:30 100 validated 0", "1800 00:30 - withdrawn 1", "900 00:15 40 validated 2",
                    "900 00:30 60 validated 2",
                ]
            )
            // Folded again, as after a projection was begun anew over what is there.
            try bench.execute("DELETE FROM projection_offsets")
            for first in 0..<3 { try bench.project(ReadingsModel.self, [records[first]], first: Int64(first)) }
            #expect(try bench.rows(Self.select) == ["900 00:15 40", "900 00:30 60"])
            #expect(try bench.rows(history).count == 4)
        }
    }

    @Test func theChannelKeepsTheIntervalOfWhatIsInForce() async throws {
        try await ReadModelBench.run { bench in
            try bench.project(
                ReadingsModel.self,
                [Self.half(100), Self.quarters([40, 60]), Self.withdrawn(1800)]
            )
            #expect(try bench.rows("SELECT interval_seconds FROM meters") == ["900"])
        }
    }
}

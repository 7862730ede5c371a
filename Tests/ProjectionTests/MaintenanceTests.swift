import MeterCore
import PostgresIO
import Projection
import StreamCore
import Testing

@Suite("Maintenance of the readings", .enabled(if: TestDatabase.isExpected), .serialized)
struct MaintenanceTests {
    @Test func refreshesCompressesTakesCorrectionsAndDrops() async throws {
        try await TestDatabase.withMigratedDatabase { url in
            var connection = try PostgresConnection(TestDatabase.options(url))
            let variant = try Migrator(files: TestDatabase.migrations()).status(&connection).variant
            let isHypertable = variant == .timescaledb
            let maintenance = ReadModelMaintenance()
            let day = Samples.day.secondsSinceEpoch * 1_000_000
            let oneDay: Int64 = 86_400_000_000

            var writer = try ProjectionWriter<ReadingsModel>(TestDatabase.options(url), generation: nil)
            _ = try writer.start([TopicPartition("meter.validated", 0)]) { _ in 0 }
            let batch = Samples.batch([
                Samples.encoded(Samples.intervals(values: [1, 2, 3])),
                Samples.encoded(Samples.intervals(start: Samples.day + 30 * 86_400, values: [4])),
                Samples.encoded(Samples.intervals(values: [9], revision: 2)),
            ])
            for index in 0..<2 { try writer.fold(batch, index) }
            try writer.flush()

            let range = day..<(day + oneDay)
            #expect(try maintenance.refreshFleetStatistics(range, &connection) == isHypertable)
            let hours = "SELECT sum(intervals)::bigint FROM fleet_statistics WHERE hour < '2026-03-02'"
            #expect(try connection.query(hours).int64(0, 0) == 3)

            let before = day + 10 * oneDay
            let compressed = try maintenance.compressReadings(
                beforeMicroseconds: before,
                limit: 10,
                &connection
            )
            #expect(compressed == (isHypertable ? 2 : 0))
            #expect(try maintenance.compressReadings(beforeMicroseconds: before, limit: 10, &connection) == 0)

            // A correction of what is compressed by now.
            try writer.fold(batch, 2)
            try writer.flush()
            let values = "SELECT string_agg(value_e9::text, ',' ORDER BY interval_end) FROM readings"
            #expect(try connection.query(values).text(0, 0) == "9,2,3,4")

            // Chunks of readings and history, or rows of both.
            let dropped = try maintenance.dropReadings(beforeMicroseconds: before, &connection)
            #expect(dropped == (isHypertable ? 2 : 3 + 4))
            #expect(try connection.query(values).text(0, 0) == "4")
        }
    }
}

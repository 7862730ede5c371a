import MeterCore
import MeterEvents
import PostgresIO
import Projection
import StreamCore
import Testing

/// A migrated database, what is projected into it, and what it says.
struct ReadModelBench {
    let url: String

    /// Projects records of partition 0 with offsets from `first`, in one transaction.
    func project<Model: ReadModel>(
        _ model: Model.Type,
        _ records: [[UInt8]],
        generation: Int32? = nil,
        first: Int64 = 0
    ) throws {
        var writer = try ProjectionWriter<Model>(TestDatabase.options(url), generation: generation)
        _ = try writer.start(Model.name.topics.map { TopicPartition($0, 0) }) { _ in 0 }
        let batch = Samples.batch(records, topic: Model.name.topics[0], first: first)
        for index in 0..<batch.count { try writer.fold(batch, index) }
        try writer.flush()
    }

    /// The rows of a query, their columns with a space between; NULL is a dash.
    func rows(_ sql: String) throws -> [String] {
        var connection = try PostgresConnection(TestDatabase.options(url))
        let rows = try connection.query(
            """
            SELECT (
                SELECT string_agg(coalesce(value, '-'), ' ' ORDER BY ordinality)
                FROM json_each_text(row_to_json(t)) WITH ORDINALITY
            ) FROM (\(sql)) t
            """
        )
        return try (0..<rows.count).map { try rows.text($0, 0) }
    }

    /// The plan that the server would take.
    func plan(_ sql: String) throws -> [String] {
        var connection = try PostgresConnection(TestDatabase.options(url))
        let rows = try connection.query("EXPLAIN \(sql)")
        return try (0..<rows.count).map { try rows.text($0, 0) }
    }

    func execute(_ sql: String) throws {
        var connection = try PostgresConnection(TestDatabase.options(url))
        try connection.execute(sql)
    }

    /// Takes all rows and offsets away, which is quicker than another database.
    func empty() throws {
        try execute(
            """
            DO $block$
            BEGIN
                EXECUTE (
                    SELECT 'TRUNCATE projection_offsets, ' || string_agg(format('%I.%I', schemaname, tablename), ', ')
                    FROM pg_tables WHERE schemaname ~ '^rm_'
                );
            END
            $block$
            """
        )
    }

    static func run<Result>(_ body: (ReadModelBench) async throws -> Result) async throws -> Result {
        try await TestDatabase.withMigratedDatabase { url in try await body(ReadModelBench(url: url)) }
    }
}

/// One record of `meter.journal` with readings of a register.
func registerRecord(_ value: Int64, at instant: Instant, rate: String = "", quality: Quality = .raw) -> [UInt8] {
    var reads = RegisterReads(
        meter: "M-1",
        channel: "kwh_import",
        unit: .kilowattHour,
        at: [instant],
        billionths: [value],
        qualities: [quality.rawValue]
    )
    reads.touCode = rate
    var bytes: [UInt8] = []
    JournalEvent(raw: Samples.raw(), body: .registerReads(reads)).append(to: &bytes)
    return bytes
}

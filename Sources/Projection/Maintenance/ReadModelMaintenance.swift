public import PostgresIO

/// The upkeep of the readings that TimescaleDB would leave to background jobs, called by a scheduler of our own: one bounded step
/// at a time, each in a transaction of its own. On ordinary PostgreSQL only `dropReadings` has anything to do.
public struct ReadModelMaintenance: Sendable {
    private let generation: Int32
    private let schema: String

    /// - Parameter generation: of the read model `readings`.
    public init(generation: Int32 = 1) {
        self.generation = generation
        schema = ProjectionName.readings.schema(generation: generation)
    }

    /// Brings the fleet statistics of a range up to date. The range must not reach into what `dropReadings` removed: there the
    /// statistics would be removed too.
    /// - Parameter microseconds: since 1970-01-01T00:00:00Z; only whole hours inside are refreshed.
    /// - Returns: false where there is nothing to refresh, because the statistics are a plain view.
    public func refreshFleetStatistics(
        _ microseconds: Range<Int64>,
        _ connection: inout PostgresConnection
    ) throws(PostgresError) -> Bool {
        guard try variant(&connection) == .timescaledb else { return false }
        let rows = try connection.query(
            "SELECT to_timestamp($1::bigint / 1e6)::text, to_timestamp($2::bigint / 1e6)::text",
            [.int64(microseconds.lowerBound), .int64(microseconds.upperBound)]
        )
        let from = try rows.text(0, 0)
        let to = try rows.text(0, 1)
        try connection.execute(
            "CALL refresh_continuous_aggregate('\(schema).fleet_hours', '\(from)'::timestamptz, '\(to)'::timestamptz)"
        )
        return true
    }

    /// Compresses at most `limit` chunks that lie wholly before the given time, oldest first. A chunk is closed to readers for
    /// the last moment of its compression.
    /// - Returns: how many were compressed.
    public func compressReadings(
        beforeMicroseconds microseconds: Int64,
        limit: Int,
        _ connection: inout PostgresConnection
    ) throws(PostgresError) -> Int {
        let rows = try connection.query(
            "SELECT chunk FROM meterlog_chunks_to_compress($1, $2) LIMIT $3",
            [.int32(generation), .timestamp(microseconds: microseconds), .int64(Int64(limit))]
        )
        for row in 0..<rows.count {
            let chunk = try rows.text(row, 0)
            _ = try connection.query("SELECT compress_chunk($1::text::regclass, true)::text", [.text(chunk)]).count
        }
        return rows.count
    }

    /// Removes readings and versions before the given time; the log still has them.
    /// - Returns: chunks removed, or rows on ordinary PostgreSQL.
    public func dropReadings(
        beforeMicroseconds microseconds: Int64,
        _ connection: inout PostgresConnection
    ) throws(PostgresError) -> Int64 {
        try connection.query(
            "SELECT meterlog_drop_readings_before($1, $2)",
            [.int32(generation), .timestamp(microseconds: microseconds)]
        ).int64(0, 0)
    }

    private func variant(_ connection: inout PostgresConnection) throws(PostgresError) -> MigrationVariant {
        let name = try connection.query("SELECT meterlog_variant()").text(0, 0)
        guard let variant = MigrationVariant(rawValue: name) else {
            throw .misuse("this database is of the unknown variant \(name)")
        }
        return variant
    }
}

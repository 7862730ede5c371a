import HTTPServing
import PostgresIO

/// How far the read model is, for the health route.
struct ReadModelStatus: Sendable {
    struct Projection: Sendable {
        let name: String
        let generation: Int64
        let partitions: Int64
        /// Records folded, over all partitions.
        let recordsFolded: Int64
        /// Microseconds since 1970-01-01T00:00:00Z of the last commit; nil before the first.
        let updatedMicroseconds: Int64?
        /// Microseconds since the last commit. Of a quiet topic this grows without anything being wrong.
        let ageMicroseconds: Int64?
    }

    let serverVersion: Int
    let projections: [Projection]

    init(connection: inout PostgresConnection) throws(PostgresError) {
        serverVersion = connection.serverVersion
        let rows = try connection.query(
            """
            SELECT g.projection, g.generation, count(o.partition), coalesce(sum(o.next_offset), 0)::bigint,
                max(o.updated_at), (extract(epoch FROM now() - max(o.updated_at)) * 1000000)::bigint
            FROM projection_generations g LEFT JOIN projection_offsets o USING (projection, generation)
            GROUP BY g.projection, g.generation ORDER BY g.projection LIMIT 100
            """
        )
        var projections: [Projection] = []
        for row in 0..<rows.count {
            projections.append(
                Projection(
                    name: try rows.text(row, 0),
                    generation: try rows.int64(row, 1),
                    partitions: try rows.int64(row, 2),
                    recordsFolded: try rows.int64(row, 3),
                    updatedMicroseconds: try rows.optionalTimestampMicroseconds(row, 4),
                    ageMicroseconds: try rows.optionalInt64(row, 5)
                )
            )
        }
        self.projections = projections
    }

    /// The health document of a server whose database answers.
    func json(version: String) -> [UInt8] {
        var writer = JSONText()
        writer.beginObject()
        writer.member("status", "ok")
        writer.member("version", version)
        writer.name("database")
        writer.beginObject()
        writer.member("reachable", true)
        writer.member("server_version", Int64(serverVersion))
        writer.endObject()
        writer.name("projections")
        writer.beginArray()
        for projection in projections {
            writer.beginObject()
            writer.member("projection", projection.name)
            writer.member("generation", projection.generation)
            writer.member("partitions", projection.partitions)
            writer.member("records_folded", projection.recordsFolded)
            writer.name("updated_at")
            writer.value(projection.updatedMicroseconds.map { RowCell.timestamp($0) } ?? .null)
            writer.name("seconds_since_update")
            writer.value(projection.ageMicroseconds.map { .literal(String($0 / 1_000_000)) } ?? .null)
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
        return writer.bytes
    }

    /// The health document of a server whose database does not.
    static func json(unreachable problem: ProblemDocument, version: String) -> [UInt8] {
        var writer = JSONText()
        writer.beginObject()
        writer.member("status", "unavailable")
        writer.member("version", version)
        writer.name("database")
        writer.beginObject()
        writer.member("reachable", false)
        writer.member("reason", problem.kind)
        writer.member("detail", problem.detail)
        writer.endObject()
        writer.endObject()
        return writer.bytes
    }
}

package import PostgresIO

/// The local days of zones as the database cuts them, asked for once.
package struct LocalDays: Sendable {
    package struct Day: Hashable, Sendable {
        package var startMicroseconds: Int64
        package var endMicroseconds: Int64
        /// Days since 1970-01-01; nil where the database does not know the zone.
        package var date: Int32?
    }

    private struct Key: Hashable {
        var zone: String
        var chunk: Int64
    }

    private static let chunkMicroseconds: Int64 = 32 * 86_400 * 1_000_000
    private static let maximumChunks = 10_000

    private var chunks: [Key: [Day]] = [:]

    package init() {}

    /// The days that have a part between two instants, both included, ascending.
    package mutating func days(
        _ zone: String,
        from first: Int64,
        through last: Int64,
        _ connection: inout PostgresConnection
    ) throws(PostgresError) -> [Day] {
        var found: [Day] = []
        var number = Self.chunk(first)
        while number <= Self.chunk(last) {
            for day in try days(Key(zone: zone, chunk: number), &connection)
            where day.endMicroseconds > first && day.startMicroseconds <= last && day != found.last {
                found.append(day)
            }
            number += 1
        }
        return found
    }

    private static func chunk(_ microseconds: Int64) -> Int64 {
        let (quotient, remainder) = microseconds.quotientAndRemainder(dividingBy: chunkMicroseconds)
        return remainder < 0 ? quotient - 1 : quotient
    }

    private mutating func days(
        _ key: Key,
        _ connection: inout PostgresConnection
    ) throws(PostgresError) -> [Day] {
        if let days = chunks[key] { return days }
        if chunks.count >= Self.maximumChunks { chunks.removeAll(keepingCapacity: true) }
        let start = key.chunk * Self.chunkMicroseconds
        let rows = try connection.query(
            "SELECT day, day_start, day_end FROM meterlog_local_days($1, $2, $3)",
            [
                .timestamp(microseconds: start), .timestamp(microseconds: start + Self.chunkMicroseconds),
                .text(key.zone),
            ]
        )
        var days: [Day] = []
        for row in 0..<rows.count {
            days.append(
                Day(
                    startMicroseconds: try rows.timestampMicroseconds(row, 1),
                    endMicroseconds: try rows.timestampMicroseconds(row, 2),
                    date: try rows.isNull(row, 0) ? nil : rows.dateDays(row, 0)
                )
            )
        }
        chunks[key] = days
        return days
    }
}

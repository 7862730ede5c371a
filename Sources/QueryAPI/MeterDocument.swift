import HTTPServing
import PostgresIO

/// One meter as JSON: its channels, and what is registered of it.
enum MeterDocument {
    /// Nil where neither a channel nor a registration is known.
    static func json(_ id: String, _ connection: inout PostgresConnection) throws(PostgresError) -> [UInt8]? {
        let channels = try connection.query(
            """
            SELECT channel, unit, time_zone, interval_seconds, first_interval_end, last_interval_end, last_received_at
            FROM meters WHERE meter_id = $1 ORDER BY channel LIMIT 1000
            """,
            [.text(id)]
        )
        let registration = try connection.query(
            "SELECT time_zone, meter_group, transformer, feeder, received_at FROM meter_registry WHERE meter_id = $1",
            [.text(id)]
        )
        guard channels.count > 0 || registration.count > 0 else { return nil }
        var writer = JSONText()
        writer.beginObject()
        writer.member("meter_id", id)
        writer.name("registration")
        if registration.count > 0 {
            try append(registration, 0, to: &writer)
        } else {
            writer.null()
        }
        writer.name("channels")
        writer.beginArray()
        for row in 0..<channels.count { try append(channels, row, to: &writer) }
        writer.endArray()
        writer.endObject()
        return writer.bytes
    }

    private static func append(
        _ rows: borrowing PostgresRows,
        _ row: Int,
        to writer: inout JSONText
    ) throws(PostgresError) {
        writer.beginObject()
        for column in 0..<rows.columnCount {
            writer.name(rows.columnName(column))
            writer.value(try RowCell(rows, row, column))
        }
        writer.endObject()
    }
}

import MeterEvents
import PostgresIO

/// What is told of local days and of the values of payloads.
extension ReadingsModel {
    /// Days that the rows are in are counted from the readings until a closed window settles them.
    mutating func settleDays(_ moved: [Int32], _ connection: inout PostgresConnection) throws(PostgresError) {
        let touched = try days.take(fold.spans, fold.windows, &connection)
        if !touched.isEmpty {
            try copy(touched, &connection)
            try connection.execute(sql.settleDays)
        }
        guard !moved.isEmpty else { return }
        days = TouchedDays()
        for key in moved {
            let rows = try connection.query(sql.countDays, [.int32(key)])
            _ = consume rows
        }
    }

    /// Channels whose zone is another one from this transaction on.
    func movedChannels(_ connection: inout PostgresConnection) throws(PostgresError) -> [Int32] {
        let rows = try connection.query(sql.selectMoved)
        var keys: [Int32] = []
        for row in 0..<rows.count { keys.append(try rows.int32(row, 0)) }
        return keys
    }

    private func copy(_ touched: [TouchedDay], _ connection: inout PostgresConnection) throws(PostgresError) {
        let copied = try connection.copy(
            into: "stage_days",
            columns: ReadingsSQL.dayColumns + ["has_reading"]
        ) { writer throws(PostgresError) in
            for item in touched {
                try writer.startRow()
                writer.timestamp(microseconds: item.day.startMicroseconds)
                writer.timestamp(microseconds: item.day.endMicroseconds)
                writer.int32(item.channelKey)
                if let date = item.day.date { writer.date(days: date) } else { writer.null() }
                writer.text(item.zone)
                writer.bool(item.hasReading)
            }
        }
        try Staging.check(copied, of: touched.count, "stage_days")
    }

    func copyFates(_ connection: inout PostgresConnection) throws(PostgresError) {
        let copied = try connection.copy(
            into: "stage_payload_values",
            columns: ReadingsSQL.fateColumns
        ) { writer throws(PostgresError) in
            for row in fold.fates {
                let fate = row.fate
                try writer.startRow()
                writer.timestamp(microseconds: row.startMicroseconds)
                writer.timestamp(microseconds: row.endMicroseconds)
                writer.int64(fate.raw.offset)
                writer.int64(row.position.offset)
                writer.int32(row.channelKey)
                writer.int32(fate.raw.partition)
                writer.int32(row.position.partition)
                writer.int32(row.ordinal)
                writer.int32(fate.intervalSeconds)
                for count in [
                    fate.offered, fate.taken, fate.replaced, fate.unchanged, fate.held, fate.refused,
                ] {
                    writer.int32(Int32(clamping: count))
                }
                writer.int16(Int16(fate.raw.lane.rawValue))
                writer.text(row.code)
            }
        }
        try Staging.check(copied, of: fold.fates.count, "stage_payload_values")
    }
}

import MeterCore
package import MeterEvents
package import PostgresIO

/// The read model `exceptions`: the newest word of `meter.exceptions` on each meter, channel, window and rule.
package struct ExceptionsModel: ReadModel {
    package static let name = ProjectionName.exceptions

    package struct Key: Hashable, Sendable {
        var meter: String
        var channel: String
        var windowStart: Instant
        var rule: UInt32
    }

    package struct Row: Equatable, Sendable {
        var event: VeeException
        var position: LogPosition
    }

    private let sql: ExceptionsSQL
    package private(set) var newest = NewestRows<Key, Row>()

    package init(schema: String) {
        sql = ExceptionsSQL(schema: schema)
    }

    package var rowCount: Int { newest.count }

    package mutating func clear() { newest.clear() }

    package mutating func prepare(_ connection: inout PostgresConnection) throws(PostgresError) {
        newest.clear()
        try connection.execute(sql.stagingTable)
    }

    package mutating func fold(
        _ bytes: [UInt8],
        _ range: Range<Int>,
        topic: String,
        position: LogPosition
    ) throws(EventError) {
        var event = try VeeException(bytes, range)
        for instant in [event.windowStart, event.windowEnd, event.firstIntervalStart] {
            _ = try StoredForm.microseconds(instant)
        }
        for milliseconds in [event.decidedAtMilliseconds, event.raw.receivedAtMilliseconds] {
            _ = try StoredForm.microseconds(milliseconds: milliseconds)
        }
        _ = try StoredForm.int32(event.rule, "rule")
        _ = try StoredForm.int32(event.intervalCount, "interval count")
        event.meter = StoredForm.text(event.meter)
        event.channel = StoredForm.text(event.channel)
        event.code = StoredForm.text(event.code)
        event.reason = StoredForm.text(event.reason)
        event.ruleSet = StoredForm.text(event.ruleSet)
        let key = Key(meter: event.meter, channel: event.channel, windowStart: event.windowStart, rule: event.rule)
        newest.keep(Row(event: event, position: position), key: key) { old in
            old.position.partition != position.partition || old.position.offset < position.offset
        }
    }

    package mutating func write(_ connection: inout PostgresConnection) throws(PostgresError) {
        guard newest.count > 0 else { return }
        let copied = try connection.copy(
            into: "stage_exceptions",
            columns: ExceptionsSQL.columns
        ) { writer throws(PostgresError) in
            for row in newest.rows {
                let event = row.event
                try writer.startRow()
                for instant in [event.windowStart, event.windowEnd, event.firstIntervalStart] {
                    writer.timestamp(microseconds: instant.secondsSinceEpoch * 1_000_000)
                }
                writer.timestamp(microseconds: event.decidedAtMilliseconds * 1000)
                writer.timestamp(microseconds: event.raw.receivedAtMilliseconds * 1000)
                writer.int64(event.observedBillionths)
                writer.int64(event.limitBillionths)
                writer.int64(event.raw.offset)
                writer.int64(row.position.offset)
                writer.int32(Int32(clamping: event.rule))
                writer.int32(Int32(clamping: event.intervalCount))
                writer.int32(event.raw.partition)
                writer.int32(row.position.partition)
                writer.int16(Int16(event.severity.rawValue))
                writer.int16(Int16(event.raw.lane.rawValue))
                writer.bool(event.isOpen)
                for text in [event.meter, event.channel, event.code, event.reason, event.ruleSet] { writer.text(text) }
            }
        }
        try Staging.check(copied, of: newest.count, "stage_exceptions")
        try connection.execute(sql.upsert)
    }
}

package import MeterEvents
package import PostgresIO

/// The read model `alarms`: each classified device event once, from `meter.alarms.p0` ... `p3`.
///
/// The id is the same however often an event is published. Should it come with another priority, the graver one stands,
/// because the topics have no order among each other.
package struct AlarmsModel: ReadModel {
    package static let name = ProjectionName.alarms

    package struct Row: Equatable, Sendable {
        var event: AlarmEvent
        var position: LogPosition
    }

    private let sql: AlarmsSQL
    package private(set) var newest = NewestRows<String, Row>()

    package init(schema: String) {
        sql = AlarmsSQL(schema: schema)
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
        var event = try AlarmEvent(bytes, range)
        guard !event.id.isEmpty else { throw .inconsistent("no alarm id") }
        _ = try StoredForm.microseconds(milliseconds: event.occurredAtMilliseconds)
        _ = try StoredForm.microseconds(milliseconds: event.raw.receivedAtMilliseconds)
        event.id = StoredForm.text(event.id)
        event.meter = StoredForm.text(event.meter)
        event.meaning = StoredForm.text(event.meaning)
        event.eventType = StoredForm.text(event.eventType)
        event.sourceCode = StoredForm.text(event.sourceCode)
        event.text = StoredForm.text(event.text)
        event.codeMapVersion = StoredForm.text(event.codeMapVersion)
        newest.keep(Row(event: event, position: position), key: event.id) { old in
            old.event.priority == event.priority
                ? old.position.offset < position.offset : old.event.priority > event.priority
        }
    }

    package mutating func write(_ connection: inout PostgresConnection) throws(PostgresError) {
        guard newest.count > 0 else { return }
        let copied = try connection.copy(
            into: "stage_alarms",
            columns: AlarmsSQL.columns
        ) { writer throws(PostgresError) in
            for row in newest.rows {
                let event = row.event
                try writer.startRow()
                writer.timestamp(microseconds: event.occurredAtMilliseconds * 1000)
                writer.timestamp(microseconds: event.raw.receivedAtMilliseconds * 1000)
                writer.int64(event.raw.offset)
                writer.int64(row.position.offset)
                writer.int32(event.raw.partition)
                writer.int32(row.position.partition)
                writer.int16(Int16(event.priority))
                writer.int16(Int16(event.raw.lane.rawValue))
                for text in [
                    event.id, event.meter, event.meaning, event.eventType, event.sourceCode, event.text,
                    event.codeMapVersion,
                ] {
                    writer.text(text)
                }
            }
        }
        try Staging.check(copied, of: newest.count, "stage_alarms")
        try connection.execute(sql.upsert)
    }
}

package import MeterEvents
package import PostgresIO

/// The read model `dead_letters`: what each stage refused, from `meter.deadletter`.
package struct DeadLettersModel: ReadModel {
    package static let name = ProjectionName.deadLetters

    package struct Key: Hashable, Sendable {
        var lane: UInt8
        var partition: Int32
        var offset: Int64
        var stage: String
    }

    package struct Row: Equatable, Sendable {
        var event: DeadLetterEvent
        var position: LogPosition
        /// `jsonb` in binary form.
        var lines: [UInt8]
    }

    private let sql: DeadLettersSQL
    package private(set) var newest = NewestRows<Key, Row>()

    package init(schema: String) {
        sql = DeadLettersSQL(schema: schema)
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
        var event = try DeadLetterEvent(bytes, range)
        _ = try StoredForm.microseconds(milliseconds: event.raw.receivedAtMilliseconds)
        _ = try StoredForm.int32(event.rejectedLineCount, "rejected lines")
        event.stage = StoredForm.text(event.stage)
        event.idempotencyKey = StoredForm.text(event.idempotencyKey)
        event.source = StoredForm.text(event.source)
        event.format = StoredForm.text(event.format)
        event.code = StoredForm.text(event.code)
        event.reason = StoredForm.text(event.reason)
        let key = Key(
            lane: event.raw.lane.rawValue,
            partition: event.raw.partition,
            offset: event.raw.offset,
            stage: event.stage
        )
        let row = Row(event: event, position: position, lines: Self.json(event.lines))
        newest.keep(row, key: key) { old in
            old.position.partition != position.partition || old.position.offset < position.offset
        }
    }

    package mutating func write(_ connection: inout PostgresConnection) throws(PostgresError) {
        guard newest.count > 0 else { return }
        let copied = try connection.copy(
            into: "stage_dead_letters",
            columns: DeadLettersSQL.columns
        ) { writer throws(PostgresError) in
            for row in newest.rows {
                let event = row.event
                try writer.startRow()
                writer.timestamp(microseconds: event.raw.receivedAtMilliseconds * 1000)
                writer.int64(event.raw.offset)
                writer.int64(row.position.offset)
                writer.int64(event.payloadBytes)
                writer.int32(event.raw.partition)
                writer.int32(row.position.partition)
                writer.int32(Int32(clamping: event.rejectedLineCount))
                writer.int16(Int16(event.raw.lane.rawValue))
                writer.bool(event.isPartial)
                for text in [
                    event.stage, event.idempotencyKey, event.source, event.format, event.code, event.reason,
                ] {
                    writer.text(text)
                }
                writer.bytes(row.lines)
            }
        }
        try Staging.check(copied, of: newest.count, "stage_dead_letters")
        try connection.execute(sql.upsert)
    }

    private static func json(_ lines: [DeadLetterEvent.LineReject]) -> [UInt8] {
        var json = StoredJSON()
        json.raw("[")
        for (index, line) in lines.enumerated() {
            if index > 0 { json.raw(",") }
            json.raw("{\"line\":")
            json.number(line.line)
            json.raw(",\"byteOffset\":")
            json.number(line.byteOffset)
            json.raw(",\"code\":")
            json.string(line.code)
            json.raw(",\"reason\":")
            json.string(line.reason)
            json.raw("}")
        }
        json.raw("]")
        return json.bytes
    }
}

import MeterCore
package import MeterEvents
package import PostgresIO

/// The read model `payloads`: what each raw payload was and what was found in it, from `meter.payloads`.
package struct PayloadsModel: ReadModel {
    package static let name = ProjectionName.payloads

    package struct Key: Hashable, Sendable {
        var lane: UInt8
        var partition: Int32
        var offset: Int64
    }

    package struct Row: Equatable, Sendable {
        var event: PayloadOutcomeEvent
        var position: LogPosition
        var intervalCount: Int64
        var registerCount: Int64
        /// `jsonb` in binary form.
        var channels: [UInt8]
    }

    private let sql: PayloadsSQL
    package private(set) var newest = NewestRows<Key, Row>()

    package init(schema: String) {
        sql = PayloadsSQL(schema: schema)
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
        var event = try PayloadOutcomeEvent(bytes, range)
        _ = try StoredForm.microseconds(milliseconds: event.raw.receivedAtMilliseconds)
        for count in [event.channelCount, event.rejectedLineCount, event.factCount] {
            _ = try StoredForm.int32(count, "count of a payload")
        }
        guard let intervals = Int64(exactly: event.intervalCount), let registers = Int64(exactly: event.registerCount)
        else { throw .inconsistent("\(event.intervalCount) intervals, \(event.registerCount) register readings") }
        event.idempotencyKey = StoredForm.text(event.idempotencyKey)
        event.source = StoredForm.text(event.source)
        event.format = StoredForm.text(event.format)
        event.sha256 = StoredForm.text(event.sha256)
        event.code = StoredForm.text(event.code)
        let channels = Self.json(event.channels)
        event.channels = []
        let row = Row(
            event: event,
            position: position,
            intervalCount: intervals,
            registerCount: registers,
            channels: channels
        )
        let key = Key(
            lane: event.raw.lane.rawValue,
            partition: event.raw.partition,
            offset: event.raw.offset
        )
        newest.keep(row, key: key) { old in
            old.position.partition != position.partition || old.position.offset < position.offset
        }
    }

    package mutating func write(_ connection: inout PostgresConnection) throws(PostgresError) {
        guard newest.count > 0 else { return }
        let copied = try connection.copy(
            into: "stage_payloads",
            columns: PayloadsSQL.columns
        ) { writer throws(PostgresError) in
            for row in newest.rows {
                let event = row.event
                try writer.startRow()
                writer.timestamp(microseconds: event.raw.receivedAtMilliseconds * 1000)
                writer.uuid(high: event.raw.payloadHigh, low: event.raw.payloadLow)
                writer.int64(event.raw.offset)
                writer.int64(row.position.offset)
                writer.int64(event.payloadBytes)
                writer.int64(row.intervalCount)
                writer.int64(row.registerCount)
                writer.int64(event.original?.offset)
                writer.int32(event.original?.partition)
                writer.int32(event.raw.partition)
                writer.int32(row.position.partition)
                writer.int32(Int32(clamping: event.channelCount))
                writer.int32(Int32(clamping: event.rejectedLineCount))
                writer.int32(Int32(clamping: event.factCount))
                writer.int16((event.original?.lane.rawValue).map { Int16($0) })
                writer.int16(Int16(event.raw.lane.rawValue))
                writer.int16(Int16(event.outcome.rawValue))
                for text in [event.idempotencyKey, event.source, event.format, event.sha256, event.code] {
                    writer.text(text)
                }
                writer.bytes(row.channels)
            }
        }
        try Staging.check(copied, of: newest.count, "stage_payloads")
        try connection.execute(sql.upsert)
    }

    private static func json(_ channels: [PayloadOutcomeEvent.Channel]) -> [UInt8] {
        var json = StoredJSON()
        json.raw("[")
        for (index, channel) in channels.enumerated() {
            if index > 0 { json.raw(",") }
            json.raw("{\"meter\":")
            json.string(channel.meter)
            json.raw(",\"channel\":")
            json.string(channel.channel)
            json.raw(",\"unit\":")
            json.string(channel.unit.symbol)
            json.raw(",\"intervals\":")
            json.number(channel.intervals)
            json.raw(",\"registers\":")
            json.number(channel.registers)
            json.raw(",\"from\":")
            json.number(channel.from.secondsSinceEpoch)
            json.raw(",\"to\":")
            json.number(channel.to.secondsSinceEpoch)
            json.raw("}")
        }
        json.raw("]")
        return json.bytes
    }
}

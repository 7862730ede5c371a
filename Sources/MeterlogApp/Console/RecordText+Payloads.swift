import HTTPServing
import MeterCore
import MeterEvents

extension RecordText {
    func append(_ fate: BlockFate, to json: inout JSONText) {
        json.beginObject()
        json.member("start", fate.start.description)
        json.member("end", fate.end.description)
        json.member("intervalSeconds", Int64(fate.intervalSeconds))
        for (name, count) in [
            ("offered", fate.offered), ("taken", fate.taken), ("replaced", fate.replaced),
            ("unchanged", fate.unchanged),
            ("held", fate.held), ("refused", fate.refused),
        ] {
            json.member(name, Int64(count))
        }
        json.member("code", fate.code)
        append(fate.raw, to: &json)
        json.endObject()
    }

    func append(_ event: PayloadOutcomeEvent, to json: inout JSONText) {
        json.member("id", event.idempotencyKey)
        json.member("source", event.source)
        json.member("format", event.format)
        json.member("sha256", event.sha256)
        json.member("outcome", "\(event.outcome)")
        json.member("code", event.code)
        append(event.raw, to: &json)
        if let original = event.original { append(original, named: "original", to: &json) }
        json.member("payloadBytes", event.payloadBytes)
        json.member("channelCount", Int64(event.channelCount))
        json.member("intervals", Int64(clamping: event.intervalCount))
        json.member("registers", Int64(clamping: event.registerCount))
        json.member("facts", Int64(event.factCount))
        json.member("rejectedLines", Int64(event.rejectedLineCount))
        json.name("channels")
        json.beginArray()
        for channel in event.channels {
            json.beginObject()
            json.member("meter", channel.meter)
            json.member("channel", channel.channel)
            json.member("unit", channel.unit.symbol)
            json.member("intervals", Int64(channel.intervals))
            json.member("registers", Int64(channel.registers))
            json.member("from", channel.from.description)
            json.member("to", channel.to.description)
            json.endObject()
        }
        json.endArray()
    }

    func append(_ event: DeadLetterEvent, to json: inout JSONText) {
        json.member("id", event.idempotencyKey)
        json.member("source", event.source)
        json.member("format", event.format)
        json.member("stage", event.stage)
        json.member("code", event.code)
        json.member("reason", event.reason)
        json.member("partial", event.isPartial)
        json.member("rejectedLines", Int64(event.rejectedLineCount))
        append(event.raw, to: &json)
    }
}

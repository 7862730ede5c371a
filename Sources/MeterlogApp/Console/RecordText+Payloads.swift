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
        json.member("outcome", "\(event.outcome)")
        json.member("code", event.code)
        json.member("payloadBytes", event.payloadBytes)
        json.member("channels", Int64(event.channelCount))
        json.member("intervals", Int64(clamping: event.intervalCount))
        json.member("registers", Int64(clamping: event.registerCount))
        json.member("rejectedLines", Int64(event.rejectedLineCount))
        json.member("facts", Int64(event.factCount))
        append(event.raw, to: &json)
        if let original = event.original {
            json.member("original", "\(original.lane.topic)/\(original.partition)/\(original.offset)")
        }
    }
}

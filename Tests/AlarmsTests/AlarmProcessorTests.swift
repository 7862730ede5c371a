import Alarms
import MeterCore
import MeterEvents
import StreamCore
import Testing

@Suite struct AlarmProcessorTests {
    private static func fold(_ bodies: [(id: String, body: String)]) throws -> Effects {
        var batch = InputBatch()
        let slot = batch.slot(of: TopicPartition("meter.raw.alarms", 0))
        for (index, payload) in bodies.enumerated() {
            let key = Array(payload.id.utf8)
            let value = Array(payload.body.utf8)
            batch.append(
                slot: slot,
                offset: Int64(index),
                timestampMilliseconds: 9000,
                key: key.span,
                value: value.span
            )
            let name = Array("ml-format".utf8)
            let format = Array("application/vnd.meterlog.events+json".utf8)
            batch.appendHeader(name: name.span, value: format.span)
        }
        var processor = AlarmProcessor(
            configuration: AlarmProcessor.Configuration(zones: ZoneCatalog([])),
            partition: 0
        )
        var effects = Effects(
            outputs: AlarmProcessor.outputTopics.map { Effects.Output(topic: $0, partitionCount: 1) },
            counterCount: AlarmProcessor.counterNames.count
        )
        try processor.fold(batch, 0..<batch.count, into: &effects)
        return effects
    }

    private static func event(_ code: String) -> String {
        #"{"events":[{"meter":"M1","code":"\#(code)","time":"2026-01-01T00:00:00Z"}]}"#
    }

    @Test(arguments: [
        ("3.26.136.47", 0, "last_gasp"), ("3.12.0.257", 1, "tamper"), ("3.26.38.93", 2, "over_voltage"),
        ("3.2.22.150", 3, "battery_low"), ("tamper_cleared", 3, "tamper_cleared"), ("vendor-77", 3, "unclassified"),
    ])
    func codesGoToTheTopicOfTheirPriority(_ code: String, _ output: Int, _ meaning: String) throws {
        let effects = try AlarmProcessorTests.fold([("a", AlarmProcessorTests.event(code))])
        #expect(effects.entries.map(\.output) == [output])
        let alarm = try AlarmEvent(effects.bytes, effects.entries[0].value)
        #expect(alarm.meaning == meaning)
        #expect(alarm.sourceCode == code)
        #expect(alarm.occurredAtMilliseconds == 1_767_225_600_000)
        #expect(alarm.raw.lane == .alarm)
    }

    @Test func repeatsAreDroppedAndGarbageIsADeadLetter() throws {
        let event = AlarmProcessorTests.event("3.26.0.47")
        let effects = try AlarmProcessorTests.fold([("a", event), ("a", event), ("b", "{")])
        #expect(effects.entries.map(\.output) == [0, 4])
        #expect(effects.counters[1] == 1)
        let letter = try DeadLetterEvent(effects.bytes, effects.entries[1].value)
        #expect(letter.stage == "alarms" && letter.idempotencyKey == "b")
    }

    @Test func everyEventOfAPayloadHasItsOwnStableIdentity() throws {
        let body =
            #"{"events":[{"meter":"M1","code":"x","time":"2026-01-01T00:00:00Z"},"#
            + #"{"meter":"M2","code":"y","time":"2026-01-01T00:00:00Z"}]}"#
        let ids = try [1, 2].map { _ in
            let effects = try AlarmProcessorTests.fold([("a", body)])
            return try effects.entries.map { try AlarmEvent(effects.bytes, $0.value).id }
        }
        #expect(ids[0] == ids[1])
        #expect(Set(ids[0]).count == 2)
    }
}

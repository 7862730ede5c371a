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
        #expect(effects.entries.map(\.output).filter { $0 < 5 } == [output])
        let alarm = try AlarmEvent(effects.bytes, effects.entries[0].value)
        #expect(alarm.meaning == meaning)
        #expect(alarm.sourceCode == code)
        #expect(alarm.occurredAtMilliseconds == 1_767_225_600_000)
        #expect(alarm.raw.lane == .alarm)
    }

    @Test func repeatsAreDroppedAndGarbageIsADeadLetter() throws {
        let event = AlarmProcessorTests.event("3.26.0.47")
        let effects = try AlarmProcessorTests.fold([("a", event), ("a", event), ("b", "{")])
        #expect(effects.entries.map(\.output) == [0, 5, 4])
        #expect(effects.counters[1] == 1)
        let letter = try DeadLetterEvent(effects.bytes, effects.entries[2].value)
        #expect(letter.stage == "alarms" && letter.idempotencyKey == "b")
    }

    @Test func whatConcernsReadingsGoesToTheJournalOnceForEachMeter() throws {
        let body =
            #"{"events":[{"meter":"M1","code":"3.26.0.47","time":"2026-01-01T00:00:00Z"},"#
            + #"{"meter":"M2","code":"3.26.136.47","time":"2026-01-01T00:00:01Z"},"#
            + #"{"meter":"M1","code":"3.26.0.216","time":"2026-01-01T01:00:00Z"},"#
            + #"{"meter":"M3","code":"3.2.22.150","time":"2026-01-01T00:00:00Z"}]}"#
        let effects = try AlarmProcessorTests.fold([("a", body)])
        let journal = effects.entries.filter { $0.output == 5 }
        #expect(journal.map { String(decoding: effects.bytes[$0.key], as: UTF8.self) } == ["M1", "M2"])
        let bodies = try journal.map { try JournalEvent(effects.bytes, $0.value) }
        #expect(bodies.allSatisfy { $0.raw.lane == .alarm && $0.raw.receivedAtMilliseconds == 9000 })
        let start: Int64 = 1_767_225_600
        let expected = [
            DeviceEvents(
                meter: "M1",
                events: [
                    .init(at: Instant(secondsSinceEpoch: start), kind: .powerDown, code: "3.26.0.47"),
                    .init(at: Instant(secondsSinceEpoch: start + 3600), kind: .powerUp, code: "3.26.0.216"),
                ]
            ),
            DeviceEvents(
                meter: "M2",
                events: [.init(at: Instant(secondsSinceEpoch: start + 1), kind: .powerDown, code: "3.26.136.47")]
            ),
        ]
        #expect(bodies.map(\.body) == expected.map { .deviceEvents($0) })
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

import MeterCore
import MeterEvents
import Normalization
import StreamCore
import Testing

@Suite struct NormalizerProcessorTests {
    private struct Payload {
        var id: String
        var body: String
        var format = "application/vnd.meterlog.intervals+json"
        var timestamp: Int64 = 1_700_000_000_000
        var sha256 = ""
    }

    private static let outputs = [
        Effects.Output(topic: "meter.journal", partitionCount: 4),
        Effects.Output(topic: "meter.deadletter", partitionCount: 1),
        Effects.Output(topic: "meter.rules", partitionCount: 1),
        Effects.Output(topic: "meter.payloads", partitionCount: 1),
    ]

    private static let reading =
        #"{"meter":"M1","start":"2026-01-01T00:00:00Z","interval":900,"values":[0.25,null,1]}"#

    private static func batch(_ payloads: [Payload]) -> InputBatch {
        var batch = InputBatch()
        let slot = batch.slot(of: TopicPartition("meter.raw", 2))
        for (index, payload) in payloads.enumerated() {
            let key = Array(payload.id.utf8)
            let value = Array(payload.body.utf8)
            batch.append(
                slot: slot,
                offset: Int64(index),
                timestampMilliseconds: payload.timestamp,
                key: key.span,
                value: value.span
            )
            for (name, text) in [("ml-id", payload.id), ("ml-format", payload.format), ("ml-source", "test")] {
                let name = Array(name.utf8)
                let text = Array(text.utf8)
                batch.appendHeader(name: name.span, value: text.span)
            }
            if !payload.sha256.isEmpty {
                let name = Array("ml-sha256".utf8)
                let text = Array(payload.sha256.utf8)
                batch.appendHeader(name: name.span, value: text.span)
            }
        }
        return batch
    }

    private static func processor() -> NormalizerProcessor {
        NormalizerProcessor(
            configuration: NormalizerProcessor.Configuration(zones: ZoneCatalog([]), rawPartitionCount: 4),
            partition: 2
        )
    }

    private static func fold(_ payloads: [Payload]) throws -> Effects {
        var processor = processor()
        var effects = Effects(outputs: outputs, counterCount: NormalizerProcessor.counterNames.count)
        let batch = batch(payloads)
        try processor.fold(batch, 0..<batch.count, into: &effects)
        return effects
    }

    private static func journal(_ effects: Effects) throws -> [JournalEvent] {
        try effects.entries.filter { $0.output == 0 }.map { try JournalEvent(effects.bytes, $0.value) }
    }

    @Test func aReadingBecomesOneBlockWithItsOrigin() throws {
        let effects = try NormalizerProcessorTests.fold([Payload(id: "a", body: NormalizerProcessorTests.reading)])
        let events = try NormalizerProcessorTests.journal(effects)
        guard case .intervalBlock(let block)? = events.first?.body else {
            Issue.record("no block")
            return
        }
        #expect(block.meter == "M1")
        #expect(block.start == Instant(secondsSinceEpoch: 1_767_225_600))
        #expect(block.billionths == [250_000_000, 0, 1_000_000_000])
        #expect(block.qualities == [Quality.raw.rawValue, Quality.missing.rawValue, Quality.raw.rawValue])
        #expect(events[0].raw.partition == 2 && events[0].raw.offset == 0)
        let ticks = events.dropFirst()
        #expect(ticks.count == 4)
        #expect(effects.entries.filter { $0.output == 0 }.dropFirst().map(\.partition) == [0, 1, 2, 3])
        #expect(block.source == "test")
    }

    private static let vendor = "application/vnd.meterlog."

    @Test func aRuleSetGoesToEveryPartitionAndToItsTopic() throws {
        let payload = Payload(
            id: "r",
            body: #"{"rules": {}}"#,
            format: #"application/vnd.meterlog.rules+json; effective-from="2026-01-01T00:00:00Z""#,
            sha256: "0123456789abcdef0123"
        )
        let effects = try NormalizerProcessorTests.fold([payload])
        let activations = try effects.entries.filter { $0.output == 0 }.compactMap { entry in
            if case .ruleSetActivated(let rules) = try JournalEvent(effects.bytes, entry.value).body {
                (entry.partition, rules)
            } else {
                nil
            }
        }
        #expect(activations.map(\.0) == [0, 1, 2, 3])
        let expected = RuleSetActivation(
            version: "0123456789abcdef",
            json: #"{"rules": {}}"#,
            effectiveFrom: Instant(secondsSinceEpoch: 1_767_225_600)
        )
        #expect(activations.allSatisfy { $0.1 == expected })
        let stored = effects.entries.filter { $0.output == 2 }
        #expect(
            stored.map { String(decoding: effects.bytes[$0.key], as: UTF8.self) } == [
                "0123456789abcdef@2026-01-01T00:00:00Z"
            ]
        )
        #expect(stored.map { String(decoding: effects.bytes[$0.value], as: UTF8.self) } == [#"{"rules": {}}"#])
    }

    @Test func aRuleSetThatIsRefusedIsADeadLetter() throws {
        var configuration = NormalizerProcessor.Configuration(zones: ZoneCatalog([]), rawPartitionCount: 4)
        configuration.refusalOfRuleSet = { json, version in "line 1: \(json.count) characters, \(version)" }
        var processor = NormalizerProcessor(configuration: configuration, partition: 2)
        var effects = Effects(
            outputs: NormalizerProcessorTests.outputs,
            counterCount: NormalizerProcessor.counterNames.count
        )
        let batch = NormalizerProcessorTests.batch([
            Payload(
                id: "r",
                body: "{}",
                format: "application/vnd.meterlog.rules+json; effective-from=2026-01-01T00:00:00Z",
                sha256: "00000000000000ff"
            )
        ])
        try processor.fold(batch, 0..<1, into: &effects)
        #expect(!effects.entries.contains { $0.output == 2 })
        let letters = try effects.entries.filter { $0.output == 1 }.map { try DeadLetterEvent(effects.bytes, $0.value) }
        #expect(letters.map(\.code) == ["invalid_rule_set"])
        #expect(letters.map(\.reason) == ["line 1: 2 characters, 00000000000000ff"])
    }

    @Test func ordersForAGroupAndWeatherAreBroadcastAndEditsGoToTheirMeter() throws {
        let operations =
            #"[{"operation":"force_estimate","group":"g","from":0,"to":9,"user":"u","reason":"r"},"#
            + #"{"operation":"force_estimate","meters":["A","B"],"from":0,"to":9,"user":"u","reason":"r"},"#
            + #"{"operation":"lock","meter":"C","from":0,"to":9,"user":"u","reason":"r"}]"#
        let weather = #"{"station":"S","start":0,"interval":3600,"celsius":[1]}"#
        let effects = try NormalizerProcessorTests.fold([
            Payload(id: "o", body: operations, format: NormalizerProcessorTests.vendor + "operations+json"),
            Payload(id: "w", body: weather, format: NormalizerProcessorTests.vendor + "weather+json"),
        ])
        var places: [String] = []
        for entry in effects.entries where entry.output == 0 {
            let key = String(decoding: effects.bytes[entry.key], as: UTF8.self)
            switch try JournalEvent(effects.bytes, entry.value).body {
            case .forceEstimate(let order):
                places.append("estimate \(order.group)\(order.meters.joined()) by \(key)")
            case .manualEdit(let edit): places.append("\(edit.action.name) \(edit.meter) by \(key)")
            case .weather(let readings): places.append("weather \(readings.station) to \(entry.partition)")
            default: break
            }
        }
        #expect(
            places == [
                "lock C by C", "estimate A by A", "estimate B by B", "estimate g by all", "estimate g by all",
                "estimate g by all", "estimate g by all", "weather S to 0", "weather S to 1", "weather S to 2",
                "weather S to 3",
            ]
        )
    }

    @Test func registersCarryTheirRateAndTheSourcesOwnConsumption() throws {
        let body = #"{"meter":"M","at":3600,"value":12.5,"tou":"T1","meterClock":3605}"#
        let effects = try NormalizerProcessorTests.fold([
            Payload(id: "r", body: body, format: NormalizerProcessorTests.vendor + "registers+json")
        ])
        guard case .registerReads(let reads)? = try NormalizerProcessorTests.journal(effects).first?.body else {
            Issue.record("no register reads")
            return
        }
        #expect(reads.at == [Instant(secondsSinceEpoch: 3600)] && reads.billionths == [12_500_000_000])
        #expect(reads.touCode == "T1" && reads.meterClock == Instant(secondsSinceEpoch: 3605))
        #expect(reads.advance == nil)
        #expect(reads.source == "test")
    }

    @Test func theSamePayloadAgainIsDroppedAndCounted() throws {
        let payload = Payload(id: "a", body: NormalizerProcessorTests.reading)
        let once = try NormalizerProcessorTests.fold([payload])
        let twice = try NormalizerProcessorTests.fold([payload, payload, payload])
        // Each is told, and nothing but that.
        #expect(twice.entries.filter { $0.output != 3 }.count == once.entries.filter { $0.output != 3 }.count)
        #expect(twice.entries.filter { $0.output == 3 }.count == 3)
        #expect(twice.counters[1] == 2)
        #expect(once.counters[1] == 0)
    }

    @Test(arguments: ["garbage", #"{"meter":"M1"}"#, #"{"meter":"M1","start":"x","interval":900,"values":[1]}"#])
    func whatCannotBeReadBecomesADeadLetter(_ body: String) throws {
        let good = Payload(id: "good", body: NormalizerProcessorTests.reading)
        let effects = try NormalizerProcessorTests.fold([Payload(id: "bad", body: body), good])
        let letters = try effects.entries.filter { $0.output == 1 }.map { try DeadLetterEvent(effects.bytes, $0.value) }
        #expect(letters.count == 1)
        #expect(letters.first?.idempotencyKey == "bad")
        #expect(letters.first?.raw.offset == 0)
        #expect(letters.first?.code.isEmpty == false)
        let blocks = try NormalizerProcessorTests.journal(effects).filter { event in
            if case .intervalBlock = event.body { true } else { false }
        }
        #expect(blocks.count == 1)
    }

    @Test func anUnknownFormatBecomesADeadLetter() throws {
        let effects = try NormalizerProcessorTests.fold([Payload(id: "x", body: "<a/>", format: "application/xml")])
        let letter = try #require(effects.entries.first { $0.output == 1 })
        #expect(try DeadLetterEvent(effects.bytes, letter.value).code == "unsupported_format")
    }

    @Test func anyCutOfTheBatchGivesTheSameBytes() throws {
        let payloads = (0..<12).map { index in
            Payload(
                id: "p\(index % 9)",
                body: index % 5 == 4 ? "broken" : NormalizerProcessorTests.reading,
                timestamp: 1_700_000_000_000 + Int64(index) * 45_000
            )
        }
        let whole = try NormalizerProcessorTests.fold(payloads)
        for cut in 1..<payloads.count {
            var processor = NormalizerProcessorTests.processor()
            var effects = Effects(
                outputs: NormalizerProcessorTests.outputs,
                counterCount: NormalizerProcessor.counterNames.count
            )
            let batch = NormalizerProcessorTests.batch(payloads)
            try processor.fold(batch, 0..<cut, into: &effects)
            // State goes through its stored form at the cut.
            var state: [UInt8] = []
            processor.encodeState(into: &state)
            var restored = try NormalizerProcessor(
                configuration: NormalizerProcessor.Configuration(zones: ZoneCatalog([]), rawPartitionCount: 4),
                partition: 2,
                state: state.span
            )
            try restored.fold(batch, cut..<batch.count, into: &effects)
            #expect(effects.bytes == whole.bytes)
            #expect(effects.counters == whole.counters)
        }
    }

    @Test func aTickRecordIsPassedOnToEveryPartition() throws {
        let tick = Payload(id: "t", body: "", format: "application/vnd.meterlog.tick", timestamp: 5000)
        let events = try NormalizerProcessorTests.journal(try NormalizerProcessorTests.fold([tick]))
        #expect(events.count == 4)
        #expect(events[3].body == .tick(Tick(rawPartition: 2, rawPartitionCount: 4, timeMilliseconds: 5000)))
    }
}

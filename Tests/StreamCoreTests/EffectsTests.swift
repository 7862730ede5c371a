import StreamCore
import Testing

@Suite struct EffectsTests {
    private func effects() -> Effects {
        Effects(
            outputs: [
                Effects.Output(topic: "a", partitionCount: 1), Effects.Output(topic: "b", partitionCount: 5),
            ],
            counterCount: 2
        )
    }

    @Test func anEmittedRecordGoesToKafkasPartition() {
        var effects = effects()
        let key = Array("foobar".utf8)
        effects.emit(to: 1, key: key, timestampMilliseconds: 7) { $0.append(contentsOf: [1, 2, 3]) }
        #expect(effects.entries.count == 1)
        #expect(effects.entries[0].partition == Partitioner.partition(ofKey: key.span, count: 5))
        #expect(Array(effects.bytes[effects.entries[0].key]) == key)
        #expect(Array(effects.bytes[effects.entries[0].value]) == [1, 2, 3])
        #expect(effects.entries[0].timestampMilliseconds == 7)
    }

    @Test func mutedEffectsKeepNothingAndDoNotEncode() {
        var effects = effects()
        effects.isMuted = true
        effects.count(0)
        effects.emit(to: 0, key: [1], timestampMilliseconds: 0) { _ in Issue.record("encoded while muted") }
        #expect(effects.isEmpty && effects.byteCount == 0)
        #expect(effects.counters == [0, 0])
    }

    @Test func removeAllForgetsRecordsAndCounters() {
        var effects = effects()
        effects.count(1, by: 3)
        effects.emit(to: 0, partition: 0, key: [1], timestampMilliseconds: 0) { $0.append(9) }
        #expect(effects.counters == [0, 3])
        effects.removeAll()
        #expect(effects.isEmpty && effects.byteCount == 0)
        #expect(effects.counters == [0, 0])
    }
}

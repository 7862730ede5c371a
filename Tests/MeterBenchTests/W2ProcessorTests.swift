import MeterBench
import SimulationKit
import StreamCore
import Testing

@Suite("w2")
struct W2ProcessorTests {
    private func message(_ id: String, quarter: Int64, _ value: String, meter: String = "M1") -> SimulatedRecord {
        let text =
            #"{"id":"\#(id)","meter":"\#(meter)","channel":"A","start":\#(quarter * 900),"interval":900,"value":\#(value)}"#
        return SimulatedRecord(key: Array(meter.utf8), value: Array(text.utf8), timestampMilliseconds: 1)
    }

    private func outputs(_ records: [SimulatedRecord]) throws -> (lines: [String], counters: [String: Int64]) {
        var effects = Effects(
            outputs: [.init(topic: "out", partitionCount: 4), .init(topic: "dead", partitionCount: 4)],
            counterCount: W2Processor.counterNames.count
        )
        var processor = W2Processor(configuration: W2Processor.Configuration(isJSON: true), partition: 0)
        var batch = InputBatch()
        let slot = batch.slot(of: TopicPartition("in", 0))
        for (offset, record) in records.enumerated() { batch.append(record, slot: slot, offset: Int64(offset)) }
        try processor.fold(batch, 0..<batch.count, into: &effects)
        let lines = effects.entries.map {
            "\($0.output) " + String(decoding: effects.bytes[$0.value], as: UTF8.self)
        }
        let counters = Dictionary(uniqueKeysWithValues: zip(W2Processor.counterNames, effects.counters))
        return (lines, counters)
    }

    private func line(_ hour: Int64, _ sum: String, _ count: Int, _ estimated: Int, meter: String = "M1") -> String {
        #"0 {"meter":"\#(meter)","start":\#(hour * 3_600),"sum":\#(sum),"count":\#(count),"estimated":\#(estimated)}"#
    }

    @Test func anHourIsPutOutAQuarterOfAnHourAfterItsEnd() throws {
        let hour = (0..<4).map { message("a\($0)", quarter: $0, "0.\($0 + 1)") }
        #expect(try outputs(hour + [message("b", quarter: 4, "1")]).lines.isEmpty, "the grace is not over")
        #expect(try outputs(hour + [message("c", quarter: 5, "1")]).lines == [line(0, "1", 4, 0)])
    }

    @Test func whatComesWithinTheGraceCountsAndLaterNot() throws {
        let found = try outputs([
            message("a", quarter: 0, "1"), message("b", quarter: 1, "1"), message("c", quarter: 2, "1"),
            message("d", quarter: 4, "1"), message("e", quarter: 3, "1"), message("f", quarter: 5, "1"),
            message("g", quarter: 3, "1", meter: "M2"),
        ])
        #expect(found.lines == [line(0, "4", 4, 0)])
        #expect(found.counters["late_total"] == 1)
    }

    @Test func oneOrTwoMissingAreEstimatedFromBothSides() throws {
        let inside = try outputs([
            message("a", quarter: 0, "1"), message("b", quarter: 3, "4"), message("c", quarter: 5, "1"),
        ])
        #expect(inside.lines == [line(0, "10", 2, 2)])
        let across = try outputs([
            message("a", quarter: 3, "1"), message("b", quarter: 5, "3"), message("c", quarter: 6, "3"),
            message("d", quarter: 8, "6"), message("e", quarter: 9, "1"),
        ])
        #expect(across.lines == [line(0, "1", 1, 0), line(1, "12.5", 2, 2)], "2 before 3 and 3, 4.5 between 3 and 6")
        let edge = try outputs([
            message("a", quarter: 1, "1"), message("b", quarter: 2, "1"), message("c", quarter: 3, "1"),
            message("d", quarter: 5, "1"),
        ])
        #expect(edge.lines == [line(0, "3", 3, 0)], "nothing is known before the first")
    }

    @Test func duplicatesAreDroppedByIdAndByInterval() throws {
        let found = try outputs([
            message("a", quarter: 0, "1"), message("a", quarter: 1, "1"), message("b", quarter: 0, "7"),
            message("c", quarter: 5, "1"),
        ])
        #expect(found.lines == [line(0, "1", 1, 0)])
        #expect(found.counters["duplicates_total"] == 2)
    }

    @Test(arguments: [#"{"meter":"M","start":0}"#, "x", #"{"meter":"M","start":1,"value":1}"#])
    func whatIsNoMessageBecomesADeadLetter(_ text: String) throws {
        let record = SimulatedRecord(key: [1], value: Array(text.utf8))
        #expect(try outputs([record]).lines == ["1 " + text])
    }

    @Test func theLawsOfProcessorsHold() {
        let records = BenchInput.w2(messages: 500, meters: 40, seed: 7).map {
            SimulatedRecord(key: $0.key, value: $0.value, timestampMilliseconds: $0.timestampMilliseconds)
        }
        for isJSON in [true, false] {
            let configuration = W2Processor.Configuration(isJSON: isJSON)
            #expect(ProcessorLaws.check(W2Processor.self, configuration: configuration, records: records) == [])
        }
    }

    @Test(arguments: [1, 2, 3] as [UInt64], [true, false])
    func outputsAreThoseOfTheSecondImplementation(_ seed: UInt64, _ isJSON: Bool) throws {
        #expect(try BenchInput.compareW2(messages: 4_000, meters: 300, seed: seed, isJSON: isJSON) == [])
    }
}

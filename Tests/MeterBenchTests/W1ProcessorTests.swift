import MeterBench
import SimulationKit
import StreamCore
import Testing

@Suite("w1")
struct W1ProcessorTests {
    private func record(_ meter: String, _ value: String, at milliseconds: Int64 = 1_000) -> SimulatedRecord {
        SimulatedRecord(key: Array(meter.utf8), value: Array(value.utf8), timestampMilliseconds: milliseconds)
    }

    private func message(
        _ id: String,
        day: Int64 = 0,
        meter: String = "M1",
        _ values: [String]
    ) -> SimulatedRecord {
        let list = values.joined(separator: ",")
        return record(
            meter,
            #"{"id":"\#(id)","meter":"\#(meter)","channel":"A","start":\#(day * 86_400),"interval":900,"values":[\#(list)],"receivedAt":1}"#
        )
    }

    private func outputs(_ records: [SimulatedRecord], isJSON: Bool = true) throws -> [String] {
        var effects = Effects(
            outputs: [.init(topic: "out", partitionCount: 4), .init(topic: "dead", partitionCount: 4)],
            counterCount: W1Processor.counterNames.count
        )
        var processor = W1Processor(configuration: W1Processor.Configuration(isJSON: isJSON), partition: 0)
        var batch = InputBatch()
        let slot = batch.slot(of: TopicPartition("in", 0))
        for (offset, record) in records.enumerated() { batch.append(record, slot: slot, offset: Int64(offset)) }
        try processor.fold(batch, 0..<batch.count, into: &effects)
        return effects.entries.map { "\($0.output) " + String(decoding: effects.bytes[$0.value], as: UTF8.self) }
    }

    private func line(_ day: Int64, _ values: String, _ quality: String) -> String {
        #"0 {"meter":"M1","channel":"A","start":\#(day * 86_400),"interval":900,"values":[\#(values)],"quality":[\#(quality)]}"#
    }

    @Test func shortGapsBetweenValidValuesAreLinear() throws {
        let found = try outputs([message("a", ["1.5", "null", "null", "3", "2.125"])])
        #expect(found == [line(0, "1.5,2,2.5,3,2.125", "1,2,2,1,1")])
    }

    @Test func thirdsAreRoundedToTheSixthDecimal() throws {
        let found = try outputs([message("a", ["0", "null", "null", "1", "1", "1"])])
        #expect(found == [line(0, "0,0.333333,0.666667,1,1,1", "1,2,2,1,1,1")])
    }

    @Test func longGapsAndEdgesTakeTheMeanOfEarlierDays() throws {
        let gap = Array(repeating: "null", count: 9)
        let days = try outputs([
            message("a", day: 0, Array(repeating: "1", count: 12)),
            message("b", day: 1, Array(repeating: "2", count: 12)),
            message("c", day: 2, ["null"] + Array(repeating: "6", count: 11)),
            message("d", day: 3, ["4", "null", "4"] + gap),
        ])
        #expect(days[2] == line(2, "1.5,6,6,6,6,6,6,6,6,6,6,6", "3,1,1,1,1,1,1,1,1,1,1,1"))
        #expect(days[3] == line(3, "4,4,4,3,3,3,3,3,3,3,3,3", "1,2,1,3,3,3,3,3,3,3,3,3"))
    }

    @Test func onlyTheThreeLatestEarlierDaysCount() throws {
        let days = (0..<5).map { message("d\($0)", day: Int64($0), ["\($0 * 10)", "\($0 * 10)"]) }
        let found = try outputs(days + [message("x", day: 4, ["null", "1"]), message("y", day: 9, ["1", "null"])])
        #expect(found[5] == line(4, "25,1", "3,1"), "days 2 and 3: three are kept, day 4 among them")
        #expect(found[6] == line(9, "1,17", "1,3"), "days 2, 3 and the corrected 4")
    }

    @Test func whatHasNoBasisStaysMissing() throws {
        #expect(try outputs([message("a", ["null", "1", "1"])]) == [line(0, "null,1,1", "0,1,1")])
    }

    @Test func spikesAndNegativesAreMarkedAndNotBuiltOn() throws {
        let spike = try outputs([message("a", ["1", "2.81", "1", "null", "1", "1.0", "0.5"])])
        #expect(spike == [line(0, "1,2.81,1,1,1,1,0.5", "1,4,1,2,1,1,1")])
        let under = try outputs([message("a", ["1", "2.8", "1"])])
        #expect(under == [line(0, "1,2.8,1", "1,1,1")], "exactly 1.8 is allowed")
        let negative = try outputs([message("a", ["1", "-2", "null", "1"])])
        #expect(negative == [line(0, "1,-2,null,1", "1,5,0,1")])
    }

    @Test func aSecondMessageWithTheIdIsDropped() throws {
        let found = try outputs([message("a", ["1"]), message("a", ["2"]), message("b", ["3"])])
        #expect(found == [line(0, "1", "1"), line(0, "3", "1")])
    }

    @Test(arguments: [
        "", "{", "[]", #"{"id":"a"}"#, #"{"id":"a","meter":"M","channel":"A","start":0,"interval":900,"values":[1,]}"#,
    ])
    func whatIsNoMessageBecomesADeadLetter(_ text: String) throws {
        #expect(try outputs([record("M1", text)]) == ["1 " + text])
    }

    @Test(arguments: [
        ("1e3", "1000"), ("-0.5E-1", "-0.05"), ("1.23456789012", "1.23456789"), ("0.0000000005", "0.000000001"),
        ("12345678.5", "12345678.5"), ("0.10", "0.1"),
    ])
    func numbersAreTakenAsTheyAreWritten(_ written: String, _ read: String) throws {
        let found = try outputs([message("a", [written])])
        #expect(found == [line(0, read, written.hasPrefix("-") ? "5" : "1")])
    }

    @Test func membersComeInAnyOrderAndSpacing() throws {
        let text = """
             { "values" : [ 1 , null,3 ],"unit":{"a":[true,false,null,"x\\""]}, "interval":900 ,
               "start":0,"channel":"A","meter":"M1" }
            """
        #expect(try outputs([record("M1", text)]) == [line(0, "1,2,3", "1,2,1")])
    }

    @Test func theLawsOfProcessorsHold() {
        let records = BenchInput.w1(messages: 300, meters: 40, seed: 7).map {
            SimulatedRecord(key: $0.key, value: $0.value, timestampMilliseconds: $0.timestampMilliseconds)
        }
        for isJSON in [true, false] {
            let configuration = W1Processor.Configuration(isJSON: isJSON)
            #expect(ProcessorLaws.check(W1Processor.self, configuration: configuration, records: records) == [])
            #expect(
                ProcessorLaws.checkRepeatedInput(W1Processor.self, configuration: configuration, records: records) == []
            )
        }
    }

    @Test(arguments: [1, 2, 3] as [UInt64], [true, false])
    func outputsAreThoseOfTheSecondImplementation(_ seed: UInt64, _ isJSON: Bool) throws {
        let faults = try BenchInput.compareW1(messages: 2_000, meters: 150, seed: seed, isJSON: isJSON)
        #expect(faults == [])
    }
}

import MeterCore
import MeterEvents
import Normalization
import StreamCore
import Testing

/// One record in `meter.payloads` for every payload, with what it offers.
@Suite struct PayloadOutcomeTests {
    private static let vendor = "application/vnd.meterlog."

    @Test func aDecodedPayloadTellsItsChannels() throws {
        // Two series of A (one with a later start first), one of B, and a line that is refused: 3 + 2 + 1 values.
        let body = #"""
            [{"meter":"A","channel":"1","start":7200,"interval":900,"values":[1,null,3]},
             {"meter":"B","channel":"1","unit":"kvarh","start":0,"interval":3600,"values":[5]},
             {"meter":"C","start":"x","interval":900,"values":[1]},
             {"meter":"A","channel":"1","start":0,"interval":900,"values":[1,2]}]
            """#
        let run = try NormalizerRun([
            RawRecord("he-1:k", body).header("ml-sha256", "ab12"), RawRecord("tick", "").format(Self.vendor + "tick"),
        ])
        let event = try #require(try run.outcomes.first)
        #expect(try run.outcomes.count == 1)
        #expect(event.outcome == .decoded && event.original == nil)
        #expect(event.idempotencyKey == "he-1:k" && event.source == "he-1" && event.sha256 == "ab12")
        #expect(event.format == Self.vendor + "intervals+json" && event.payloadBytes == Int64(body.utf8.count))
        #expect(event.raw.lane == .interval && event.raw.partition == 2 && event.raw.offset == 0)
        #expect(
            event.channels == [
                // From 0 to 7200 + 3 x 900.
                channel("A", .kilowattHour, intervals: 5, from: 0, to: 9900),
                channel("B", .kilovarHour, intervals: 1, from: 0, to: 3600),
            ]
        )
        #expect(event.channelCount == 2 && event.intervalCount == 6 && event.registerCount == 0 && event.factCount == 0)
        #expect(event.rejectedLineCount == 1 && event.code == "invalid_timestamp")
        #expect(try run.letters.map(\.code) == ["invalid_timestamp"])
        // Keyed like the payload.
        let entry = try #require(run.effects.entries.first { $0.output == 3 })
        #expect(String(decoding: run.effects.bytes[entry.key], as: UTF8.self) == "he-1:k")
    }

    private func channel(
        _ meter: String,
        _ unit: MeasurementUnit,
        intervals: UInt32 = 0,
        registers: UInt32 = 0,
        from: Int64,
        to: Int64
    ) -> PayloadOutcomeEvent.Channel {
        PayloadOutcomeEvent.Channel(
            meter: meter,
            channel: "1",
            unit: unit,
            intervals: intervals,
            registers: registers,
            from: Instant(secondsSinceEpoch: from),
            to: Instant(secondsSinceEpoch: to)
        )
    }

    @Test func registerReadingsAreCountedByChannel() throws {
        let body = #"""
            [{"meter":"R","channel":"1","at":3600,"value":12.5},{"meter":"R","channel":"1","at":0,"value":11},
             {"meter":"S","channel":"1","at":60,"value":1}]
            """#
        let run = try NormalizerRun([RawRecord("r", body).format(Self.vendor + "registers+json")])
        let event = try #require(try run.outcomes.first)
        #expect(
            event.channels == [
                channel("R", .kilowattHour, registers: 2, from: 0, to: 3600),
                channel("S", .kilowattHour, registers: 1, from: 60, to: 60),
            ]
        )
        #expect(event.registerCount == 3 && event.intervalCount == 0)
    }

    /// NEM13: previous and current reading of one line, with the version and status of the source.
    @Test func registersCarrySourceVersionAndStatus() throws {
        let body = """
            100,NEM13,202407011200,MDP1,RET1
            250,NMI0000001,11,1,11,11,SER1,E,5000,20240401000000,A,,,5100.5,20240701000000,S53,14,,100.5,kWh,20241001,20240702123000,
            900

            """
        let run = try NormalizerRun([RawRecord("n", body).format("application/vnd.aemo.mdff")])
        #expect(try run.letters.isEmpty)
        let reads = try #require(try run.reads.first)
        #expect(reads.source == "he-1" && reads.billionths == [5_000_000_000_000, 5_100_500_000_000])
        // 2024-07-02T12:30:00 at UTC+10 is 02:30 UTC, 1,719,887,400 (date -u -d 2024-07-02T02:30 +%s).
        #expect(reads.sourceVersion == 1_719_887_400)
        // A is 1 and S is 5: 1 x 10,000 of the previous reading, 5 x 10,000 + 53 x 100 + 14 of the current one.
        #expect(reads.sourceStatus == [10_000, 55_314])
        #expect(try run.outcomes.first?.registerCount == 2)
    }

    @Test(arguments: ["", "\n", "[]"])
    func whatHoldsNothingIsRefused(body: String) throws {
        for format in [Self.vendor + "intervals+json", "text/csv; profile=aws-guidance", "application/vnd.aemo.mdff"] {
            let run = try NormalizerRun([RawRecord("e", body).format(format)])
            #expect(try run.outcomes.map(\.outcome) == [.refused], "\(format)")
            #expect(try run.letters.count == 1)
            #expect(try run.outcomes.map(\.code) == run.letters.map(\.code))
            #expect(try run.outcomes.first?.code.isEmpty == false)
        }
    }

    @Test func aHeaderWithoutRowsIsEmpty() throws {
        let type = "text/csv; profile=mapped; value=kWh; meter=M; interval=3600; zone=UTC"
        let run = try NormalizerRun([RawRecord("h", "time,kWh\n").format(type)])
        #expect(try run.letters.map(\.code) == ["empty"])
        #expect(try run.outcomes.map(\.outcome) == [.refused])
    }

    @Test func operationsAreFacts() throws {
        let body =
            #"[{"operation":"lock","meter":"C","from":0,"to":9,"user":"u","reason":"r"},"#
            + #"{"operation":"force_estimate","group":"g","from":0,"to":9,"user":"u","reason":"r"}]"#
        let run = try NormalizerRun([RawRecord("o", body).format(Self.vendor + "operations+json")])
        let event = try #require(try run.outcomes.first)
        #expect(event.outcome == .decoded && event.factCount == 2 && event.channels.isEmpty && event.channelCount == 0)
    }

    /// 10,001 meters of two values each, the last twice: the list ends with the ten thousandth, the counts don't. With names as long as they
    /// may be, 128 bytes, the record stays below the topic's 4 MiB.
    @Test func theListIsCappedAndTheCountsAreNot() throws {
        let channel = String(repeating: "c", count: 128)
        let meters = (0...10_000).map { String(repeating: "m", count: 123) + String(10_000 + $0) }
        var body = "["
        for meter in meters {
            body += #"{"meter":"\#(meter)","channel":"\#(channel)","start":1777777777,"interval":900,"values":[1,2]},"#
        }
        body += #"{"meter":"\#(meters[10_000])","channel":"\#(channel)","start":0,"interval":900,"values":[3]}]"#
        let run = try NormalizerRun([RawRecord("many", body)])
        let event = try #require(try run.outcomes.first)
        #expect(event.channels.count == 10_000 && event.channels.last?.meter == meters[9_999])
        #expect(event.channelCount == 10_001 && event.intervalCount == 20_003)
        let record = try #require(run.effects.entries.first { $0.output == 3 })
        #expect((2_560_000..<4_194_304).contains(record.value.count))
    }

    /// Restored and muted, a payload is not told a second time, and what comes after it is told as it was.
    @Test func everyPayloadIsToldOnceWhereverTheBatchIsCut() throws {
        let records = (0..<10).map { number in
            RawRecord(
                "k\(number % 4)",
                number % 5 == 4 ? "broken" : #"{"meter":"M","start":0,"interval":900,"values":[1]}"#
            )
        }
        let whole = try NormalizerRun(records)
        // k0..k3 new; 4 broken under k0, 5-8 again, 9 broken under k1.
        let expected: [PayloadOutcomeEvent.Outcome] = [
            .decoded, .decoded, .decoded, .decoded, .refused, .duplicate, .duplicate, .duplicate, .duplicate, .refused,
        ]
        #expect(try whole.outcomes.map(\.outcome) == expected)
        #expect(try whole.outcomes.map(\.raw.offset) == Array(0..<10))
        #expect(try whole.outcomes[8].original?.offset == 0)
        let batch = RawRecord.batch(records)
        for cut in 1..<records.count {
            var run = try NormalizerRun()
            try run.fold(batch, 0..<cut)
            try run.restart()
            try run.fold(batch, cut..<records.count)
            #expect(run.effects.bytes == whole.effects.bytes)
        }
    }
}

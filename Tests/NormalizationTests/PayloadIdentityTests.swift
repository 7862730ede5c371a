import MeterCore
import MeterEvents
import Normalization
import StreamCore
import Testing

/// Same identity only for the same thing: a key stands for one content, and whatever comes is told.
@Suite struct PayloadIdentityTests {
    private static let first =
        #"{"meter":"IDEM1","start":"2026-05-01T00:00:00Z","interval":900,"values":[0.125,0.25]}"#
    private static let other =
        #"{"meter":"IDEM1","start":"2026-05-01T00:00:00Z","interval":900,"values":[1.125,1.25]}"#

    @Test func theSameContentAgainPointsToTheFirst() throws {
        let run = try NormalizerRun([
            RawRecord("he-1:k", Self.first), RawRecord("he-1:x", Self.other).at(1_700_000_000_500),
            RawRecord("he-1:k", Self.first).at(1_700_000_001_000),
        ])
        let outcomes = try run.outcomes
        #expect(outcomes.map(\.outcome) == [.decoded, .decoded, .duplicate])
        #expect(outcomes[2].raw.offset == 2 && outcomes[2].raw.receivedAtMilliseconds == 1_700_000_001_000)
        #expect(outcomes[2].original == outcomes[0].raw)
        #expect(outcomes[2].original?.offset == 0 && outcomes[2].original?.partition == 2)
        #expect(outcomes[2].original?.receivedAtMilliseconds == 1_700_000_000_000)
        #expect(outcomes[2].channels.isEmpty && outcomes[2].intervalCount == 0)
        #expect(try run.letters.isEmpty)
        #expect(try run.blocks.count == 2)
    }

    @Test func otherContentUnderAKeyIsADeadLetterThatNamesBoth() throws {
        let run = try NormalizerRun([
            RawRecord("he-1:k", Self.first).header(
                "ml-content",
                "00000000000000aa" + String(repeating: "1", count: 48)
            ),
            RawRecord("he-1:k", Self.other).header(
                "ml-content",
                "ffee00000000bbbb" + String(repeating: "1", count: 48)
            ),
            RawRecord("he-1:k", Self.first).header(
                "ml-content",
                "00000000000000aa" + String(repeating: "2", count: 48)
            ),
        ])
        let letter = try #require(try run.letters.first)
        #expect(try run.letters.count == 1)
        #expect(letter.code == "key_reused" && letter.idempotencyKey == "he-1:k" && letter.raw.offset == 1)
        #expect(
            letter.reason
                == "content ffee00000000bbbb under the idempotency key of meter.raw partition 2 offset 0, "
                + "content 00000000000000aa; send other content under another key"
        )
        // The first 64 bits tell: the third is the first again, and the refused one did not take its place.
        #expect(try run.outcomes.map(\.outcome) == [.decoded, .refused, .duplicate])
        #expect(try run.outcomes.map(\.code) == ["", "key_reused", ""])
        #expect(try run.blocks.map(\.billionths) == [[125_000_000, 250_000_000]])
        let place = try #require(
            NormalizerProcessor.counterNames.firstIndex(of: "dead_letters_total{code=key_reused}")
        )
        #expect(run.effects.counters[place] == 1)
    }

    /// Writers other than the gateway give no hash of the content: it is made of media type and bytes.
    @Test func theMediaTypeIsPartOfTheContent() throws {
        let csv = "time,kWh\n2026-05-01 00:00,1\n2026-05-01 01:00,2\n"
        let type = "text/csv; profile=mapped; value=kWh; interval=3600; stamp=start; zone=UTC; meter="
        let run = try NormalizerRun([
            RawRecord("k", csv).format(type + "VAC1"),
            // The same in another order, case and spacing, and in quotes.
            RawRecord("k", csv).format(
                #"Text/CSV;METER="VAC1";zone=UTC ;  value=kWh;stamp=start; profile=mapped;interval=3600"#
            ),
            RawRecord("k", csv).format(type + "VAC2"),
            RawRecord("k", csv).format(type + "vac1"),
        ])
        #expect(try run.outcomes.map(\.outcome) == [.decoded, .duplicate, .refused, .refused])
        #expect(try run.letters.map(\.code) == ["key_reused", "key_reused"])
    }

    @Test func transportEncodingIsNoPartOfTheContent() throws {
        // python3 -c "import gzip; print(list(gzip.compress(b'{\"meter\":\"M\",\"start\":0,\"interval\":900,\"values\":[1]}', 0, mtime=0)))"
        let plain = #"{"meter":"M","start":0,"interval":900,"values":[1]}"#
        let run = try NormalizerRun([
            RawRecord("k", plain), RawRecord("k", Self.gzip).header("content-encoding", "gzip"),
            RawRecord("k", Array(Self.gzip.dropLast(20))).header("content-encoding", "gzip"),
        ])
        #expect(try run.outcomes.map(\.outcome) == [.decoded, .duplicate, .refused])
        #expect(try run.outcomes.map(\.payloadBytes) == [51, Int64(Self.gzip.count), Int64(Self.gzip.count - 20)])
        #expect(try run.letters.map(\.code) == ["key_reused"])
    }

    /// `plain`, packed by Python's gzip module with level 0.
    private static let gzip: [UInt8] = [
        31, 139, 8, 0, 0, 0, 0, 0, 4, 3, 1, 51, 0, 204, 255, 123, 34, 109, 101, 116, 101, 114, 34, 58, 34, 77, 34, 44,
        34, 115, 116, 97, 114, 116, 34, 58, 48, 44, 34, 105, 110, 116, 101, 114, 118, 97, 108, 34, 58, 57, 48, 48, 44,
        34, 118, 97, 108, 117, 101, 115, 34, 58, 91, 49, 93, 125, 251, 1, 114, 38, 51, 0, 0, 0,
    ]

    /// A, B, A under one key each: the last is a new payload when its sender says so in it, or a duplicate that is told.
    @Test func whatIsSaidAgainWithALaterClockIsSaid() throws {
        func body(_ value: String, clock: Int) -> String {
            #"{"meter":"M","start":0,"interval":900,"values":[\#(value)],"meterClock":\#(clock)}"#
        }
        // The gateway's keys are hashes of the content; any different ones stand for them here.
        let run = try NormalizerRun([
            RawRecord("a1", body("1", clock: 1000)).at(1_000_000), RawRecord("b", body("2", clock: 2000)).at(2_000_000),
            RawRecord("a2", body("1", clock: 3000)).at(3_000_000), RawRecord("b", body("2", clock: 2000)).at(4_000_000),
        ])
        #expect(try run.blocks.map(\.billionths) == [[1_000_000_000], [2_000_000_000], [1_000_000_000]])
        #expect(try run.outcomes.map(\.outcome) == [.decoded, .decoded, .decoded, .duplicate])
        #expect(try run.outcomes.last?.original?.receivedAtMilliseconds == 2_000_000)
    }

    @Test func aRestartKeepsWhatStandsUnderEachKey() throws {
        let batch = RawRecord.batch([
            RawRecord("k", Self.first), RawRecord("k", Self.first), RawRecord("k", Self.other),
        ])
        var run = try NormalizerRun()
        try run.fold(batch, 0..<1)
        try run.restart()
        try run.fold(batch, 1..<2)
        try run.restart()
        try run.fold(batch, 2..<3)
        #expect(try run.outcomes.map(\.outcome) == [.decoded, .duplicate, .refused])
        #expect(try run.outcomes[1].original == run.outcomes[0].raw)
        #expect(try run.letters.map(\.code) == ["key_reused"])
    }

    @Test func afterTheHorizonAKeyIsNew() throws {
        let day: Int64 = 86_400_000
        let start = 20_000 * day
        let run = try NormalizerRun([
            RawRecord("k", Self.first).at(start), RawRecord("k", Self.other).at(start + 7 * day),
            RawRecord("k", Self.other).at(start + 8 * day), RawRecord("k", Self.first).at(start + 8 * day + 1),
        ])
        #expect(try run.outcomes.map(\.outcome) == [.decoded, .refused, .decoded, .refused])
        #expect(try run.letters.last?.reason.contains("partition 2 offset 2,") == true)
    }

    /// The figures of docs/operations.md: a place takes 16 bytes for the key and 24 for its payload, and is at most three quarters full.
    @Test(arguments: [500, 1_500])
    func theMemoryOfTheKeysIsKnown(keys: Int) throws {
        let run = try NormalizerRun((0..<keys).map { RawRecord("k\($0)", "x") })
        let sizes = Dictionary(uniqueKeysWithValues: run.processor.stateSizes.map { ($0.name, $0.count) })
        #expect(sizes["payload_keys"] == keys)
        let bytesAKey = Double(sizes["payload_key_bytes"] ?? 0) / Double(keys)
        #expect((53...107.5).contains(bytesAKey), "\(bytesAKey) bytes a key")
        var state: [UInt8] = []
        run.processor.encodeState(into: &state)
        // Time of the last tick and stream time 16, the number of buckets 4, a bucket's index and count 12.
        #expect(state.count == keys * 40 + 32)
    }
}

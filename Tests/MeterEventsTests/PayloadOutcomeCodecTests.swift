import MeterCore
import MeterEvents
import Testing

/// What payloads were, who sent them and what became of their values, stored and read back.
@Suite struct PayloadOutcomeCodecTests {
    private static let original = RawReference(
        lane: .interval,
        partition: 3,
        offset: 0,
        receivedAtMilliseconds: -1,
        payloadHigh: 1,
        payloadLow: .max
    )

    private static func outcome(_ outcome: PayloadOutcomeEvent.Outcome) -> PayloadOutcomeEvent {
        PayloadOutcomeEvent(
            raw: CodecTests.raw,
            idempotencyKey: "he-1:ü",
            source: "he-1",
            format: "text/csv; profile=mapped",
            sha256: String(repeating: "0f", count: 32),
            outcome: outcome,
            payloadBytes: 1 << 40
        )
    }

    @Test(arguments: PayloadOutcomeEvent.Outcome.allCases)
    func outcomesComeBackAsTheyWere(_ kind: PayloadOutcomeEvent.Outcome) throws {
        let bare = Self.outcome(kind)
        var full = bare
        full.code = "key_reused"
        full.original = Self.original
        full.channels = [
            PayloadOutcomeEvent.Channel(
                meter: "M",
                channel: "1-0:1.8.0",
                unit: .kilowattHour,
                intervals: .max,
                registers: 2,
                from: Instant(secondsSinceEpoch: -900),
                to: Instant(secondsSinceEpoch: 1 << 40)
            ),
            PayloadOutcomeEvent.Channel(
                meter: "M",
                channel: "",
                unit: .volt,
                intervals: 0,
                registers: 0,
                from: Instant(secondsSinceEpoch: 0),
                to: Instant(secondsSinceEpoch: 0)
            ),
        ]
        full.channelCount = 10_001
        full.intervalCount = .max
        full.registerCount = 3
        full.rejectedLineCount = 4
        full.factCount = 5
        for event in [bare, full] {
            var bytes: [UInt8] = [7, 7]
            event.append(to: &bytes)
            bytes.append(9)
            #expect(try PayloadOutcomeEvent(bytes, 2..<bytes.count - 1) == event)
        }
    }

    /// Field 7, the outcome, is the varint 0x38: one that this version does not know is no outcome.
    @Test func anUnknownOutcomeIsRefused() throws {
        var bytes: [UInt8] = []
        Self.outcome(.refused).append(to: &bytes)
        let place = try #require(bytes.indices.dropLast().last { bytes[$0] == 0x38 && bytes[$0 + 1] == 3 })
        bytes[place + 1] = 9
        #expect(throws: EventError.self) { _ = try PayloadOutcomeEvent(bytes, 0..<bytes.count) }
    }

    @Test(arguments: ZoneOrigin.allCases)
    func journalEventsKeepTheirSender(_ origin: ZoneOrigin) throws {
        var block = CodecTests.block
        block.source = "he-1"
        block.zoneOrigin = origin
        var reads = CodecTests.fullReads
        reads.source = "he-2"
        reads.sourceVersion = -5
        reads.sourceStatus = [0xff01]
        for body in [JournalEvent.Body.intervalBlock(block), .registerReads(reads)] {
            let event = JournalEvent(raw: CodecTests.raw, body: body)
            var bytes: [UInt8] = []
            event.append(to: &bytes)
            #expect(try JournalEvent(bytes, 0..<bytes.count) == event)
        }
    }

    @Test func fatesComeBackAsTheyWere() throws {
        var fate = BlockFate(
            raw: CodecTests.raw,
            start: Instant(secondsSinceEpoch: -900),
            end: Instant(secondsSinceEpoch: 900),
            intervalSeconds: 900
        )
        fate.offered = 21
        fate.taken = 8
        fate.replaced = 2
        fate.unchanged = 6
        fate.held = 4
        fate.refused = 3
        fate.code = "ERR_VEE_HELD"
        var event = ValidatedIntervals(
            meter: "M",
            channel: "c",
            unit: .volt,
            zone: "UTC",
            start: Instant(secondsSinceEpoch: 0),
            intervalSeconds: 900,
            billionths: [0],
            qualities: [ValidatedIntervals.withdrawn],
            methods: [0],
            revisions: [2],
            provenance: [Provenance(count: 1, raw: CodecTests.raw)],
            findings: [],
            ruleSet: "r",
            decidedAtMilliseconds: 5,
            window: nil
        )
        event.fates = [fate, fate]
        var bytes: [UInt8] = []
        event.append(to: &bytes)
        #expect(try ValidatedIntervals(bytes, 0..<bytes.count) == event)
    }
}

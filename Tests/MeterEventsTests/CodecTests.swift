import MeterCore
import MeterEvents
import Testing

@Suite struct CodecTests {
    static let raw = RawReference(
        lane: .alarm,
        partition: 3,
        offset: 1 << 40,
        receivedAtMilliseconds: 1_700_000_000_123,
        payloadHigh: .max,
        payloadLow: 1
    )

    static let block = IntervalBlock(
        meter: "M1",
        channel: "1-0:1.8.0",
        unit: .kilowattHour,
        zone: "Europe/Berlin",
        start: Instant(secondsSinceEpoch: 1_700_000_100),
        intervalSeconds: 900,
        billionths: [0, 125_000_000, -1, 9_000_000_000_000_000_000],
        qualities: [10, 10, 0, 255],
        sourceStatus: [0, 0xff01, 3, 4],
        sourceVersion: 20_050_301_120_000
    )

    static let events: [JournalEvent.Body] =
        [
            .intervalBlock(block),
            .registerReads(
                RegisterReads(
                    meter: "M2",
                    channel: "11",
                    unit: .cubicMetre,
                    at: [Instant(secondsSinceEpoch: -5), Instant(secondsSinceEpoch: 5)],
                    billionths: [1_000_000_000, 2_500_000_000],
                    qualities: [10, 80]
                )
            ),
            .meterUpserted(MeterRegistration(meter: "M3", zone: "UTC", group: "g", transformer: "t", feeder: "f")),
            .ruleSetActivated(
                RuleSetActivation(version: "v", json: "{}", effectiveFrom: Instant(secondsSinceEpoch: 7))
            ),
            .tick(Tick(rawPartition: 2, rawPartitionCount: 4, timeMilliseconds: 99)),
            .intervalBlock(fullBlock),
            .registerReads(fullReads),
            .meterUpserted(fullMeter),
            .deviceEvents(
                DeviceEvents(
                    meter: "M4",
                    events: [
                        DeviceEvents.Event(at: Instant(secondsSinceEpoch: 5), kind: .powerDown, code: "LG"),
                        DeviceEvents.Event(at: Instant(secondsSinceEpoch: -5), kind: .other, code: ""),
                    ]
                )
            ),
            .forceEstimate(
                ForceEstimate(
                    group: "north",
                    meters: ["a", "b"],
                    from: Instant(secondsSinceEpoch: 1),
                    to: Instant(secondsSinceEpoch: 2),
                    user: "u",
                    reason: "flood"
                )
            ),
            .weather(
                WeatherReadings(
                    station: "EDDB",
                    start: Instant(secondsSinceEpoch: 3600),
                    intervalSeconds: 3600,
                    milliDegreesCelsius: [-12_500, WeatherReadings.none, 0]
                )
            ),
        ]
        + [.setValues(intervalSeconds: 900, billionths: [1, -2, 3]), .accept, .reject, .clear, .lock, .unlock].map(edit)

    static var fullBlock: IntervalBlock {
        var block = block
        block.flags = [0, IntervalFlags.powerFailed.rawValue, 0x8001, 0xffff]
        block.meterClock = Instant(secondsSinceEpoch: -1)
        block.multiplierBillionths = 40_000_000_000
        block.frameCounter = .max
        return block
    }

    static var fullReads: RegisterReads {
        var reads = RegisterReads(
            meter: "M2",
            channel: "1-0:1.8.1",
            unit: .kilowattHour,
            at: [Instant(secondsSinceEpoch: 5)],
            billionths: [1],
            qualities: [10]
        )
        reads.meterClock = Instant(secondsSinceEpoch: 6)
        reads.touCode = "T1"
        reads.advance = RegisterReads.Advance(
            from: Instant(secondsSinceEpoch: 0),
            to: Instant(secondsSinceEpoch: 5),
            billionths: -7
        )
        return reads
    }

    static var fullMeter: MeterRegistration {
        var meter = MeterRegistration(meter: "M5", zone: "Europe/Berlin", group: "g")
        meter.commodity = "electricity"
        meter.customerClass = "residential"
        meter.status = .vacant
        meter.installedFrom = Instant(secondsSinceEpoch: 0)
        meter.installedTo = Instant(secondsSinceEpoch: 9)
        meter.hasGeneration = true
        meter.weatherStation = "EDDB"
        meter.nominalVoltageMillivolts = 230_000
        meter.maximumCurrentMilliamperes = 63_000
        meter.phases = 3
        var channel = ChannelRegistration(channel: "1-0:1.8.0", unit: .kilowattHour)
        channel.kind = .check
        channel.intervalSeconds = 900
        channel.multiplierBillionths = 1
        channel.digits = 6
        channel.capacityWatts = 15_000
        channel.checkOf = "E1"
        meter.channels = [channel]
        return meter
    }

    private static func edit(_ action: ManualEdit.Action) -> JournalEvent.Body {
        .manualEdit(
            ManualEdit(
                meter: "M6",
                channel: "E1",
                start: Instant(secondsSinceEpoch: 900),
                end: Instant(secondsSinceEpoch: 3600),
                action: action,
                user: "jo",
                reason: "customer read"
            )
        )
    }

    @Test func deviceCommandsComeBackAsTheyWere() throws {
        for kind in DeviceCommandEvent.Kind.allCases {
            let command = DeviceCommandEvent(
                id: "i",
                meter: "M",
                kind: kind,
                requestedBy: "vee",
                reason: "clock is 400 s off",
                requestedAtMilliseconds: 7
            )
            var bytes: [UInt8] = [9]
            command.append(to: &bytes)
            #expect(try DeviceCommandEvent(bytes, 1..<bytes.count) == command)
        }
    }

    @Test(arguments: events)
    func journalEventsComeBackAsTheyWere(_ body: JournalEvent.Body) throws {
        let event = JournalEvent(raw: CodecTests.raw, body: body)
        var bytes: [UInt8] = [1, 2, 3]
        event.append(to: &bytes)
        #expect(try JournalEvent(bytes, 3..<bytes.count) == event)
    }

    @Test func validatedIntervalsComeBackAsTheyWere() throws {
        var window = WindowState(
            start: Instant(secondsSinceEpoch: 0),
            end: Instant(secondsSinceEpoch: 86_400),
            expected: 96
        )
        window.validated = 90
        window.missing = 6
        window.isClosed = true
        window.sumBillionths = -7
        window.grade = .warn
        window.isBeyondHistory = true
        window.failedSumBillionths = -7
        let event = ValidatedIntervals(
            meter: "M",
            channel: "c",
            unit: .volt,
            zone: "UTC",
            start: Instant(secondsSinceEpoch: 900),
            intervalSeconds: 900,
            billionths: [230_100_000_000, 0],
            qualities: [80, 0],
            methods: [0, 1],
            revisions: [1, 4],
            provenance: [Provenance(count: 1, raw: CodecTests.raw), Provenance(count: 1, raw: CodecTests.raw)],
            findings: [
                Finding(first: 1, count: 1, rule: 9, severity: .fail, observedBillionths: 1, limitBillionths: -2)
            ],
            ruleSet: "default-1",
            decidedAtMilliseconds: 5,
            window: window,
            registers: [
                DerivedRegister(
                    at: Instant(secondsSinceEpoch: 86_400),
                    billionths: 12_345_000_000_001,
                    quality: .derived,
                    revision: 3,
                    baseAt: Instant(secondsSinceEpoch: -3600),
                    baseBillionths: -5,
                    baseRaw: CodecTests.raw,
                    intervals: 97,
                    estimated: 6
                )
            ]
        )
        var bytes: [UInt8] = []
        event.append(to: &bytes)
        #expect(try ValidatedIntervals(bytes, 0..<bytes.count) == event)
    }

    @Test func exceptionsAlarmsAndDeadLettersComeBackAsTheyWere() throws {
        let exception = VeeException(
            meter: "M",
            channel: "c",
            windowStart: Instant(secondsSinceEpoch: 1),
            windowEnd: Instant(secondsSinceEpoch: 2),
            rule: 9,
            severity: .warn,
            isOpen: true,
            firstIntervalStart: Instant(secondsSinceEpoch: 1),
            intervalCount: 12,
            observedBillionths: 3,
            limitBillionths: 4,
            code: "ERR_VEE_GAP_04",
            reason: "too long",
            ruleSet: "r",
            decidedAtMilliseconds: 6,
            raw: CodecTests.raw
        )
        var bytes: [UInt8] = []
        exception.append(to: &bytes)
        #expect(try VeeException(bytes, 0..<bytes.count) == exception)

        let alarm = AlarmEvent(
            id: "a-0",
            meter: "M",
            sourceCode: "3.26.0.47",
            eventType: "3.26.0.47",
            meaning: "power_down",
            priority: 4,
            occurredAtMilliseconds: -1,
            text: "ü",
            codeMapVersion: "s",
            raw: CodecTests.raw
        )
        bytes = []
        alarm.append(to: &bytes)
        #expect(try AlarmEvent(bytes, 0..<bytes.count) == alarm)

        let letter = DeadLetterEvent(
            raw: CodecTests.raw,
            idempotencyKey: "k",
            source: "s",
            format: "text/csv",
            code: "c",
            reason: "r",
            stage: "normalizer",
            isPartial: true,
            rejectedLineCount: 2,
            lines: [DeadLetterEvent.LineReject(line: 7, byteOffset: 99, code: "x", reason: "y")],
            payloadBytes: 1 << 33
        )
        bytes = []
        letter.append(to: &bytes)
        #expect(try DeadLetterEvent(bytes, 0..<bytes.count) == letter)
    }

    @Test func damageIsAnErrorAndNeverATrap() {
        var bytes: [UInt8] = []
        JournalEvent(raw: CodecTests.raw, body: .intervalBlock(CodecTests.block)).append(to: &bytes)
        var refused = 0
        for end in 0..<bytes.count {
            do throws(EventError) { _ = try JournalEvent(bytes, 0..<end) } catch { refused += 1 }
        }
        for bit in 0..<bytes.count * 8 {
            var flipped = bytes
            flipped[bit / 8] ^= 1 << UInt8(bit % 8)
            do throws(EventError) { _ = try JournalEvent(flipped, 0..<flipped.count) } catch { refused += 1 }
        }
        #expect(refused > bytes.count / 2)
    }

    @Test func aWindowOfRevisionsNeedsOneForEachValue() {
        let event = ValidatedIntervals(
            meter: "M",
            channel: "c",
            unit: .volt,
            zone: "UTC",
            start: Instant(secondsSinceEpoch: 0),
            intervalSeconds: 900,
            billionths: [1, 2],
            qualities: [80, 80],
            methods: [0, 0],
            revisions: [1],
            provenance: [Provenance(count: 2, raw: CodecTests.raw)],
            findings: [],
            ruleSet: "",
            decidedAtMilliseconds: 0,
            window: nil
        )
        var bytes: [UInt8] = []
        event.append(to: &bytes)
        #expect(throws: EventError.self) { try ValidatedIntervals(bytes, 0..<bytes.count) }
    }

    @Test func theLaterReceiptWinsThenTheLargerPayload() {
        var later = CodecTests.raw
        later.receivedAtMilliseconds += 1
        #expect(later.supersedes(CodecTests.raw))
        #expect(!CodecTests.raw.supersedes(later))
        var larger = CodecTests.raw
        larger.payloadLow += 1
        #expect(larger.supersedes(CodecTests.raw))
        #expect(!CodecTests.raw.supersedes(CodecTests.raw))
    }
}

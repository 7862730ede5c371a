import MeterCore
import MeterEvents
import RuleSets
import Testing

/// The rules on payloads: V02, V03, V07, V14, V38.
struct PayloadRuleTests {
    private let received: Int64 = 1_700_000_000

    private func judge(
        start: Int64? = nil,
        end: Int64? = nil,
        clock: Int64? = nil,
        interval: Int64 = 900,
        unit: MeasurementUnit = .kilowattHour,
        multiplier: Int64 = 0,
        counter: UInt64 = 0,
        last: UInt64 = 0,
        channel: ChannelRegistration? = nil,
        meter: MeterRegistration? = nil,
        _ rules: RuleParameters = RuleParameters()
    ) -> [PayloadFinding] {
        var findings: [PayloadFinding] = []
        rules.judgePayload(
            PayloadView(
                channel: "E1",
                unit: unit,
                intervalSeconds: interval,
                start: start ?? received - 900,
                end: end ?? received,
                receivedAtMilliseconds: received * 1000,
                meterClock: clock.map { received + $0 },
                multiplierBillionths: multiplier,
                frameCounter: counter,
                lastFrameCounter: last,
                registration: channel,
                meter: meter
            ),
            &findings
        )
        return findings
    }

    @Test func aPlainPayloadIsTaken() {
        #expect(judge().isEmpty)
        #expect(judge(clock: 0, channel: DayBench.channel(), meter: DayBench.meter()).isEmpty)
    }

    // MARK: V02

    @Test(arguments: [
        (Int64(180), nil as Severity?), (181, .warn), (449, .warn), (450, .fail), (-900, nil), (-901, .fail),
    ])
    func theClockOfTheMeter(offset: Int64, severity: Severity?) {
        let found = judge(clock: offset)
        #expect(found.first?.severity == severity)
        #expect(found.allSatisfy { $0.rule == 2 && $0.action == .setClock })
        #expect(found.first?.observedBillionths ?? offset * DayBench.unit == offset * DayBench.unit)
    }

    @Test func longIntervalsForgiveMore() {
        #expect(judge(clock: 1799, interval: 3600).map(\.severity) == [.warn])
        #expect(judge(clock: 1800, interval: 3600).map(\.severity) == [.fail])
        #expect(judge(clock: 10_000, interval: 0).map(\.severity) == [.warn])
        #expect(judge(clock: .max - 1_700_000_000).map(\.severity) == [.fail])
    }

    @Test func dataFromTheFutureIsRefused() {
        #expect(judge(end: received + 300).isEmpty)
        let found = judge(end: received + 301, clock: 5000)
        #expect(found.map(\.action) == [.refuse])
        #expect(found.first?.observedBillionths == 301 * DayBench.unit)
        #expect(judge(end: .max).map(\.action) == [.refuse])
    }

    @Test func oldDataIsTakenUnlessThereIsALimit() {
        #expect(judge(start: received - 4000 * 86_400).isEmpty)
        var rules = RuleParameters()
        rules.clock.pastDays = 35
        #expect(judge(start: received - 35 * 86_400, rules).isEmpty)
        #expect(judge(start: received - 35 * 86_400 - 1, rules).map(\.action) == [.refuse])
        #expect(judge(start: .min, end: received, rules).map(\.action) == [.refuse])
    }

    // MARK: V03

    @Test func dataFromOutsideTheTimeOfTheMeter() {
        func meter(from: Int64? = nil, to: Int64? = nil) -> MeterRegistration {
            DayBench.meter {
                $0.installedFrom = from.map { Instant(secondsSinceEpoch: received + $0) }
                $0.installedTo = to.map { Instant(secondsSinceEpoch: received + $0) }
            }
        }
        #expect(judge(meter: meter(from: -900, to: 0)).isEmpty)
        #expect(judge(meter: meter(from: 0)).map(\.action) == [.refuse])
        #expect(judge(meter: meter(from: -1)).map(\.action) == [.note])
        #expect(judge(meter: meter(to: -900)).map(\.action) == [.refuse])
        #expect(judge(meter: meter(to: -899)).map(\.severity) == [.warn])
    }

    // MARK: V07, V14

    @Test func lengthUnitAndMultiplierAreThoseOfTheRegistry() {
        let channel = DayBench.channel { $0.multiplierBillionths = 40 * DayBench.unit }
        #expect(judge(interval: 900, multiplier: 40 * DayBench.unit, channel: channel).isEmpty)
        #expect(judge(interval: 900, channel: channel).isEmpty)
        #expect(judge(interval: 1800, channel: channel).map(\.rule) == [7])
        #expect(judge(interval: 1800, channel: channel).map(\.action) == [.refuse])
        #expect(judge(interval: 0, channel: channel).isEmpty)
        #expect(judge(unit: .kilovarHour, channel: channel).map(\.rule) == [14])
        #expect(judge(multiplier: 41 * DayBench.unit, channel: channel).map(\.rule) == [14])
        var rules = RuleParameters()
        rules.intervalSize.severity = .warn
        #expect(judge(interval: 1800, channel: channel, rules).map(\.action) == [.note])
    }

    // MARK: V38

    @Test func framesThatDoNotRiseAreReplays() {
        #expect(judge(counter: 11, last: 10).isEmpty)
        #expect(judge(counter: 10, last: 10).map(\.rule) == [38])
        #expect(judge(counter: 9, last: 10).map(\.action) == [.refuse])
        #expect(judge(counter: 9).isEmpty)
        #expect(judge(last: 9).isEmpty)
    }

    @Test func rulesThatAreOffRefuseNothing() throws {
        let rules = try RuleSet(
            json: """
                {"rules": {"V02": {"enabled": false}, "V03": {"enabled": false}, "V07": {"enabled": false},
                           "V14": {"enabled": false}, "V38": {"enabled": false}}}
                """,
            version: "off"
        ).base
        let meter = DayBench.meter { $0.installedTo = Instant(secondsSinceEpoch: 0) }
        let found = judge(
            end: received + 9999,
            clock: 9999,
            interval: 60,
            unit: .volt,
            counter: 1,
            last: 2,
            channel: DayBench.channel(),
            meter: meter,
            rules
        )
        #expect(found.isEmpty)
    }
}

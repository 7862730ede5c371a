import MeterCore
import MeterEvents
import RuleSets
import Testing

/// The rules on single intervals: V02, V10 to V13, V20, V30, V39, V40, and V08.
struct SingleIntervalRuleTests {
    @Test func aCleanDayHasNoFindings() {
        #expect(DayBench.judge(DayBench.view((0..<96).map { 0.1 + Double($0) / 1000 })).isEmpty)
        #expect(DayBench.judge(DayBench.view([])).isEmpty)
        #expect(DayBench.judge(DayBench.view([1])).isEmpty)
        #expect(DayBench.judge(DayBench.view([nil, nil])).isEmpty)
    }

    @Test(arguments: [
        (IntervalFlags.clockInvalid, UInt32(2), Severity.warn, Effect.question),
        (.clockAdjusted, 2, .info, .note),
        (.overflow, 10, .fail, .estimate),
        (.testMode, 11, .fail, .estimate),
        (.partial, 12, .warn, .question),
        (.long, 12, .warn, .question),
        (.recovered, 12, .warn, .question),
        (.skipped, 12, .fail, .estimate),
        (.recordingStopped, 12, .fail, .estimate),
        (.dataInvalid, 12, .fail, .estimate),
        (.configurationChanged, 12, .fail, .estimate),
        (.diagnostic, 13, .warn, .question),
        (.reset, 13, .warn, .question),
        (.tamper, 13, .warn, .question),
    ])
    func flagsAreFound(flag: IntervalFlags, rule: UInt32, severity: Severity, effect: Effect) {
        for isClosed in [false, true] {
            let view = DayBench.view([1, 1.5, 2, 1], flags: [1: flag, 2: flag], isClosed: isClosed)
            let expected = DayBench.finding(rule, severity, effect, 1, 2, observed: Double(flag.rawValue))
            #expect(DayBench.judge(view) == [expected])
        }
    }

    @Test(arguments: [IntervalFlags.daylightSaving, .powerFailed])
    func flagsThatAreNoFaultAreNotFound(flag: IntervalFlags) {
        #expect(DayBench.judge(DayBench.view([1, 1.5], flags: [1: flag])).isEmpty)
    }

    /// What a person has settled, what is estimated and what is not there is not judged.
    @Test(arguments: [Quality.edited, .verified, .revenue, .estimatedLinear, .missing])
    func onlyUnsettledMeasurementsAreJudged(quality: Quality) {
        #expect(DayBench.judge(DayBench.view([1, -5], quality: quality, flags: [0: .overflow])).isEmpty)
    }

    @Test func aSkippedIntervalWithoutPowerIsActual() {
        let view = DayBench.view([1, 0, 2], flags: [1: [.skipped, .powerFailed]])
        #expect(DayBench.judge(view) == [DayBench.finding(33, .info, .note, 1, observed: 0)])
    }

    @Test func rulesThatAreOffSayNothing() throws {
        let off = try RuleSet(
            json: """
                {"rules": {"V02": {"enabled": false}, "V10": {"enabled": false}, "V11": {"enabled": false},
                           "V12": {"enabled": false}, "V13": {"enabled": false}, "V20": {"enabled": false},
                           "V30": {"enabled": false}}}
                """,
            version: "off"
        ).base
        let flags: IntervalFlags = [
            .clockInvalid, .clockAdjusted, .overflow, .testMode, .partial, .skipped, .diagnostic,
        ]
        let channel = DayBench.channel { $0.capacityWatts = 1 }
        let view = DayBench.view([-9], flags: [0: flags], channel: channel, off)
        #expect(DayBench.judge(view, off).isEmpty)
        #expect(!view.limits.isSuspect(-9, flags))
    }

    @Test func intervalsThatATestTouchesAreInTestMode() {
        let start = DayBench.monday
        func found(_ tests: [Range<Int64>], flags: [Int: IntervalFlags] = [:]) -> [RuleFinding] {
            DayBench.judge(DayBench.view([1, 1.5, 2, 1], flags: flags, tests: tests))
        }
        #expect(found([start + 900..<start + 901]) == [DayBench.finding(11, .fail, .estimate, 1, observed: 32)])
        #expect(found([start + 899..<start + 1801]) == [DayBench.finding(11, .fail, .estimate, 0, 3, observed: 32)])
        #expect(found([start - 900..<start]).isEmpty)
        #expect(found([start + 3600..<start + 4500]).isEmpty)
        // Said twice, found once.
        #expect(found([start..<start + 900], flags: [0: .testMode]) == found([start..<start + 900]))
    }

    @Test func severitySaysWhatBecomesOfAValue() throws {
        let json =
            #"{"rules": {"V10": {"severity": "warn"}, "V11": {"severity": "info"}, "V13": {"severity": "fail"}}}"#
        let rules = try RuleSet(json: json, version: "s").base
        let view = DayBench.view([1, 1.2, 1.3], flags: [0: .overflow, 1: .testMode, 2: .diagnostic], rules)
        #expect(DayBench.judge(view, rules).map(\.effect) == [.question, .note, .fail])
    }

    // MARK: V20

    /// 10 kW at 110 % is 2.75 kWh a quarter-hour.
    @Test func demandAboveTheCapacityFails() {
        let channel = DayBench.channel { $0.capacityWatts = 10_000 }
        func findings(_ value: Double) -> [RuleFinding] {
            DayBench.judge(DayBench.view([1, value, 1.1], channel: channel))
        }
        #expect(findings(2.75).isEmpty)
        #expect(findings(2.750_000_001).map(\.rule) == [20])
        #expect(
            findings(1000).first
                == DayBench.finding(20, .fail, .estimate, 1, observed: 1000, limit: 2.75)
        )
    }

    @Test func theCapacityMayComeFromTheMeterOrTheRules() {
        let meter = DayBench.meter {
            $0.nominalVoltageMillivolts = 230_000
            $0.maximumCurrentMilliamperes = 60_000
            $0.phases = 3
        }
        // 41.4 kW: 11.385 kWh a quarter-hour.
        #expect(DayBench.judge(DayBench.view([11.385, 11.386], meter: meter)).map(\.first) == [1])
        var rules = RuleParameters()
        #expect(DayBench.judge(DayBench.view([1_000_000], rules)).isEmpty)
        rules.demandLimit.defaultCapacityWatts = 1000
        #expect(DayBench.judge(DayBench.view([0.275, 0.3], rules), rules).map(\.first) == [1])
        let power = DayBench.view([1.1, 1.2], unit: .kilowatt, rules)
        #expect(DayBench.judge(power, rules).map(\.first) == [1])
        let volume = DayBench.view([100], unit: .cubicMetre, rules)
        #expect(DayBench.judge(volume, rules).isEmpty)
    }

    @Test func aNetChannelIsLimitedBothWays() {
        let channel = DayBench.channel(.net) { $0.capacityWatts = 10_000 }
        #expect(DayBench.judge(DayBench.view([-2.75, -2.76, 2.76], channel: channel)).map(\.first) == [1, 2])
    }

    // MARK: V30

    @Test func negativeAmountsFail() {
        #expect(
            DayBench.judge(DayBench.view([1, -0.000_000_001, 2]))
                == [DayBench.finding(30, .fail, .estimate, 1, observed: -0.000_000_001)]
        )
        #expect(DayBench.judge(DayBench.view([0.2, 0, 0.1])).isEmpty)
        #expect(DayBench.judge(DayBench.view([-1], unit: .kilowatt)).isEmpty)
        #expect(DayBench.judge(DayBench.view([-1], channel: DayBench.channel(.net))).isEmpty)
        var rules = RuleParameters()
        rules.negative.netChannels = ["E*"]
        #expect(DayBench.judge(DayBench.view([-1], rules), rules).isEmpty)
    }

    // MARK: V39, V40

    @Test func voltageOutsideTheBandIsTold() {
        let meter = DayBench.meter { $0.nominalVoltageMillivolts = 230_000 }
        let view = DayBench.view([207, 206.9, 230, 253, 253.1], unit: .volt, meter: meter)
        #expect(
            DayBench.judge(view) == [
                DayBench.finding(39, .warn, .note, 1, observed: 206.9, limit: 207),
                DayBench.finding(39, .warn, .note, 4, observed: 253.1, limit: 253),
            ]
        )
        #expect(DayBench.judge(DayBench.view([1], unit: .volt)).isEmpty)
    }

    @Test func voltageInAnOutageIsNotJudged() {
        let meter = DayBench.meter { $0.nominalVoltageMillivolts = 230_000 }
        let outage = DayBench.monday + 900..<DayBench.monday + 1000
        let view = DayBench.view([230, 0, 0], unit: .volt, outages: [outage], meter: meter)
        #expect(DayBench.judge(view).map(\.first) == [2])
        let flagged = DayBench.view([230, 0], unit: .volt, flags: [1: .powerFailed], meter: meter)
        #expect(DayBench.judge(flagged).isEmpty)
    }

    @Test func currentAboveTheLimitIsTold() {
        let meter = DayBench.meter { $0.maximumCurrentMilliamperes = 60_000 }
        let view = DayBench.view([66, 66.1, -67], unit: .ampere, meter: meter)
        #expect(
            DayBench.judge(view) == [
                DayBench.finding(40, .warn, .note, 1, observed: 66.1, limit: 66),
                DayBench.finding(40, .warn, .note, 2, observed: -67, limit: 66),
            ]
        )
        #expect(DayBench.judge(DayBench.view([1_000_000], unit: .ampere)).isEmpty)
    }

    // MARK: V08

    @Test(arguments: [23, 24, 25])
    func daysOfAllLengthsAreAligned(hours: Int) {
        #expect(DayBench.judge(DayBench.view((0..<hours * 4).map { Double($0 % 7) + 1 })).isEmpty)
    }

    @Test func dataOffTheGridIsTold() {
        let view = DayBench.view([1, 1.2, 1.3], start: DayBench.monday + 300)
        #expect(DayBench.judge(view) == [DayBench.finding(8, .warn, .note, 0, 3, observed: 300)])
        #expect(DayBench.judge(DayBench.view([1, 2], start: DayBench.monday + 900)).isEmpty)
    }

    // MARK: On arrival

    @Test func whatAValueRanksAsFollowsFromTheRules() {
        let rules = RuleParameters()
        let limits = SlotLimits(rules, channel: "E1", unit: .kilowattHour, intervalSeconds: 900)
        func effect(_ value: Int64, _ flags: IntervalFlags = []) -> Effect? {
            rules.effectOnArrival(of: value, flags, unit: .kilowattHour, intervalSeconds: 900, limits)
        }
        #expect(effect(1) == nil)
        #expect(effect(-1) == .estimate)
        #expect(effect(1, .partial) == .question)
        #expect(effect(1, .clockAdjusted) == .note)
        #expect(effect(-1, [.partial, .diagnostic]) == .estimate)
        #expect(effect(1, .powerFailed) == nil)
    }
}

import MeterCore
import MeterEvents
import RuleSets
import Testing

/// The rules between channels and registers of a meter: V25, V26, V31, V32, V34.
struct ChannelRuleTests {
    private func rules(_ window: WindowView) -> [UInt32] { WindowRuleTests.judge(window).map(\.rule) }

    private func sibling(
        _ day: WindowStatistics,
        _ channel: String = "E2",
        unit: MeasurementUnit = .kilowattHour
    ) -> SiblingWindow {
        SiblingWindow(channel: channel, unit: unit, intervalSeconds: 900, statistics: day)
    }

    // MARK: V25

    private func span(
        _ from: Double,
        _ to: Double,
        sum: Double,
        tou: String = "",
        used: Int = 96,
        isAligned: Bool = true
    ) -> RegisterSpan {
        RegisterSpan(
            from: RegisterPoint(at: 0, value: DayBench.billionths(from)),
            to: RegisterPoint(at: 86_400, value: DayBench.billionths(to)),
            tou: tou,
            advance: DayBench.billionths(to - from),
            intervalSum: DayBench.billionths(sum),
            expected: 96,
            used: used,
            isAligned: isAligned
        )
    }

    private func sums(_ spans: RegisterSpan...) -> [WindowFinding] {
        WindowRuleTests.judge(WindowRuleTests.window(WindowRuleTests.day(24), registers: spans))
    }

    /// Steps of 0.01: two of them are more than 0.1 % of 10.
    @Test func intervalsAddUpToTheRegister() {
        #expect(sums(span(100.25, 110.25, sum: 10)).isEmpty)
        #expect(sums(span(100.25, 110.25, sum: 10.02)).isEmpty)
        #expect(sums(span(100.25, 110.25, sum: 9.98)).isEmpty)
        let found = sums(span(100.25, 110.25, sum: 10.021))
        #expect(found.map(\.rule) == [25])
        #expect(found.first?.severity == .fail)
        #expect(found.first?.observedBillionths == 21_000_000)
        #expect(found.first?.limitBillionths == 20_000_000)
    }

    /// 0.1 % of 100 is more than two steps of 0.001.
    @Test func largeDifferencesHaveAShare() {
        #expect(sums(span(1.001, 101.001, sum: 100.1)).isEmpty)
        #expect(sums(span(1.001, 101.001, sum: 100.101)).count == 1)
        // A register of whole kWh may be off by two.
        #expect(sums(span(1, 11, sum: 12)).isEmpty)
        #expect(sums(span(1, 11, sum: 12.01)).count == 1)
    }

    @Test func onlyWholeSpansAreCompared() {
        #expect(sums(span(100.25, 110.25, sum: 5, used: 95)).isEmpty)
        #expect(sums(span(100.25, 110.25, sum: 5, isAligned: false)).isEmpty)
        #expect(sums().isEmpty)
    }

    @Test func ratesAddUpToTheTotal() {
        let total = span(100.25, 110.25, sum: 10)
        func rate(_ name: String, _ amount: Double) -> RegisterSpan {
            span(50.01, 50.01 + amount, sum: 0, tou: name)
        }
        #expect(sums(total, rate("1", 4), rate("2", 6)).isEmpty)
        #expect(sums(total, rate("1", 4), rate("2", 6.02)).isEmpty)
        #expect(sums(total, rate("1", 4), rate("2", 6.03)).map(\.rule) == [25])
        #expect(sums(total, rate("1", 4)).isEmpty)
    }

    // MARK: V26

    private func reactive(
        mean: Double,
        zeroFrom: Int32,
        zeroSeconds: Int32,
        useSeconds: Int32 = 86_400,
        capacityWatts: Int64 = 0
    ) -> [UInt32] {
        let day = WindowRuleTests.day(mean * 96) { $0.longestUseSeconds = useSeconds }
        let active = WindowRuleTests.day(5) {
            $0.longestZeroStart = zeroFrom
            $0.longestZeroSeconds = zeroSeconds
        }
        let channel = DayBench.channel(.reactive, "Q1", unit: .kilovarHour) { $0.capacityWatts = capacityWatts }
        return rules(
            WindowRuleTests.window(day, siblings: [sibling(active, "E1")], channel: channel, unit: .kilovarHour)
        )
    }

    /// Without a capacity half a kvarh an hour is too much: 0.125 a quarter-hour.
    @Test func reactiveEnergyWithoutActiveEnergy() {
        #expect(reactive(mean: 0.126, zeroFrom: 36_000, zeroSeconds: 3600) == [26])
        #expect(reactive(mean: 0.125, zeroFrom: 36_000, zeroSeconds: 3600).isEmpty)
        #expect(reactive(mean: 0.126, zeroFrom: 36_000, zeroSeconds: 2700).isEmpty)
        #expect(reactive(mean: 0.126, zeroFrom: 36_000, zeroSeconds: 3600, useSeconds: 36_900).isEmpty)
        #expect(reactive(mean: 0.126, zeroFrom: 0, zeroSeconds: 0).isEmpty)
        // 5 % of 20 kVA is 0.25 a quarter-hour.
        #expect(reactive(mean: 0.25, zeroFrom: 36_000, zeroSeconds: 3600, capacityWatts: 20_000).isEmpty)
        #expect(reactive(mean: 0.26, zeroFrom: 36_000, zeroSeconds: 3600, capacityWatts: 20_000) == [26])
    }

    @Test func reactiveEnergyAloneIsNotCompared() {
        let day = WindowRuleTests.day(50)
        #expect(rules(WindowRuleTests.window(day, unit: .kilovarHour)).isEmpty)
    }

    // MARK: V31

    @Test func aChannelWithoutDataIsToldOnce() throws {
        let meter = DayBench.meter {
            $0.channels = [
                DayBench.channel(.delivered, "E1"), DayBench.channel(.reactive, "Q1", unit: .kilovarHour),
                DayBench.channel(.received, "B1"), DayBench.channel(.register, "R1") { $0.intervalSeconds = 0 },
            ]
        }
        let day = WindowRuleTests.day(5)
        func found(_ channel: String, _ others: [SiblingWindow]) -> [WindowFinding] {
            WindowRuleTests.judge(
                WindowRuleTests.window(
                    day,
                    siblings: others,
                    channel: DayBench.channel(.delivered, channel),
                    meter: meter
                )
            )
        }
        #expect(found("E1", [sibling(day, "Q1"), sibling(day, "B1")]).isEmpty)
        let one = try #require(found("E1", [sibling(day, "Q1")]).first)
        #expect(
            one
                == WindowFinding(
                    rule: 31,
                    severity: .warn,
                    observedBillionths: 2 * DayBench.unit,
                    limitBillionths: 3 * DayBench.unit
                )
        )
        #expect(found("Q1", [sibling(day, "E1")]).isEmpty)
        let empty = WindowRuleTests.day(0) {
            $0.measured = 0
            $0.missing = 96
        }
        #expect(found("Q1", [sibling(empty, "E1")]).count == 1)
        #expect(found("X9", [sibling(day, "E1")]).isEmpty)
    }

    // MARK: V32

    @Test func reverseEnergyThatTheDeviceReportedTooIsGraver() {
        func severities(
            _ reversals: [Int64],
            _ total: Double = 1,
            _ rules: RuleParameters = RuleParameters()
        ) -> [Severity] {
            var window = WindowRuleTests.window(
                WindowRuleTests.day(total),
                channel: DayBench.channel(.received),
                meter: DayBench.meter()
            )
            window.reversals = reversals
            return WindowRuleTests.judge(window, rules).map(\.severity)
        }
        #expect(severities([]) == [.warn])
        #expect(severities([5]) == [.fail])
        #expect(severities([5], 0.1).isEmpty)
        var rules = RuleParameters()
        rules.reverseEnergy.corroboratedSeverity = .info
        #expect(severities([5, 6], 1, rules) == [.info])
    }

    @Test func reverseEnergyOfAWindowOfSeveralDaysIsByTheDay() {
        func found(_ total: Double) -> Bool {
            let week = WindowRuleTests.day(total) { $0.days = 7 }
            let window = WindowRuleTests.window(week, channel: DayBench.channel(.received), meter: DayBench.meter())
            return !rules(window).isEmpty
        }
        #expect(!found(0.7))
        #expect(found(0.700_000_001))
    }

    @Test func reverseEnergyWithoutAGenerator() {
        func found(_ total: Double, hasGeneration: Bool = false, kind: ChannelRegistration.Kind = .received) -> [UInt32]
        {
            rules(
                WindowRuleTests.window(
                    WindowRuleTests.day(total),
                    channel: DayBench.channel(kind),
                    meter: DayBench.meter { $0.hasGeneration = hasGeneration }
                )
            )
        }
        #expect(found(0.1).isEmpty)
        #expect(found(0.100_000_001) == [32])
        #expect(found(5, hasGeneration: true).isEmpty)
        #expect(found(5, kind: .delivered).isEmpty)
        #expect(rules(WindowRuleTests.window(WindowRuleTests.day(5), channel: DayBench.channel(.received))).isEmpty)
    }

    // MARK: V34

    @Test func theCheckMeterCountsTheSame() throws {
        let check = DayBench.channel(.check, "C1") { $0.checkOf = "E1" }
        func found(_ main: WindowStatistics, _ checked: WindowStatistics) -> [WindowFinding] {
            WindowRuleTests.judge(WindowRuleTests.window(checked, siblings: [sibling(main, "E1")], channel: check))
        }
        #expect(found(WindowRuleTests.day(100), WindowRuleTests.day(101.5)).isEmpty)
        #expect(found(WindowRuleTests.day(100), WindowRuleTests.day(98.5)).isEmpty)
        let one = try #require(found(WindowRuleTests.day(100), WindowRuleTests.day(98.4)).first)
        #expect(one.rule == 34)
        #expect(one.observedBillionths == 1_600_000_000)
        #expect(found(WindowRuleTests.day(0.9), WindowRuleTests.day(0.5)).isEmpty)
        #expect(found(WindowRuleTests.day(100) { $0.measured = 95 }, WindowRuleTests.day(50)).isEmpty)
    }
}

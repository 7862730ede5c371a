import MeterCore
import MeterEvents
import RuleSets
import Testing

/// The rules on the intervals of a closed day: V06, V19, V21, V29, V33.
struct DayRuleTests {
    private func day(_ high: [Double], rest: Double = 1, count: Int = 24) -> [Double?] {
        var values = [Double?](repeating: rest, count: count)
        for (index, value) in high.enumerated() { values[3 + 5 * index] = value }
        return values
    }

    /// Rules for which a day without a history is judged by `thresholdPercent` alone.
    private static let alone: RuleParameters = {
        var rules = RuleParameters()
        rules.spike.alonePercentBillionths = 0
        return rules
    }()

    private func spikes(
        _ values: [Double?],
        history: [Double]? = nil,
        _ rules: RuleParameters = DayRuleTests.alone
    ) -> [RuleFinding] {
        DayBench.judge(DayBench.view(values, interval: 3600, history: history, rules), rules).filter { $0.rule == 19 }
    }

    // MARK: V19

    /// The worked example: (5.0 - 1.2) / 1.2 is 316.7 %.
    @Test func theWorkedExampleOfASpike() {
        let found = spikes(day([5, 1.3, 1.2]))
        #expect(found == [DayBench.finding(19, .fail, .fail, 3, observed: 316.666_666_666, limit: 180)])
    }

    /// Max 3.5 over third 1.25 is exactly 180 %.
    @Test func aSpikeIsStrictlyAbove() {
        #expect(spikes(day([3.5, 1.3, 1.25])).isEmpty)
        #expect(spikes(day([3.500_000_001, 1.3, 1.25])).count == 1)
    }

    @Test(arguments: [23, 24, 25])
    func spikesOnDaysOfAllLengths(hours: Int) {
        #expect(spikes(day([9], count: hours)).map(\.first) == [3])
    }

    @Test func whatIsNoSpike() {
        #expect(spikes(day([5, 4.9])).count == 2)
        #expect(spikes(day([5, 4.9, 4.8])).isEmpty)
        #expect(spikes(day([0.499], rest: 0.1)).isEmpty)
        #expect(spikes(day([5], rest: 0)).isEmpty)
        #expect(spikes([9, 1]).isEmpty)
        #expect(spikes([9]).isEmpty)
        #expect(spikes([]).isEmpty)
        let open = DayBench.view(day([9]), interval: 3600, isClosed: false)
        #expect(DayBench.judge(open, Self.alone).isEmpty)
        let reactive = DayBench.view(day([9]), interval: 3600, unit: .kilovarHour)
        #expect(DayBench.judge(reactive, Self.alone).filter { $0.rule == 19 }.isEmpty)
    }

    @Test func aWarningAboutASpikeKeepsTheValue() {
        var rules = Self.alone
        rules.spike.severity = .warn
        #expect(spikes(day([9]), rules).map(\.effect) == [.question])
    }

    /// A heater that takes 3 kWh in one hour of every morning and a day of 0.5 kWh an hour: 500 % above the day's third highest, but not more
    /// than the third highest of its days. 6 kWh are exactly 100 % above 3 and pass; the limit of what is more is (6 - 0.5) / 0.5 = 1,100 %.
    @Test func whatTheChannelDoesEveryMorningIsNoSpike() {
        let rules = RuleParameters()
        let mornings = [Double](repeating: 3, count: 7)
        #expect(spikes(day([3], rest: 0.5), history: mornings, rules).isEmpty)
        #expect(spikes(day([6], rest: 0.5), history: mornings, rules).isEmpty)
        let found = spikes(day([6.000_000_001], rest: 0.5), history: mornings, rules)
        #expect(found == [DayBench.finding(19, .fail, .fail, 3, observed: 1_100.000_000_2, limit: 1_100)])
    }

    /// The percentage above the day's third stays necessary: 2.8 over 1 passes beside days that never had more than 0.2.
    @Test func theHistoryAloneMakesNoSpike() {
        let quiet = [Double](repeating: 0.2, count: 28)
        #expect(spikes(day([2.8]), history: quiet, RuleParameters()).isEmpty)
        #expect(
            spikes(day([2.800_000_001]), history: quiet, RuleParameters()).map(\.limitBillionths) == [
                180 * DayBench.unit
            ]
        )
    }

    /// Peaks of 50, 40, 2, 2, 1, 1, 1: the third highest is 2, so that two earlier spikes hide nothing. Of 50, 40, 30 it is 30: a pattern.
    @Test func twoSpikesOfTheHistoryHideNoThird() {
        #expect(spikes(day([4.1]), history: [1, 50, 1, 2, 40, 1, 2], RuleParameters()).map(\.first) == [3])
        #expect(spikes(day([4]), history: [1, 50, 1, 2, 40, 1, 2], RuleParameters()).isEmpty)
        #expect(spikes(day([59]), history: [1, 50, 1, 2, 40, 1, 30], RuleParameters()).isEmpty)
    }

    /// Six days before are too few, and so are seven of which most had nothing: then a value must stand 2,000 % above the third, 21 over 1.
    @Test(arguments: [nil, [], [2, 2, 2, 2, 2, 2], [0, 0, 0, 0, 0, 2, 2], [2, 2, 2, 2, 2, 2, -1]] as [[Double]?])
    func withoutAHistoryMoreIsAsked(history: [Double]?) {
        let rules = RuleParameters()
        #expect(spikes(day([21]), history: history, rules).isEmpty)
        let found = spikes(day([21.000_000_001]), history: history, rules)
        #expect(found == [DayBench.finding(19, .fail, .fail, 3, observed: 2_000.000_000_1, limit: 2_000)])
    }

    /// 28 days of hourly values, one of them with the clock put forward, are a history of their own, 27 are not: 2.81 over 1 is 181 %.
    @Test func aLongWindowIsItsOwnHistory() {
        let rules = RuleParameters()
        #expect(spikes(day([2.81], count: 28 * 24), rules).count == 1)
        #expect(spikes(day([2.81], count: 28 * 24 - 1), history: [9, 9, 9, 9, 9, 9, 9], rules).count == 1)
        #expect(spikes(day([2.81], count: 27 * 24), rules).isEmpty)
    }

    /// The largest values there are neither trap nor wrap around: both ends of the range as third, as peak and as value.
    @Test func theLargestSpikesAreJudged() {
        var view = DayBench.view(day([1]), interval: 3600)
        view.values[3] = .max
        view.history = PeakHistory([Int64](repeating: .max, count: 7))
        view.statistics = DayStatistics(view.values.span, view.qualities.span, view.flags.span, view.elements)
        #expect(DayBench.judge(view).filter { $0.rule == 19 }.isEmpty)
        view.history = PeakHistory([Int64](repeating: .max / 2, count: 7))
        // Int64.max is 2 * (Int64.max / 2) + 1: more than 100 % above it.
        #expect(DayBench.judge(view).filter { $0.rule == 19 }.map(\.observedBillionths) == [Int64.max])
    }

    @Test func peaksAreRankedInAnyOrder() {
        let peaks: [Int64] = [4, 9, .min, 9, 0, 7]
        for order in [peaks, peaks.reversed(), peaks.sorted()] {
            let history = PeakHistory(order)
            #expect(history.windows == 5)
            #expect([history.highest, history.second, history.third] == [9, 9, 7])
        }
        #expect(PeakHistory([3, 2]).third == .min)
    }

    // MARK: V21

    @Test func stepsAreFoundWhereTheRuleIsOn() {
        var rules = RuleParameters()
        let values: [Double?] = [1, 6, 6, 37]
        #expect(DayBench.judge(DayBench.view(values, interval: 3600, rules), rules).allSatisfy { $0.rule != 21 })
        rules.step.isEnabled = true
        rules.spike.isEnabled = false
        func steps(_ values: [Double?], previous: Double? = nil) -> [RuleFinding] {
            DayBench.judge(DayBench.view(values, interval: 3600, previous: previous, rules), rules)
        }
        // 1 to 6 is exactly 500 %.
        #expect(steps(values) == [DayBench.finding(21, .warn, .question, 3, observed: 516.666_666_666, limit: 500)])
        #expect(steps([7], previous: 1).map(\.first) == [0])
        #expect(steps([6], previous: 1).isEmpty)
        #expect(steps([7]).isEmpty)
        #expect(steps([0, 7]).isEmpty)
        #expect(steps([0.01, 0.99]).isEmpty)
        #expect(steps([1, nil, 7]).map(\.first) == [2])
    }

    // MARK: V29

    private func stuck(_ count: Int, _ value: Double = 1.37, interval: Int64 = 3600) -> [RuleFinding] {
        var values = (0..<24).map { Double?(2 + Double($0) / 10) }
        for slot in 4..<4 + count { values[slot] = value }
        return DayBench.judge(DayBench.view(values, interval: interval)).filter { $0.rule == 29 }
    }

    @Test func aRunOfOneValueIsDoubtful() {
        #expect(stuck(7).isEmpty)
        #expect(stuck(8) == [DayBench.finding(29, .warn, .question, 4, 8, observed: 28_800, limit: 10_800)])
        #expect(stuck(9).map(\.count) == [9])
    }

    @Test func runsThatSayNothing() {
        // Two significant digits, a standby load, zeros, and two hours of quarter-hours.
        #expect(stuck(12, 1.4).isEmpty)
        #expect(stuck(12, 0.137).isEmpty)
        #expect(stuck(12, 0).isEmpty)
        #expect(stuck(8, interval: 900).isEmpty)
        #expect(stuck(12, interval: 900).map(\.count) == [12])
        #expect(DayBench.judge(DayBench.view([1.37])).isEmpty)
        let voltage = DayBench.view([Double?](repeating: 231.5, count: 96), unit: .volt)
        #expect(DayBench.judge(voltage).isEmpty)
    }

    @Test func aGapEndsARun() {
        var values = [Double?](repeating: 1.37, count: 15)
        values[7] = nil
        #expect(DayBench.judge(DayBench.view(values, interval: 3600)).isEmpty)
    }

    // MARK: V33

    @Test func zerosInAnOutageAreActual() {
        let outage = DayBench.monday + 950..<DayBench.monday + 2700
        let view = DayBench.view([1, 0, 0, 0.5], outages: [outage])
        #expect(DayBench.judge(view) == [DayBench.finding(33, .info, .note, 1, 2, observed: 0)])
        #expect(DayBench.judge(DayBench.view([1, 0, 0, 0.5])).isEmpty)
    }

    /// The outage has the whole third quarter-hour and part of the second and the fourth.
    @Test func useWithoutPowerContradicts() {
        let outage = DayBench.monday + 1000..<DayBench.monday + 3000
        let view = DayBench.view([1, 1.1, 1.2, 1.3], outages: [outage])
        #expect(DayBench.judge(view) == [DayBench.finding(33, .warn, .question, 2, observed: 1.2)])
    }

    @Test func zerosMayNeedAnOutage() {
        var rules = RuleParameters()
        rules.powerFail.zeroNeedsOutage = true
        let view = DayBench.view([1, 0, 0, 1.3], flags: [2: .powerFailed], rules)
        #expect(
            DayBench.judge(view, rules) == [
                DayBench.finding(33, .warn, .question, 1, observed: 0),
                DayBench.finding(33, .info, .note, 2, observed: 0),
            ]
        )
    }

    // MARK: V06

    /// The reported case: readings at 16, 17, 18 and 19 o'clock, the one of 18 o'clock a copy of that of 17.
    @Test func theWorkedExampleOfAStaleSnapshot() {
        let start = DayBench.monday
        func reading(_ hour: Int64, _ value: Double, clock: Int64) -> RegisterPoint {
            RegisterPoint(
                at: start + hour * 3600,
                value: DayBench.billionths(value),
                meterClock: start + clock * 3600
            )
        }
        let readings = [
            reading(16, 109_552.248, clock: 16), reading(17, 109_554.016, clock: 17),
            reading(18, 109_554.016, clock: 17), reading(19, 109_562.072, clock: 19),
        ]
        let rules = RuleParameters()
        var staleAt: [Int64] = []
        for (previous, reading) in zip(readings, readings.dropFirst())
        where rules.staleSnapshot.isStale(reading, after: previous) {
            staleAt.append(reading.at)
        }
        #expect(staleAt == [start + 18 * 3600])
        var values = (0..<24).map { Double?(1 + Double($0) / 10) }
        values[16] = 1.768
        values[17] = 0
        values[18] = 8.056
        let view = DayBench.view(values, interval: 3600, staleAt: staleAt)
        let found = DayBench.judge(view).filter { $0.rule == 6 }
        #expect(found == [DayBench.finding(6, .fail, .estimate, 17, 2, observed: 8.056)])
    }

    @Test func aMeterThatUsesNothingIsNotStale() {
        let rule = StaleSnapshotRule()
        let first = RegisterPoint(at: 0, value: 5, meterClock: 0)
        #expect(!rule.isStale(RegisterPoint(at: 3600, value: 5, meterClock: 3600), after: first))
        #expect(!rule.isStale(RegisterPoint(at: 3600, value: 6, meterClock: 0), after: first))
        #expect(!rule.isStale(RegisterPoint(at: 3600, value: 5), after: first))
        #expect(rule.isStale(RegisterPoint(at: 3600, value: 5, meterClock: 0), after: first))
        let zeros = DayBench.view([1, 0, 2], staleAt: [])
        #expect(DayBench.judge(zeros).isEmpty)
    }

    @Test func aStaleRunOverMidnightIsOnlyDoubtful() {
        let start = DayBench.monday
        let evening = DayBench.view([1, 1.2, 0], interval: 3600, staleAt: [start + 3 * 3600])
        #expect(DayBench.judge(evening) == [DayBench.finding(6, .warn, .question, 2, observed: 0)])
        let morning = DayBench.view([2.5, 1.2, 1], interval: 3600, staleAt: [start])
        #expect(DayBench.judge(morning) == [DayBench.finding(6, .warn, .question, 0, observed: 2.5)])
        let both = DayBench.view([1, 0, 0, 3.3], interval: 3600, staleAt: [start + 7200, start + 10_800])
        #expect(DayBench.judge(both) == [DayBench.finding(6, .fail, .estimate, 1, 3, observed: 3.3)])
    }
}

import MeterCore
import MeterEvents
import RuleSets
import Testing

/// The rules on closed days: V04, V22 to V26, V28, V31, V32, V34 to V36.
struct WindowRuleTests {
    /// Sunday, 2024-05-12: the last day of a week, a fortnight and four weeks counted from 1970-01-05.
    static let date: Int32 = 19_855

    /// Quarter-hours of one value, the first of another.
    static func day(
        _ total: Double,
        peak: Double? = nil,
        back: Int32 = 0,
        slots: Int = 96,
        _ change: (inout WindowStatistics) -> Void = { _ in }
    ) -> WindowStatistics {
        var day = WindowStatistics(date: date - back, daySeconds: Int32(slots) * 900)
        day.expected = UInt16(slots)
        day.measured = UInt16(slots)
        day.sum = DayBench.billionths(total)
        day.highest = DayBench.billionths(peak ?? total / Double(slots))
        if total == 0 {
            day.zeros = UInt16(slots)
            day.longestZeroSeconds = Int32(slots) * 900
        } else {
            day.longestUseSeconds = Int32(slots) * 900
        }
        change(&day)
        return day
    }

    static func window(
        _ today: WindowStatistics,
        history: [WindowStatistics] = [],
        siblings: [SiblingWindow] = [],
        channel: ChannelRegistration? = nil,
        meter: MeterRegistration? = nil,
        unit: MeasurementUnit = .kilowattHour,
        registers: [RegisterSpan] = []
    ) -> WindowView {
        let start = Int64(today.date) * 86_400
        return WindowView(
            channel: channel?.channel ?? "E1",
            unit: unit,
            intervalSeconds: 900,
            start: start,
            end: start + Int64(today.daySeconds),
            statistics: today,
            history: history.sorted { $0.date < $1.date } + [today],
            siblings: siblings,
            registration: channel,
            meter: meter,
            registers: registers
        )
    }

    static func judge(_ window: WindowView, _ rules: RuleParameters = RuleParameters()) -> [WindowFinding] {
        var findings: [WindowFinding] = []
        rules.judgeWindow(window, &findings)
        return findings
    }

    static func days(_ range: ClosedRange<Int32>, _ total: Double, peak: Double? = nil) -> [WindowStatistics] {
        range.map { day(total, peak: peak, back: $0) }
    }

    private func rules(_ window: WindowView) -> [UInt32] { Self.judge(window).map(\.rule) }

    @Test func aDayLikeTheOthersHasNoFindings() {
        #expect(rules(Self.window(Self.day(24), history: Self.days(1...60, 24))).isEmpty)
        #expect(rules(Self.window(Self.day(24))).isEmpty)
        #expect(rules(Self.window(Self.day(0))).isEmpty)
        #expect(rules(Self.window(WindowStatistics(date: 0, daySeconds: 86_400))).isEmpty)
        #expect(rules(Self.window(Self.day(23, slots: 92), history: Self.days(1...60, 24))).isEmpty)
        #expect(rules(Self.window(Self.day(25, slots: 100), history: Self.days(1...60, 24))).isEmpty)
    }

    // MARK: V04

    @Test func usageOfAnInactiveMeter() {
        let inactive = DayBench.meter { $0.status = .inactive }
        #expect(rules(Self.window(Self.day(0.000_000_001), meter: inactive)) == [4])
        #expect(rules(Self.window(Self.day(0), meter: inactive)).isEmpty)
        #expect(rules(Self.window(Self.day(1), meter: DayBench.meter { $0.status = .active })).isEmpty)
        let start = Int64(Self.date) * 86_400
        func meter(from: Int64? = nil, to: Int64? = nil) -> MeterRegistration {
            DayBench.meter {
                $0.installedFrom = from.map(Instant.init(secondsSinceEpoch:))
                $0.installedTo = to.map(Instant.init(secondsSinceEpoch:))
            }
        }
        #expect(rules(Self.window(Self.day(1), meter: meter(from: start + 86_400))) == [4])
        #expect(rules(Self.window(Self.day(1), meter: meter(from: start + 86_399))).isEmpty)
        #expect(rules(Self.window(Self.day(1), meter: meter(to: start))) == [4])
        #expect(rules(Self.window(Self.day(1), meter: meter(to: start + 1))).isEmpty)
    }

    // MARK: V22

    @Test func aPeakAboveThreeTimesTheLast() throws {
        let history = Self.days(1...14, 24, peak: 1)
        #expect(rules(Self.window(Self.day(24, peak: 3), history: history)).isEmpty)
        let found = Self.judge(Self.window(Self.day(24, peak: 3.1), history: history))
        #expect(
            found == [
                WindowFinding(
                    rule: 22,
                    severity: .warn,
                    observedBillionths: 210 * DayBench.unit,
                    limitBillionths: 200 * DayBench.unit
                )
            ]
        )
        #expect(rules(Self.window(Self.day(24, peak: 3.1), history: Self.days(1...6, 24, peak: 1))).isEmpty)
        let small = Self.days(1...14, 1, peak: 0.02)
        #expect(rules(Self.window(Self.day(1, peak: 0.124), history: small)).isEmpty)
        #expect(rules(Self.window(Self.day(1, peak: 0.125), history: small)) == [22])
    }

    // MARK: V23

    @Test func weeklyUsageAgainstTheWeeksBefore() {
        let before = Self.days(7...34, 10)
        func found(_ current: Double, _ history: [WindowStatistics]? = nil) -> [UInt32] {
            let week = Self.days(1...6, current, peak: 0.2)
            return rules(Self.window(Self.day(current, peak: 0.2), history: (history ?? before) + week))
                .filter { $0 == 23 }
        }
        #expect(found(25).isEmpty)
        #expect(found(25.01) == [23])
        #expect(found(2.5).isEmpty)
        #expect(found(2.49) == [23])
        #expect(found(100, Self.days(7...15, 10)).isEmpty)
        #expect(found(100, Self.days(7...16, 10)) == [23])
        #expect(found(100, Self.days(7...34, 0.9)).isEmpty)
    }

    @Test func usageIsJudgedOnceAWeek() {
        let history = Self.days(1...34, 10)
        let monday = Self.window(Self.day(1000, peak: 0.1, back: -1), history: history)
        #expect(!rules(monday).contains(23))
    }

    /// A fifth of the reference may be estimated.
    @Test func anEstimatedReferenceIsNone() {
        func history(_ estimated: Int) -> [WindowStatistics] {
            (7...34).map { back in
                Self.day(10, back: Int32(back)) {
                    guard back < 7 + estimated else { return }
                    $0.estimated = 96
                    $0.measured = 0
                }
            } + Self.days(1...6, 100, peak: 0.1)
        }
        // Of 28 days 5 are less than 20 %, 6 are more.
        #expect(rules(Self.window(Self.day(100, peak: 0.1), history: history(5))).contains(23))
        #expect(!rules(Self.window(Self.day(100, peak: 0.1), history: history(6))).contains(23))
    }

    // MARK: V24

    @Test func demandOfAFortnightAgainstTheWeeksBefore() {
        func found(_ peak: Double) -> [UInt32] {
            let history = Self.days(14...41, 24, peak: 1) + Self.days(1...13, 24, peak: peak)
            return rules(Self.window(Self.day(24, peak: peak), history: history)).filter { $0 == 24 }
        }
        #expect(found(2).isEmpty)
        #expect(found(2.01) == [24])
        #expect(found(0.3).isEmpty)
        #expect(found(0.29) == [24])
    }

    // MARK: V28

    @Test func zerosOfAnActiveMeter() {
        let used = Self.days(2...3, 5)
        func found(
            _ change: (inout WindowStatistics) -> Void = { _ in },
            history: [WindowStatistics]? = nil,
            status: MeterRegistration.Status = .active,
            channel: ChannelRegistration? = nil
        ) -> [UInt32] {
            rules(
                Self.window(
                    Self.day(0, change),
                    history: history ?? used,
                    channel: channel,
                    meter: DayBench.meter { $0.status = status }
                )
            )
        }
        #expect(found() == [28])
        #expect(found({ $0.outageSeconds = 1 }).isEmpty)
        #expect(found({ $0.zeros = 95 }).isEmpty)
        #expect(found(status: .vacant).isEmpty)
        #expect(found(status: .inactive).isEmpty)
        #expect(found(history: []).isEmpty)
        #expect(found(channel: DayBench.channel(.received)).isEmpty)
        let short = Self.window(Self.day(0, slots: 92), history: used)
        #expect(rules(short) == [28])
    }

    @Test func zerosForSeveralDays() {
        var parameters = RuleParameters()
        parameters.zero.minimumDays = 3
        let two = Self.window(Self.day(0), history: [Self.day(0, back: 1), Self.day(5, back: 2)])
        #expect(Self.judge(two, parameters).isEmpty)
        let three = Self.window(Self.day(0), history: Self.days(1...2, 0) + [Self.day(5, back: 3)])
        #expect(Self.judge(three, parameters).map(\.rule) == [28])
    }

    // MARK: V35

    @Test func aDayFarFromItsLikes() {
        // Sundays and Saturdays: 8 of them with 10 and 12 in turn, mean 11, deviation 1.069.
        func history(_ other: Double) -> [WindowStatistics] {
            (1...28).map { back in
                let isWeekend = back % 7 == 0 || back % 7 == 1
                return Self.day(isWeekend ? (back % 2 == 0 ? 10 : 12) : other, peak: 1, back: Int32(back))
            }
        }
        func found(_ total: Double, _ other: Double = 100) -> [UInt32] {
            rules(Self.window(Self.day(total, peak: 1), history: history(other))).filter { $0 == 35 }
        }
        #expect(found(22).isEmpty)
        #expect(found(22.01) == [35])
        #expect(found(0.1).isEmpty)
        #expect(found(12).isEmpty)
    }

    // MARK: V36

    @Test func daysWithoutAMeasurement() throws {
        func estimated(_ back: Int32, measured: UInt16 = 0) -> WindowStatistics {
            Self.day(10, back: back) {
                $0.measured = measured
                $0.estimated = 96 - measured
            }
        }
        let four = (1...3).map { estimated($0) } + Self.days(4...9, 10)
        #expect(rules(Self.window(estimated(0), history: four)).isEmpty)
        let five = (1...4).map { estimated($0) } + Self.days(5...9, 10)
        let found = try #require(Self.judge(Self.window(estimated(0), history: five)).first)
        #expect(found.rule == 36)
        #expect(found.observedBillionths == 5 * DayBench.unit)
        // Half of the day measured is enough.
        #expect(rules(Self.window(estimated(0, measured: 48), history: five)).isEmpty)
        #expect(rules(Self.window(estimated(0, measured: 47), history: five)) == [36])
    }

    /// What is remembered beyond the look-back is as if it were not there.
    @Test func daysBeyondTheLookBackDoNotCount() {
        func found(_ lookBackDays: Int32) -> [UInt32] {
            var window = Self.window(Self.day(0), history: [Self.day(5, back: 10)] + Self.days(1...9, 0))
            window.lookBackDays = lookBackDays
            return rules(window)
        }
        #expect(found(10) == [28])
        #expect(found(9).isEmpty)
        var view = Self.window(Self.day(1), history: Self.days(1...20, 1))
        view.lookBackDays = 8
        #expect(view.earlier(8) != nil)
        #expect(view.earlier(9) == nil)
        #expect(view.earlier(from: 20).count == 8)
        #expect(view.earlier(from: 5, to: 3).count == 3)
    }
}

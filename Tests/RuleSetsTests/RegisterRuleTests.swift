import MeterCore
import MeterEvents
import RuleSets
import Testing

/// The rules on registers: V15 to V18 and V37.
struct RegisterRuleTests {
    private func judge(
        _ from: Double?,
        _ to: Double,
        hours: Int64 = 24,
        unit: MeasurementUnit = .kilowattHour,
        previous: (Double, hours: Int64)? = nil,
        digits: UInt32 = 0,
        capacityWatts: Int64 = 0,
        kind: ChannelRegistration.Kind = .register,
        installedFrom: Int64? = nil,
        _ rules: RuleParameters = RuleParameters()
    ) -> (advance: RegisterAdvance, rules: [UInt32]) {
        let register = RegisterView(
            unit: unit,
            from: from.map { RegisterPoint(at: 1000, value: DayBench.billionths($0)) },
            to: RegisterPoint(at: 1000 + hours * 3600, value: DayBench.billionths(to)),
            previous: previous.map { (DayBench.billionths($0.0), $0.hours * 3600) },
            registration: DayBench.channel(kind) {
                $0.digits = digits
                $0.capacityWatts = capacityWatts
            },
            meter: DayBench.meter { $0.installedFrom = installedFrom.map(Instant.init(secondsSinceEpoch:)) }
        )
        var findings: [WindowFinding] = []
        let advance = rules.judgeRegister(register, &findings)
        return (advance, findings.map(\.rule))
    }

    private func amount(_ value: Double, rolledOver: Bool = false) -> RegisterAdvance {
        .amount(DayBench.billionths(value), rolledOver: rolledOver)
    }

    @Test func aRegisterThatRises() {
        let found = judge(100, 124)
        #expect(found.advance == amount(24))
        #expect(found.rules.isEmpty)
        #expect(judge(100, 100).advance == amount(0))
    }

    // MARK: V15

    @Test func readingsBeyondTheDigits() {
        #expect(judge(99_998, 99_999.9, digits: 5).rules.isEmpty)
        #expect(judge(99_998, 100_000, digits: 5).rules == [15])
        #expect(judge(99_998, 100_000, digits: 5).advance == .unknown)
        #expect(judge(99_998, 100_000).rules.isEmpty)
        #expect(judge(0, -1).rules == [15])
    }

    // MARK: V16

    /// 10 kW for a day at 120 % are 288 kWh.
    @Test func aRolloverOfWhatCanHavePassed() {
        func found(_ from: Double, _ to: Double) -> (RegisterAdvance, [UInt32]) {
            let found = judge(from, to, digits: 5, capacityWatts: 10_000)
            return (found.advance, found.rules.filter { $0 != 17 })
        }
        #expect(found(99_900, 100).0 == amount(200, rolledOver: true))
        #expect(found(99_900, 188).0 == amount(288, rolledOver: true))
        #expect(found(99_900, 188.001).0 == .unknown)
        #expect(found(99_900, 188.001).1 == [16])
        #expect(found(99_900, 188).1.isEmpty)
    }

    /// A counter that goes back or starts anew is no consumption.
    @Test func aRegisterThatGoesBack() {
        #expect(judge(500, 499.9).advance == .unknown)
        #expect(judge(500, 499.9).rules == [16])
        #expect(judge(500, 0, digits: 6, capacityWatts: 10_000).rules == [16])
        #expect(judge(500, 499.9, kind: .net).advance == amount(-0.1))
        #expect(judge(500, 499.9, kind: .net).rules.isEmpty)
    }

    // MARK: V17

    @Test func moreThanTheServiceCarries() {
        #expect(judge(0, 240, capacityWatts: 10_000).rules.isEmpty)
        #expect(judge(0, 240.001, capacityWatts: 10_000).rules == [17])
        var rules = RuleParameters()
        rules.registerLimits.maximumPerDayBillionths = 50 * DayBench.unit
        rules.registerLimits.minimumPerDayBillionths = 2 * DayBench.unit
        #expect(judge(0, 100, hours: 48, rules).rules.isEmpty)
        #expect(judge(0, 100.1, hours: 48, rules).rules == [17])
        #expect(judge(0, 4, hours: 48, rules).rules.isEmpty)
        #expect(judge(0, 3.9, hours: 48, rules).rules == [17])
        #expect(judge(0, 1_000_000).rules.isEmpty)
    }

    // MARK: V18

    @Test func usageAgainstTheMonthBefore() {
        // |100 - 300| / 100 is exactly 200 %.
        #expect(judge(0, 100, hours: 720, previous: (300, hours: 720)).rules.isEmpty)
        #expect(judge(0, 99.9, hours: 720, previous: (300, hours: 720)).rules == [18])
        #expect(judge(0, 300, hours: 720, previous: (1, hours: 720)).rules.isEmpty)
        // For the time: 300 in 30 days are 200 in 20.
        #expect(judge(0, 200, hours: 480, previous: (300, hours: 720)).rules.isEmpty)
        #expect(judge(0, 0, hours: 720, previous: (300, hours: 720)).rules == [18])
        #expect(judge(0, 1, hours: 479, previous: (300, hours: 720)).rules.isEmpty)
    }

    // MARK: V37

    /// The first reading of 1,400 kWh is no bar of 1,400 kWh.
    @Test func theFirstReadingIsWhereCountingBegins() {
        let first = judge(nil, 1400)
        #expect(first.advance == .baseline)
        #expect(first.rules == [37])
        #expect(judge(1399, 1400).rules.isEmpty)
    }

    @Test func aReplacedMeterBeginsAnew() {
        #expect(judge(52_000, 3, installedFrom: 2000).advance == .baseline)
        #expect(judge(52_000, 3, installedFrom: 2000).rules == [37])
        #expect(judge(52_000, 52_003, installedFrom: 1000).advance == amount(3))
        #expect(judge(52_000, 52_003, installedFrom: 1000 + 24 * 3600).advance == .baseline)
        #expect(judge(52_000, 52_003, installedFrom: 1001 + 24 * 3600).advance == amount(3))
    }

    @Test func theToleranceOfTheSumCheckFollowsTheStepsOfTheRegister() {
        let rule = SumCheckRule()
        func tolerance(_ from: Double, _ to: Double) -> Int64 {
            let (low, high) = (DayBench.billionths(from), DayBench.billionths(to))
            return rule.toleranceBillionths(advance: high - low, low, high)
        }
        #expect(tolerance(1, 2) == 2 * DayBench.unit)
        #expect(tolerance(1.5, 2) == DayBench.unit / 5)
        #expect(tolerance(1.234, 2) == DayBench.unit / 500)
        #expect(tolerance(1.234, 1001.234) == DayBench.unit)
    }
}

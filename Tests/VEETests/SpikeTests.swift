import MeterCore
import MeterEvents
import RuleSets
import StreamCore
import Testing
import VEE

/// V19 on single days of hourly values: the formula of the window alone.
struct SpikeTests {
    let monday = Events.monday

    /// Rules for which a day without a history is judged by `thresholdPercent` alone.
    static let alone: RuleSet = {
        var rules = RuleSet.default1
        rules.base.spike.alonePercentBillionths = 0
        return rules
    }()

    private func bench(_ rules: RuleSet = SpikeTests.alone) -> Bench {
        Bench(VEEConfiguration(zones: ZoneCatalog(), defaultRules: rules))
    }

    private func judged(
        _ peaks: [Double],
        rest: Double = 1,
        count: Int = 24,
        interval: Int32 = 3600,
        unit: MeasurementUnit = .kilowattHour,
        quality: Quality = .raw,
        _ rules: RuleSet = SpikeTests.alone
    ) throws -> Bench {
        var values = Events.flat(count, rest)
        for (index, peak) in peaks.enumerated() { values[3 + 5 * index] = peak }
        var bench = bench(rules)
        try bench.feed([
            Events.block(monday, values, interval: interval, unit: unit, quality: quality),
            Events.tick(monday + 10 * Events.day),
        ])
        return bench
    }

    private func first(_ bench: Bench, _ interval: Int64 = 3600) throws -> Bench.Reading {
        try #require(bench.reading(monday + 3 * interval))
    }

    /// The worked example: 5.0, 1.3, 1.2 is 316.7 % over.
    @Test func theWorkedExampleFails() throws {
        let bench = try judged([5, 1.3, 1.2])
        let reading = try first(bench)
        #expect(reading.quality == .failed)
        #expect(reading.value == 5 * Events.unit)
        #expect(reading.method == .none)
        let finding = try #require(reading.findings.first)
        #expect(finding.rule == 19)
        #expect(finding.severity == .fail)
        #expect(finding.observedBillionths == 316_666_666_666)
        #expect(finding.limitBillionths == 180_000_000_000)
        #expect(bench.exception(19, monday)?.count == 1)
        let window = try #require(bench.window(monday))
        #expect(window.failed == 1)
        #expect(window.sumBillionths == 23 * Events.unit + 500_000_000)
    }

    /// Without a history a day of its own must show more: 22 is 2,100 % above 1, exactly 21 is 2,000 %.
    @Test func aDayWithoutAHistoryIsJudgedMildly() throws {
        #expect(try first(try judged([21], .default1)).quality == .validated)
        #expect(try first(try judged([22], .default1)).quality == .failed)
    }

    /// Strictly greater fails: 3.5 over 1.25 is exactly 180 %.
    @Test func exactlyTheThresholdPasses() throws {
        #expect(try first(try judged([3.5, 1.3, 1.25])).quality == .validated)
        #expect(try first(try judged([3.500_000_001, 1.3, 1.25])).quality == .failed)
    }

    @Test func twoHighIntervalsDoNotHideEachOther() throws {
        let bench = try judged([5, 4.9])
        #expect(bench.reading(monday + 3 * 3600)?.quality == .failed)
        #expect(bench.reading(monday + 8 * 3600)?.quality == .failed)
        #expect(bench.exception(19, monday)?.count == 2)
        // Three of them are a pattern.
        #expect(try first(try judged([5, 4.9, 4.8])).quality == .validated)
    }

    /// 0.5 kWh an hour is the least that is looked at.
    @Test func smallValuesAreSkipped() throws {
        #expect(try first(try judged([0.5], rest: 0.1)).quality == .failed)
        #expect(try first(try judged([0.499_999_999], rest: 0.1)).quality == .validated)
        #expect(try first(try judged([0.125], rest: 0.01, count: 96, interval: 900), 900).quality == .failed)
        #expect(try first(try judged([0.124], rest: 0.01, count: 96, interval: 900), 900).quality == .validated)
    }

    @Test func daysWithoutAThirdValueAreSkipped() throws {
        #expect(try first(try judged([5], rest: 0)).quality == .validated)
        var bench = bench()
        try bench.feed([Events.block(monday, [9, 1], interval: 3600), Events.tick(monday + 10 * Events.day)])
        #expect(bench.reading(monday)?.quality == .validated)
        try bench.feed([
            Events.block(monday, [9, 1, 1], interval: 3600, channel: "E2"), Events.tick(monday + 11 * Events.day),
        ])
        #expect(bench.reading(monday, channel: "E2")?.quality == .failed)
    }

    @Test func onlyEnergyIsLookedAtAndEstimatesAreNot() throws {
        #expect(try first(try judged([50], unit: .kilovarHour)).quality == .validated)
        #expect(try first(try judged([50], quality: .estimatedProfile)).quality == .estimatedProfile)
        #expect(try first(try judged([50], quality: .edited)).quality == .edited)
    }

    @Test func aWarningKeepsTheValueInUse() throws {
        var rules = Self.alone
        rules.base.spike.severity = .warn
        let bench = try judged([50], rules)
        #expect(try first(bench).quality == .questionable)
        #expect(bench.window(monday)?.sumBillionths == 73 * Events.unit)
        #expect(bench.exception(19, monday)?.severity == .warn)
    }

    @Test func aSpikeIsNoEndPointAndIsNotEstimated() throws {
        var values = Events.flat(24, 1)
        values[3] = 9
        values[4] = nil
        var bench = bench()
        try bench.feed([
            Events.block(monday, values, interval: 3600), Events.tick(monday + 10 * Events.day),
        ])
        #expect(bench.reading(monday + 3 * 3600)?.quality == .failed)
        #expect(bench.reading(monday + 4 * 3600)?.quality == .missing)
    }

    /// The exception goes when a later version of the value is no spike, and what leaned on it is decided anew.
    @Test func aCorrectionClearsTheException() throws {
        var values = Events.flat(24, 1)
        values[3] = 9
        values[4] = nil
        var bench = bench()
        try bench.feed([
            Events.block(monday, values, interval: 3600, id: 1), Events.tick(monday + 10 * Events.day),
        ])
        #expect(bench.open.count == 2)
        try bench.feed(
            Events.block(monday + 3 * 3600, [2], interval: 3600, received: monday + 11 * Events.day, id: 2)
        )
        #expect(bench.open.isEmpty)
        #expect(bench.exceptions.filter { !$0.isOpen }.map(\.rule) == [9, 19])
        #expect(bench.reading(monday + 3 * 3600)?.quality == .validated)
        #expect(bench.reading(monday + 4 * 3600)?.value == 1_500_000_000)
        let count = bench.exceptions.count
        try bench.feed(
            Events.block(monday + 3 * 3600, [2], interval: 3600, received: monday + 12 * Events.day, id: 3)
        )
        #expect(bench.exceptions.count == count)
        #expect(bench.counter("intervals_duplicates_ignored_total") == 1)
    }
}

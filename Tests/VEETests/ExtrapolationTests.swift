import MeterCore
import MeterEvents
import RuleSets
import StreamCore
import Testing
import VEE

/// E10: what stands for a channel after its newest data.
struct ExtrapolationTests {
    let monday = Events.monday
    let day = Events.day

    private func bench(_ reachDays: Int64 = 5, isRegisterFirst: Bool = true) -> Bench {
        var rules = RuleSet.default1
        rules.base.estimation.order.append(
            EstimationParameters.Step(.extrapolation, maximumGapSeconds: reachDays * day)
        )
        rules.base.estimation.extrapolation.isRegisterFirst = isRegisterFirst
        rules.base.identical.isEnabled = false
        return Bench(VEEConfiguration(zones: ZoneCatalog(), defaultRules: rules))
    }

    /// Days of which the second half has a value of its own: the shape.
    private func days(_ levels: [Double]) -> [JournalEvent] {
        levels.enumerated().map { number, level in
            let values = Events.flat(48, 0) + Events.flat(48, level)
            return Events.block(monday + Int64(number) * day, values, id: UInt64(1000 + number))
        }
    }

    private func sum(_ bench: Bench, _ start: Int64) -> Int64 {
        (0..<96).reduce(0) { $0 + (bench.reading(start + Int64($1) * 900)?.value ?? 0) }
    }

    @Test func offUnlessItIsInTheOrder() throws {
        var bench = Bench()
        try bench.feed(days(Array(repeating: 2, count: 14)) + [Events.tick(monday + 40 * day)])
        #expect(bench.reading(monday + 14 * day) == nil)
        #expect(bench.window(monday + 14 * day) == nil)
    }

    @Test func theRegisterFirst() throws {
        var bench = bench()
        // 96 kWh a day, but for the three latest like days (Mondays 0 and 7, then any Tuesday and later): the usage is the mean of all.
        var levels = [Double](repeating: 2, count: 14)
        levels[7] = 4
        try bench.feed(days(levels) + [Events.tick(monday + 40 * day)])
        let start = monday + 14 * day
        let usage = (13 * 96 * Events.unit + 192 * Events.unit) / 14
        let reading = try #require(bench.reading(start + 60 * 900))
        #expect(reading.quality == .projected)
        #expect(reading.method == .extrapolated)
        #expect(abs(sum(bench, start) - usage) <= 1)
        // The shape of the like days: nothing before noon.
        #expect(bench.reading(start + 10 * 900)?.value == 0)
        #expect(abs(reading.value - usage / 48) <= 1)
        #expect(bench.window(start)?.estimated == 96)
    }

    @Test func theIntervalsFirst() throws {
        var bench = bench(isRegisterFirst: false)
        var levels = [Double](repeating: 2, count: 14)
        levels[7] = 5
        try bench.feed(days(levels) + [Events.tick(monday + 40 * day)])
        // Like days of Monday 14: Mondays 7 and 0, then Friday 11.
        #expect(bench.reading(monday + 14 * day + 60 * 900)?.value == 3 * Events.unit)
        #expect(bench.reading(monday + 14 * day + 10 * 900)?.value == 0)
    }

    @Test func asFarAsItReachesAndNoFarther() throws {
        var bench = bench(3)
        try bench.feed(days(Array(repeating: 2, count: 14)) + [Events.tick(monday + 60 * day)])
        #expect(bench.reading(monday + 17 * day - 900)?.quality == .projected)
        #expect(bench.reading(monday + 17 * day) == nil)
        #expect(bench.open.values.allSatisfy { $0.code != "ERR_VEE_GAP_04" })
    }

    @Test func theDerivedRegisterGoesOnAtTheAverageUsage() throws {
        var bench = bench()
        try bench.feed(
            [Events.register([(monday, 100)], received: monday)] + days(Array(repeating: 2, count: 14))
                + [Events.tick(monday + 40 * day)]
        )
        #expect(bench.register(monday + 14 * day)?.quality == .derived)
        let later = try #require(bench.register(monday + 16 * day))
        #expect(later.quality == .projected)
        #expect(later.billionths == (100 + 16 * 96) * Events.unit)
        #expect(later.estimated == 192)
    }

    @Test func dataThatComesReplacesItAndWhatIsBeforeItIsAGapAgain() throws {
        var bench = bench()
        try bench.feed(days(Array(repeating: 2, count: 14)) + [Events.tick(monday + 40 * day)])
        let resumed = Events.block(monday + 16 * day, Events.flat(96, 1), received: monday + 41 * day, id: 5)
        try bench.feed([resumed, Events.tick(monday + 60 * day)])
        #expect(bench.reading(monday + 16 * day)?.quality == .validated)
        #expect(bench.reading(monday + 15 * day)?.quality == .estimatedReferenceDay)
        #expect(bench.reading(monday + 17 * day + 900)?.quality == .projected)
        #expect(bench.reading(monday + 22 * day) == nil)
        #expect(bench.revisionFault == nil)
    }

    @Test func whatIsTakenOffIsNotExtrapolated() throws {
        for change in [
            { $0.status = .inactive } as (inout MeterRegistration) -> Void,
            { $0.installedTo = Instant(secondsSinceEpoch: Events.monday + 14 * Events.day) },
        ] {
            var bench = bench()
            try bench.feed(
                [Events.registered(received: monday, change)] + days(Array(repeating: 2, count: 14))
                    + [Events.tick(monday + 40 * day)]
            )
            #expect(bench.reading(monday + 14 * day) == nil)
        }
    }

    @Test func singleMetersAreSwitchedOn() throws {
        let json = """
            {"overrides": [{"match": {"meter": ["m1"]}, "estimation": {"order": [
              {"method": "E10", "maximumGapSeconds": 432000}, {"method": "E2", "maximumGapSeconds": 86400}]}}]}
            """
        var bench = Bench()
        let blocks = ["m1", "m2"].flatMap { meter in
            (0..<14).map { number in
                Events.block(monday + Int64(number) * day, Events.flat(96), id: UInt64(100 + number), meter: meter)
            }
        }
        try bench.feed(
            [Events.rules("one", json, from: monday, received: monday)] + blocks + [Events.tick(monday + 40 * day)]
        )
        #expect(bench.reading(monday + 14 * day, meter: "m1")?.quality == .projected)
        #expect(bench.reading(monday + 14 * day, meter: "m2") == nil)
    }

    @Test func anOrderToEstimateStillTakesHistoricalAverages() throws {
        var bench = bench()
        try bench.feed(days(Array(repeating: 2, count: 14)) + [Events.tick(monday + 40 * day)])
        try bench.feed(Events.force(monday + 14 * day, monday + 15 * day, meters: ["m1"], received: monday + 41 * day))
        #expect(bench.reading(monday + 14 * day + 60 * 900)?.quality == .estimatedReferenceDay)
        #expect(bench.reading(monday + 15 * day + 60 * 900)?.quality == .projected)
    }
}

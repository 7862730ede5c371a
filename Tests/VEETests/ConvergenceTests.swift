import MeterCore
import MeterEvents
import RuleSets
import StreamCore
import Testing
import VEE

/// What holds in the end does not depend on the order in which things came.
struct ConvergenceTests {
    /// 2026-03-27T00:00:00Z: the clocks of Berlin go forward two days later.
    static let beforeSpring: Int64 = 1_774_569_600

    private func expectConvergence(
        _ seed: UInt64,
        _ options: Scenario.Options,
        _ configuration: VEEConfiguration
    ) throws {
        let scenario = Scenario(seed: seed, options)
        var reference = Bench(configuration)
        try reference.feed(scenario.events + scenario.ending)
        #expect(reference.revisionFault == nil)
        #expect(!reference.readings.isEmpty)
        var random = Seeded(seed &+ 77)
        for _ in 0..<2 {
            var other = Bench(configuration)
            try other.feed(scenario.events.shuffled(using: &random) + scenario.ending)
            #expect(other.revisionFault == nil)
            expectSame(reference, other, seed)
        }
    }

    private func expectSame(_ one: Bench, _ other: Bench, _ seed: UInt64) {
        for key in Set(one.readings.keys).union(other.readings.keys).sorted()
        where one.readings[key] != other.readings[key] {
            if isBehindTheData(key, one, other) { continue }
            Issue.record(
                "seed \(seed), \(key): \(String(describing: one.readings[key])), \(String(describing: other.readings[key]))"
            )
            return
        }
        let windows = one.windows.filter { $0.value.expected > 0 }
        let others = other.windows.filter { $0.value.expected > 0 }
        for key in Set(windows.keys).union(others.keys).sorted() {
            var left = windows[key]
            var right = others[key]
            left?.revision = 0
            right?.revision = 0
            guard left == right else {
                Issue.record("seed \(seed), window \(key): \(String(describing: left)), \(String(describing: right))")
                return
            }
        }
        #expect(one.open == other.open, "seed \(seed)")
        expectSameRegisters(one, other, seed)
    }

    private func expectSameRegisters(_ one: Bench, _ other: Bench, _ seed: UInt64) {
        for key in Set(one.derived.keys).union(other.derived.keys).sorted() {
            var left = one.register(key.start, meter: key.meter, channel: key.channel)
            var right = other.register(key.start, meter: key.meter, channel: key.channel)
            left?.revision = 0
            right?.revision = 0
            guard left == right else {
                Issue.record("seed \(seed), register \(key): \(String(describing: left)), \(String(describing: right))")
                return
            }
        }
    }

    /// Under a zone that did not last, the day of the newest data ended later, and its rest was called missing or estimated. That is not
    /// taken back.
    private func isBehindTheData(_ key: Bench.SlotKey, _ one: Bench, _ other: Bench) -> Bool {
        guard one.readings[key] == nil || other.readings[key] == nil else { return false }
        return !one.readings.contains { later in
            later.key.meter == key.meter && later.key.channel == key.channel && later.key.start > key.start
                && later.value.findings.allSatisfy { $0.rule != 9 }
        }
    }

    @Test(arguments: 1...8)
    func anyOrderOfBlocksAndTicks(seed: UInt64) throws {
        try expectConvergence(seed, Scenario.Options(), VEEConfiguration(zones: ZoneCatalog()))
    }

    @Test(arguments: 1...4)
    func anyOrderWithAWarningSpikeRuleAndExpectedSilence(seed: UInt64) throws {
        var rules = RuleSet.default1
        rules.base.spike.severity = .warn
        rules.base.estimation.order = [EstimationParameters.Step(.linear, maximumGapSeconds: 3600)]
        let limits = VEELimits(silentDays: 3)
        try expectConvergence(
            seed,
            Scenario.Options(),
            VEEConfiguration(zones: ZoneCatalog(), defaultRules: rules, limits: limits)
        )
    }

    @Test(arguments: 1...4)
    func anyOrderOfZonesThatContradictEachOther(seed: UInt64) throws {
        let names = ["Europe/Berlin", "America/New_York", "UTC"]
        var options = Scenario.Options()
        options.start = Self.beforeSpring
        options.zones = names + ["Nowhere/Atlantis"]
        options.hasRegistry = seed % 2 == 0
        options.hasRegisters = true
        let zones = try TestZones.catalog(["Europe/Berlin", "America/New_York"])
        try expectConvergence(seed, options, VEEConfiguration(zones: zones))
    }

    /// Forty days of lateness and a history that holds them.
    @Test(arguments: 1...2)
    func anyOrderWithFortyDaysOfLateness(seed: UInt64) throws {
        var options = Scenario.Options()
        options.days = 45
        options.lateDays = 40
        options.channels = [("E1", 3600)]
        try expectConvergence(
            seed,
            options,
            VEEConfiguration(zones: ZoneCatalog(), limits: VEELimits())
        )
    }

    /// Days estimated from like days, edits, outages and registers, in any order.
    @Test(arguments: 1...6)
    func anyOrderOfEverything(seed: UInt64) throws {
        var options = Scenario.Options()
        options.days = 16
        options.lateDays = 8
        options.hasMore = true
        try expectConvergence(seed, options, VEEConfiguration(zones: ZoneCatalog()))
    }

    @Test(arguments: 1...3)
    func anyOrderOfEverythingWithFortyDaysOfLateness(seed: UInt64) throws {
        var options = Scenario.Options()
        options.days = 45
        options.lateDays = 40
        options.hasMore = true
        options.channels = [("E1", 3600)]
        try expectConvergence(seed, options, VEEConfiguration(zones: ZoneCatalog()))
    }

    /// Windows of other lengths, among them such that are cut by the ends of months.
    @Test(arguments: [WindowLength.hours(6), .days(3), .days(7), .month], 1...3)
    func anyOrderWithWindowsOfAnyLength(window: WindowLength, seed: UInt64) throws {
        var options = Scenario.Options()
        options.days = 16
        options.lateDays = 8
        options.hasMore = true
        options.start = Events.monday + 12 * Events.day
        let limits = VEELimits(window: window)
        try expectConvergence(seed, options, VEEConfiguration(zones: ZoneCatalog(), limits: limits))
    }

    /// What lies beyond the newest data is extrapolated, until it comes.
    @Test(arguments: [true, false], 1...3)
    func anyOrderWithExtrapolation(isRegisterFirst: Bool, seed: UInt64) throws {
        var options = Scenario.Options()
        options.days = 16
        options.lateDays = 8
        options.hasMore = true
        var rules = RuleSet.default1
        rules.base.estimation.order.append(
            EstimationParameters.Step(.extrapolation, maximumGapSeconds: 10 * Events.day)
        )
        rules.base.estimation.extrapolation.isRegisterFirst = isRegisterFirst
        try expectConvergence(seed, options, VEEConfiguration(zones: ZoneCatalog(), defaultRules: rules))
    }

    /// All of one source: its version 9 is its word, although the value below zero fails a check, and so stands as failed.
    @Test func theLaterVersionHoldsThenTheHigherQualityThenTheLaterPayload() throws {
        let start = Events.monday
        let contenders = [
            Events.block(start, [1], received: start + 9000, id: 1),
            Events.block(start, [2], received: start + 9100, id: 2, quality: .estimatedProfile),
            Events.block(start, [3], received: start + 9200, id: 3, version: 0),
            Events.block(start, [4], received: start + 9050, id: 4, version: 2),
            Events.block(start, [-5], received: start + 9999, id: 5, version: 9),
        ]
        for rotation in contenders.indices {
            var bench = Bench()
            try bench.feed(Array(contenders[rotation...] + contenders[..<rotation]))
            #expect(bench.reading(start)?.value == -5 * Events.unit)
        }
    }

    /// Without the version 9 the word of the source is 4 (version 2), whatever ranks above it among those without a version.
    @Test func aLaterSubstituteReplacesAnEarlierActualValue() throws {
        let start = Events.monday
        let contenders = [
            Events.block(start, [1], received: start + 9000, id: 1, version: 1),
            Events.block(start, [2], received: start + 9100, id: 2, quality: .estimatedProfile, version: 3),
            Events.block(start, [3], received: start + 9200, id: 3, version: 0),
            Events.block(start, [4], received: start + 9050, id: 4, version: 2),
        ]
        for rotation in contenders.indices {
            var bench = Bench()
            try bench.feed(Array(contenders[rotation...] + contenders[..<rotation]))
            #expect(bench.reading(start)?.value == 2 * Events.unit)
            #expect(bench.reading(start)?.quality == .estimatedProfile)
        }
    }
}

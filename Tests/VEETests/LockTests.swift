import MeterCore
import MeterEvents
import RuleSets
import Testing
import VEE

/// A lock is a fact about a span for ever: what stood when it came is billed, and nothing that comes later changes it.
struct LockTests {
    private let monday = Events.monday
    private let day = Events.day

    /// 23 values of 1 kWh and a hole: 23 kWh are billed. What comes for the hole is held until somebody unlocks the day.
    @Test func aHoleStaysAHole() throws {
        var rules = RuleSet.default1
        rules.base.estimation.order = []
        var bench = Bench(VEEConfiguration(zones: ZoneCatalog(), defaultRules: rules))
        var values: [Double?] = Array(repeating: 1, count: 24)
        values[5] = nil
        let hole = monday + 5 * 3600
        try bench.feed([
            Events.block(monday, values, interval: 3600, id: 1), Events.tick(monday + 10 * day),
            Events.edit(.lock, monday, monday + day, received: monday + 11 * day),
            Events.block(hole, [9.5], interval: 3600, received: monday + 12 * day, id: 2),
        ])
        #expect(bench.reading(hole)?.quality == .missing)
        #expect(bench.window(monday)?.sumBillionths == 23 * Events.unit)
        #expect(bench.window(monday)?.missing == 1)
        let told = try #require(bench.exception(27, monday))
        #expect(told.observed == Events.billionths(9.5))
        let fate = try #require(bench.fates.last)
        #expect([fate.offered, fate.taken, fate.held] == [1, 0, 1])
        #expect(fate.code == "ERR_VEE_LOCKED_27")
        try bench.feed(Events.edit(.unlock, monday, monday + day, received: monday + 13 * day, id: 302))
        #expect(bench.reading(hole)?.value == Events.billionths(9.5))
        #expect(bench.window(monday)?.sumBillionths == Events.billionths(32.5))
        #expect(bench.exception(27, monday) == nil)
        #expect(bench.revisionFault == nil)
    }

    /// A day of 3 kWh is locked while nothing is known of it, and once more while it is older than everything that is kept.
    @Test(arguments: [1, 45, 400]) func whatComesForALockedDayIsHeld(age: Int64) throws {
        var bench = Bench(VEEConfiguration(zones: ZoneCatalog(), limits: VEELimits(historyDays: 45)))
        let old = monday - age * day
        try bench.feed([
            Events.block(monday, Events.flat(24), interval: 3600, id: 1),
            Events.edit(.lock, old, old + day, received: monday + 2 * day),
            Events.block(old, Events.flat(24, 0.125), interval: 3600, received: monday + 3 * day, id: 2),
            Events.tick(monday + 10 * day),
        ])
        let used = bench.readings.filter { $0.key.start < old + day && $0.value.quality != .missing }
        #expect(used.isEmpty)
        #expect(bench.window(old)?.sumBillionths ?? 0 == 0)
        let fate = try #require(bench.fates.last)
        #expect([fate.offered, fate.taken, fate.held] == [24, 0, 24])
        #expect(fate.code == "ERR_VEE_LOCKED_27")
        #expect(bench.exceptions.contains { $0.code == "ERR_VEE_LOCKED_27" && $0.isOpen && $0.intervalCount == 24 })
    }

    /// Values that were billed and are older than everything that is kept stay, too; the hour beside the lock is replaced.
    @Test func whatIsLockedBeyondTheHistoryStays() throws {
        var bench = Bench(VEEConfiguration(zones: ZoneCatalog(), limits: VEELimits(historyDays: 10, lookBackDays: 0)))
        try bench.feed([
            Events.block(monday, Events.flat(24), interval: 3600, id: 1), Events.tick(monday + 3 * day),
            Events.edit(.lock, monday, monday + 23 * 3600, received: monday + 3 * day),
            Events.block(monday + 90 * day, Events.flat(24), interval: 3600, id: 2),
            Events.block(monday, Events.flat(24, 7), interval: 3600, received: monday + 92 * day, id: 3),
        ])
        for hour in 0..<23 {
            #expect(bench.reading(monday + Int64(hour) * 3600)?.value == Events.unit)
            #expect(bench.reading(monday + Int64(hour) * 3600)?.quality == .revenue)
        }
        #expect(bench.reading(monday + 23 * 3600)?.value == 7 * Events.unit)
        #expect(bench.fates.last.map { [$0.offered, $0.taken, $0.held] } == [24, 1, 23])
        #expect(bench.revisionFault == nil)
    }

    /// Of three kept edits the lock is none that goes, and locks of days that follow each other are one.
    @Test func manyEditsDoNotUnlock() throws {
        var bench = Bench(VEEConfiguration(zones: ZoneCatalog(), limits: VEELimits(maximumEdits: 3)))
        try bench.feed([
            Events.block(monday, Events.flat(96, 1), interval: 3600, id: 1), Events.tick(monday + 10 * day),
        ])
        for number in 0..<3 {
            let start = monday + Int64(number) * day
            let received = monday + 11 * day + Int64(number)
            try bench.feed(Events.edit(.lock, start, start + day, received: received, id: UInt64(300 + number)))
        }
        for number in 0..<5 {
            let start = monday + 3 * day + Int64(number) * 3600
            let received = monday + 12 * day + Int64(number)
            try bench.feed(
                Events.edit(.accept, start, start + 3600, received: received, id: UInt64(400 + number))
            )
        }
        try bench.feed(Events.block(monday, Events.flat(72, 2), interval: 3600, received: monday + 13 * day, id: 9))
        for number in 0..<3 { #expect(bench.window(monday + Int64(number) * day)?.sumBillionths == 24 * Events.unit) }
    }

    /// A value that failed was no value when it was locked.
    @Test func aFailedValueIsNotBilled() throws {
        var rules = RuleSet.default1
        rules.base.estimation.order = []
        var bench = Bench(VEEConfiguration(zones: ZoneCatalog(), defaultRules: rules))
        try bench.feed([
            Events.block(monday, [-5] + Events.flat(23), interval: 3600, id: 1), Events.tick(monday + 10 * day),
            Events.edit(.lock, monday, monday + day, received: monday + 11 * day),
        ])
        #expect(bench.reading(monday)?.quality == .failed)
        #expect(bench.reading(monday + 3600)?.quality == .revenue)
        #expect(bench.window(monday)?.sumBillionths == 23 * Events.unit)
    }

    /// Restored in between, everything is the same.
    @Test func locksOutliveARestart() throws {
        var bench = Bench()
        try bench.feed([
            Events.block(monday, Events.flat(24), interval: 3600, id: 1), Events.tick(monday + 10 * day),
            Events.edit(.lock, monday - day, monday + day, received: monday + 11 * day),
        ])
        try bench.restore()
        try bench.feed([
            Events.block(monday - day, Events.flat(48, 2), interval: 3600, received: monday + 12 * day, id: 2),
            Events.tick(monday + 20 * day),
        ])
        #expect(bench.window(monday)?.sumBillionths == 24 * Events.unit)
        #expect(bench.window(monday - day)?.sumBillionths == 0)
        #expect(bench.window(monday - day)?.missing == 24)
    }
}

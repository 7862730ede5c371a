import MeterCore
import MeterEvents
import RuleSets
import StreamCore
import Testing
import VEE

/// E9: register readings at the ends of windows that follow from an earlier reading and the intervals since.
struct DerivedRegisterTests {
    let monday = Events.monday
    let day = Events.day

    /// Days of quarter-hours of 0.25 kWh: 24 kWh a day.
    private func days(_ count: Int, from first: Int = 0, id: UInt64 = 1000) -> [JournalEvent] {
        (first..<first + count).map { number in
            Events.block(monday + Int64(number) * day, Events.flat(96, 0.25), id: id + UInt64(number))
        }
    }

    private func late(_ number: Int) -> JournalEvent { Events.tick(monday + Int64(number + 3) * day) }

    private func bench(_ change: (inout RuleSet) -> Void = { _ in }) -> Bench {
        var rules = RuleSet.default1
        change(&rules)
        return Bench(VEEConfiguration(zones: ZoneCatalog(), defaultRules: rules))
    }

    @Test func aMissingReadingIsTheNearestEarlierOneAndTheIntervalsSince() throws {
        var bench = bench()
        let read = Events.register([(monday, 100)], received: monday)
        try bench.feed([read] + days(3) + [late(3)])
        let first = try #require(bench.register(monday + day))
        #expect(first.billionths == 124 * Events.unit)
        #expect(first.quality == .derived)
        #expect(first.baseAt.secondsSinceEpoch == monday)
        #expect(first.baseBillionths == 100 * Events.unit)
        #expect(first.baseRaw == read.raw)
        #expect(first.intervals == 96)
        #expect(first.estimated == 0)
        #expect(bench.register(monday + 3 * day)?.billionths == 172 * Events.unit)
        #expect(bench.register(monday + 3 * day)?.intervals == 288)
        // Forward only, and not where it was read.
        #expect(bench.derived.keys.map(\.start).sorted() == [monday + day, monday + 2 * day, monday + 3 * day])
        #expect(bench.counter("registers_derived_total") == 3)
    }

    @Test func aReadingWithinADayCountsFromThere() throws {
        var bench = bench()
        try bench.feed([Events.register([(monday + 6 * 3600, 10)], received: monday + day)] + days(1) + [late(1)])
        #expect(bench.register(monday + day)?.billionths == 28 * Events.unit)
        #expect(bench.register(monday + day)?.intervals == 72)
    }

    @Test func aReadingOffTheGridOfIntervalsGivesNothing() throws {
        var bench = bench()
        try bench.feed([Events.register([(monday + 100, 10)], received: monday + day)] + days(1) + [late(1)])
        #expect(bench.derived.isEmpty)
    }

    @Test func aReadingThatComesLaterTakesTheDerivedOneBackAndIsCountedFrom() throws {
        var bench = bench()
        try bench.feed([Events.register([(monday, 100)], received: monday)] + days(4) + [late(4)])
        #expect(bench.register(monday + 3 * day)?.billionths == 172 * Events.unit)
        try bench.feed(Events.register([(monday + 2 * day, 149)], received: monday + 7 * day, id: 341))
        #expect(bench.register(monday + 2 * day) == nil)
        let key = Bench.SlotKey(meter: "m1", channel: "E1", start: monday + 2 * day)
        #expect(bench.derived[key]?.quality == .missing)
        #expect(bench.derived[key]?.revision == 2)
        // Untouched before it, counted from it after it.
        #expect(bench.register(monday + day)?.revision == 1)
        #expect(bench.register(monday + 3 * day)?.billionths == 173 * Events.unit)
        #expect(bench.register(monday + 3 * day)?.revision == 2)
        #expect(bench.register(monday + 4 * day)?.billionths == 197 * Events.unit)
        #expect(bench.revisionFault == nil)
    }

    @Test func lateIntervalsChangeWhatFollowsFromThem() throws {
        var bench = bench()
        let correction = Events.block(monday + day + 3600, [0.5], received: monday + 8 * day, id: 9)
        try bench.feed([Events.register([(monday, 100)], received: monday)] + days(3) + [late(3), correction])
        #expect(bench.register(monday + day)?.revision == 1)
        #expect(bench.register(monday + 2 * day)?.billionths == Events.billionths(148.25))
        #expect(bench.register(monday + 3 * day)?.billionths == Events.billionths(172.25))
        #expect(bench.register(monday + 3 * day)?.revision == 2)
    }

    @Test func estimatesCountAndAreCounted() throws {
        var bench = bench()
        var values = Events.flat(96, 0.25)
        for index in 40..<44 { values[index] = nil }
        try bench.feed([
            Events.register([(monday, 100)], received: monday), Events.block(monday, values), late(1),
        ])
        #expect(bench.register(monday + day)?.billionths == 124 * Events.unit)
        #expect(bench.register(monday + day)?.estimated == 4)
        #expect(bench.register(monday + day)?.quality == .derived)
    }

    @Test func aMissingIntervalGivesNothingUntilItComes() throws {
        var bench = bench { $0.base.estimation.order = [] }
        var values = Events.flat(96, 0.25)
        values[40] = nil
        try bench.feed([
            Events.register([(monday, 100)], received: monday), Events.block(monday, values), late(1),
        ])
        #expect(bench.derived.isEmpty)
        try bench.feed(Events.block(monday + 40 * 900, [0.25], received: monday + 5 * day, id: 7))
        #expect(bench.register(monday + day)?.billionths == 124 * Events.unit)
    }

    @Test func aFailedIntervalGivesNothing() throws {
        var bench = bench()
        var values = Events.flat(96, 0.25)
        values[40] = 25
        try bench.feed([
            Events.register([(monday, 100)], received: monday), Events.block(monday, values), late(1),
        ])
        #expect(bench.reading(monday + 40 * 900)?.quality == .failed)
        #expect(bench.derived.isEmpty)
    }

    @Test func theRegisterRollsOver() throws {
        for (start, end) in [(99_975.5, 99_999.5), (99_976.0, 0.0), (99_980.0, 4.0)] {
            var bench = bench()
            let registry = Events.registered(received: monday) { meter in
                var channel = ChannelRegistration(channel: "E1", unit: .kilowattHour)
                channel.digits = 5
                meter.channels = [channel]
            }
            try bench.feed([registry, Events.register([(monday, start)], received: monday)] + days(1) + [late(1)])
            #expect(bench.register(monday + day)?.billionths == Events.billionths(end))
        }
    }

    @Test func aReadingThatTheRegisterHasNoDigitsForIsNotCountedFrom() throws {
        var bench = bench()
        let registry = Events.registered(received: monday) { meter in
            var channel = ChannelRegistration(channel: "E1", unit: .kilowattHour)
            channel.digits = 3
            meter.channels = [channel]
        }
        let reads = Events.register([(monday, 100), (monday + day / 2, 1000)], received: monday + day)
        try bench.feed([registry, reads] + days(1) + [late(1)])
        #expect(bench.register(monday + day)?.billionths == 124 * Events.unit)
    }

    @Test(arguments: [(1, true), (2, true), (3, false)])
    func theReadingMayBeSoOld(age: Int, isThere: Bool) throws {
        var bench = bench { $0.base.estimation.derivedRegisters.maximumSpanDays = 2 }
        try bench.feed([Events.register([(monday, 100)], received: monday)] + days(3) + [late(3)])
        #expect((bench.register(monday + Int64(age) * day) != nil) == isThere)
    }

    @Test func notAcrossTheExchangeOfAMeter() throws {
        var bench = bench()
        let registry = Events.registered(received: monday) {
            $0.installedFrom = Instant(secondsSinceEpoch: monday + 2 * day)
        }
        try bench.feed(
            [registry, Events.register([(monday + day, 100)], received: monday + day)] + days(4, from: 2) + [late(5)]
        )
        #expect(bench.derived.isEmpty)
        try bench.feed(Events.register([(monday + 3 * day, 7)], received: monday + 9 * day, id: 342))
        #expect(bench.register(monday + 4 * day)?.billionths == 31 * Events.unit)
    }

    @Test func notAcrossAChangeOfConfiguration() throws {
        var bench = bench()
        let flagged = Events.flagged(monday, Events.flat(96, 0.25), [50: .configurationChanged])
        try bench.feed([Events.register([(monday, 100)], received: monday), flagged] + days(1, from: 1) + [late(2)])
        #expect(bench.reading(monday + 50 * 900)?.quality.isEstimated == true)
        #expect(bench.derived.isEmpty)
    }

    @Test func rulesSwitchItOffAndOn() throws {
        var bench = bench { $0.base.estimation.derivedRegisters.isEnabled = false }
        try bench.feed([Events.register([(monday, 100)], received: monday)] + days(2) + [late(2)])
        #expect(bench.derived.isEmpty)
        let on = #"{"estimation": {"derivedRegisters": {"enabled": true}}}"#
        try bench.feed(Events.rules("on", on, from: monday + day, received: monday + 6 * day))
        #expect(bench.register(monday + day) == nil)
        #expect(bench.register(monday + 2 * day)?.billionths == 148 * Events.unit)
        let off = #"{"estimation": {"derivedRegisters": {"enabled": false}}}"#
        try bench.feed(Events.rules("off", off, from: monday + day, received: monday + 6 * day, id: 71))
        #expect(bench.register(monday + 2 * day) == nil)
    }

    @Test func ratesAndOtherChannelsHaveNone() throws {
        var bench = bench()
        var rate = RegisterReads(
            meter: "m1",
            channel: "E1",
            unit: .kilowattHour,
            at: [Instant(secondsSinceEpoch: monday)],
            billionths: [Events.unit],
            qualities: [Quality.raw.rawValue]
        )
        rate.touCode = "T1"
        try bench.feed(
            [
                JournalEvent(raw: Events.raw(monday, id: 8), body: .registerReads(rate)),
                Events.register([(monday, 100)], received: monday, channel: "E2"),
            ] + days(1) + [late(1)]
        )
        #expect(bench.derived.isEmpty)
    }

    @Test func windowsOfAnyLengthHaveThemAtTheirEnds() throws {
        let limits = VEELimits(window: .days(2))
        var bench = Bench(VEEConfiguration(zones: ZoneCatalog(), limits: limits))
        try bench.feed([Events.register([(monday, 100)], received: monday)] + days(4) + [late(4)])
        let ends = bench.derived.keys.map(\.start).sorted()
        #expect(ends.count == 2)
        #expect(ends.last.map { ($0 - monday) % day } == 0)
    }
}

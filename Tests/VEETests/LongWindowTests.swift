import MeterCore
import MeterEvents
import RuleSets
import StreamCore
import Testing
import VEE

/// Windows of several days: weeks, months, days of any number.
struct LongWindowTests {
    let monday = Events.monday
    let day = Events.day

    private func bench(
        _ window: WindowLength,
        zones: ZoneCatalog = ZoneCatalog(),
        _ rules: RuleSet = .default1
    ) -> Bench {
        Bench(VEEConfiguration(zones: zones, defaultRules: rules, limits: VEELimits(window: window)))
    }

    private func daily(_ values: [Double?], from start: Int64, id: UInt64 = 1) -> JournalEvent {
        Events.block(start, values, interval: 86_400, id: id)
    }

    @Test func aWeekClosesAGraceAfterItsEnd() throws {
        var bench = bench(.days(7))
        for number in 0..<7 {
            let start = monday + Int64(number) * day
            try bench.feed(Events.block(start, Events.flat(96), id: UInt64(10 + number)))
        }
        try bench.feed(Events.tick(monday + 8 * day - 1))
        #expect(bench.windows.isEmpty)
        #expect(bench.readings.count == 672)
        try bench.feed(Events.tick(monday + 8 * day))
        let week = try #require(bench.window(monday))
        #expect(week.end.secondsSinceEpoch == monday + 7 * day)
        #expect(week.expected == 672)
        #expect(week.validated == 672)
        #expect(week.sumBillionths == 672 * Events.unit)
        #expect(week.isClosed)
    }

    @Test func gapsAreEstimatedFromLikeDaysOfTheSameWindowToo() throws {
        var rules = RuleSet.default1
        rules.base.estimation.order = [EstimationParameters.Step(.referenceDays, maximumGapSeconds: 86_400)]
        rules.base.identical.isEnabled = false
        var bench = bench(.days(7), rules)
        for number in 0..<7 where number != 4 {
            try bench.feed(
                Events.block(monday + Int64(number) * day, Events.flat(96, Double(number + 1)), id: UInt64(10 + number))
            )
        }
        try bench.feed(Events.tick(monday + 20 * day))
        // Friday: no earlier Friday, so the days of its class before it, nearest first: Thursday 4, Wednesday 3, Tuesday 2.
        #expect(bench.reading(monday + 4 * day + 900)?.value == 3 * Events.unit)
        #expect(bench.reading(monday + 4 * day + 900)?.method == .referenceDays)
        #expect(bench.window(monday)?.estimated == 96)
    }

    @Test func dailyValuesAreComparedWithinTheirMonth() throws {
        var bench = bench(.month)
        // January 2026 from the 1st on.
        let first = monday - 4 * day
        var values = [Double?](repeating: 20, count: 31)
        for index in values.indices { values[index] = 20 + Double(index % 5) }
        values[17] = 80
        try bench.feed([daily(values, from: first), Events.tick(first + 40 * day)])
        let month = try #require(bench.window(first))
        #expect(month.end.secondsSinceEpoch == first + 31 * day)
        #expect(month.expected == 31)
        #expect(month.failed == 1)
        let spike = try #require(bench.exception(19, first))
        #expect(spike.first == first + 17 * day)
        // The same values in windows of a day have nothing to be compared with.
        var days = self.bench(.day)
        try days.feed([daily(values, from: first), Events.tick(first + 40 * day)])
        #expect(days.open.keys.allSatisfy { $0.rule != 19 })
    }

    @Test func dailyValuesMayHaveAWindowOfTheirOwn() throws {
        let limits = VEELimits(dailyWindow: .days(7))
        var bench = Bench(VEEConfiguration(zones: ZoneCatalog(), limits: limits))
        try bench.feed([
            Events.block(monday, Events.flat(7, 24), interval: 86_400, id: 1, channel: "D"),
            Events.block(monday, Events.flat(7 * 96, 0.25), id: 2), Events.tick(monday + 20 * day),
        ])
        #expect(bench.window(monday, channel: "D")?.expected == 7)
        #expect(bench.windows.keys.filter { $0.channel == "D" }.count == 1)
        #expect(bench.windows.keys.filter { $0.channel == "E1" }.count == 7)
    }

    @Test func aMonthHasWhatItsClockGivesIt() throws {
        let zones = try TestZones.catalog(["Europe/Berlin"])
        var bench = bench(.month, zones: zones)
        // 2026-03-01T00:00 in Berlin.
        let march: Int64 = 1_772_319_600
        var start = march
        var id: UInt64 = 10
        while start < march + 31 * day - 3600 {
            let count = min(96, Int(march + 31 * day - 3600 - start) / 900)
            var values = Events.flat(count)
            if id == 25 { for index in 40..<44 { values[index] = nil } }
            try bench.feed(Events.block(start, values, id: id, zone: "Europe/Berlin"))
            start += Int64(count) * 900
            id += 1
        }
        try bench.feed(Events.tick(march + 40 * day))
        let window = try #require(bench.window(march))
        #expect(window.expected == 31 * 96 - 4)
        #expect(window.end.secondsSinceEpoch == march + 31 * day - 3600)
        #expect(window.estimated == 4)
        #expect(window.validated == 31 * 96 - 8)
        #expect(window.missing == 0)
    }

    @Test func lateDataRevisesAWindowOfLongAgo() throws {
        var bench = bench(.month)
        let first = monday - 4 * day
        for number in 0..<75 {
            let start = first + Int64(number) * day
            var values = Events.flat(24)
            if number == 40 { for index in 0..<24 { values[index] = nil } }
            if number != 40 {
                try bench.feed(Events.block(start, values, interval: 3600, id: UInt64(10 + number)))
            }
        }
        try bench.feed(Events.tick(first + 80 * day))
        let february = first + 31 * day
        #expect(bench.window(february)?.estimated == 24)
        try bench.feed(
            Events.block(first + 40 * day, Events.flat(24, 3), interval: 3600, received: first + 81 * day, id: 900)
        )
        #expect(bench.window(february)?.estimated == 0)
        #expect(bench.window(february)?.validated == 672)
        #expect(bench.window(february)?.sumBillionths == Int64(27 * 24 + 72) * Events.unit)
        #expect(bench.window(february)?.revision == 2)
        #expect(bench.revisionFault == nil)
    }

    @Test func usageOfAMonthIsComparedWithTheMonthBeforeByTheDay() throws {
        var bench = bench(.month)
        let first = monday - 4 * day
        for number in 0..<59 {
            let level = number < 31 ? 2.0 : 0.25
            try bench.feed(
                Events.block(
                    first + Int64(number) * day,
                    Events.flat(24, level),
                    interval: 3600,
                    id: UInt64(10 + number)
                )
            )
        }
        try bench.feed(Events.tick(first + 70 * day))
        let low = try #require(bench.exception(23, first + 31 * day))
        #expect(low.observed == Int64(12.5 * 1_000_000_000))
        #expect(bench.exception(23, first) == nil)
    }

    @Test func daysOfNothingAreCountedInDays() throws {
        var rules = RuleSet.default1
        rules.base.zero.minimumDays = 10
        var bench = bench(.days(7), rules)
        for number in 0..<28 {
            let level = number < 7 ? 1.0 : 0
            try bench.feed(
                Events.block(
                    monday + Int64(number) * day,
                    Events.flat(24, level),
                    interval: 3600,
                    id: UInt64(10 + number)
                )
            )
        }
        try bench.feed(Events.tick(monday + 40 * day))
        #expect(bench.exception(28, monday + 7 * day) == nil)
        #expect(bench.exception(28, monday + 14 * day) != nil)
        #expect(bench.exception(28, monday + 21 * day) != nil)
    }

    @Test func aMinuteChannelHasItsMonth() throws {
        var bench = bench(.month)
        let first = monday - 4 * day
        for number in 0..<31 {
            try bench.feed(
                Events.block(first + Int64(number) * day, Events.flat(1440), interval: 60, id: UInt64(10 + number))
            )
        }
        try bench.feed(Events.tick(first + 40 * day))
        #expect(bench.window(first)?.validated == 44_640)
        #expect(bench.counter("intervals_refused_total") == 0)
    }

    @Test func theClosedDaysOfALongWindowArePacked() throws {
        var bench = bench(.days(7))
        for number in 0..<30 {
            try bench.feed(Events.block(monday + Int64(number) * day, Events.flat(96), id: UInt64(10 + number)))
        }
        try bench.feed(Events.tick(monday + 30 * day))
        let cold = bench.processor.stateSizes.first { $0.name == "cold_slots" }?.count ?? 0
        #expect(cold == 21 * 96)
    }

    @Test(arguments: [2, 3])
    func aStormHoldsBackTheWindowOfItsDate(days length: Int) throws {
        var rules = RuleSet.default1
        rules.base.estimation.storm.minimumMeters = 10
        let limits = VEELimits(window: .days(length), graceSeconds: 0)
        var bench = Bench(VEEConfiguration(zones: ZoneCatalog(), defaultRules: rules, limits: limits))
        let first = monday + Int64((length - Int((monday / day - 4) % Int64(length))) % length) * day
        let meters = (0..<20).map { "m\($0)" }
        try bench.feed(
            meters.enumerated().map { index, meter in
                Events.registered(received: first, id: UInt64(400 + index), meter: meter) { $0.group = "north" }
            }
        )
        let windows = 5
        for number in 0..<(windows * length) {
            let start = first + Int64(number) * day
            let isStorm = number == windows * length - 1
            for (index, meter) in meters.enumerated() where !isStorm || index < 4 {
                try bench.feed(
                    Events.block(
                        start,
                        Events.flat(24),
                        interval: 3600,
                        id: UInt64(1000 + number * 100 + index),
                        meter: meter
                    )
                )
            }
            try bench.feed(Events.tick(start + day))
        }
        let last = first + Int64((windows - 1) * length) * day
        let end = last + Int64(length) * day
        let hit = Events.block(end, Events.flat(24), interval: 3600, id: 9000, meter: "m10")
        try bench.feed([hit, Events.tick(end + 12 * 3600), Events.tick(end + day + 7 * 3600)])
        let waiting = bench.exception(41, last, meter: "m10")
        #expect(waiting != nil)
        #expect(bench.window(last, meter: "m10")?.missing == 24)
        try bench.feed(Events.tick(end + 6 * day))
        #expect(bench.exception(41, last, meter: "m10") == nil)
        #expect(bench.window(last, meter: "m10")?.missing == 0)
    }
}

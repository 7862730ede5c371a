import MeterCore
import MeterEvents
import RuleSets
import Testing
import VEE

/// One grid at a time: of one channel no two readings in force overlap, and a window counts all of them once.
@Suite struct GridTests {
    private static let monday = Events.monday
    private static let day = Events.day

    /// Grace 0: a day is closed as soon as the watermark has passed it.
    private static func bench(_ zones: ZoneCatalog = ZoneCatalog()) -> Bench {
        let limits = VEELimits(historyDays: 800, graceSeconds: 0, lateGraceSeconds: 0)
        return Bench(VEEConfiguration(zones: zones, defaultRules: .linearOnly, limits: limits))
    }

    private static func close(_ bench: inout Bench, after days: Int64 = 1) throws {
        try bench.feed(Events.tick(monday + days * day + 3600))
    }

    private func inAnyOrder(
        _ events: [JournalEvent],
        days: Int64 = 1,
        _ check: (Bench, [Int]) throws -> Void
    ) throws {
        for order in Permutations.of(events.count) {
            var bench = Self.bench()
            try bench.feed(order.map { events[$0] })
            try Self.close(&bench, after: days)
            try check(bench, order)
            #expect(bench.revisionFault == nil, "order \(order)")
        }
    }

    /// 24 half-hours of 0.2 until noon and 48 quarter-hours of 0.1 from noon on: 24 x 0.2 + 48 x 0.1 = 9.6.
    @Test func aChangeOfLengthAtNoonCountsBothHalves() throws {
        let events = [
            Events.block(Self.monday, Events.flat(24, 0.2), interval: 1800, received: Self.monday + Self.day, id: 1),
            Events.block(
                Self.monday + 12 * 3600,
                Events.flat(48, 0.1),
                received: Self.monday + Self.day,
                id: 2
            ),
        ]
        try inAnyOrder(events) { bench, order in
            let window = bench.windows[Bench.SlotKey(meter: "m1", channel: "E1", start: Self.monday)]
            #expect(window?.sumBillionths == 9_600_000_000, "order \(order)")
            #expect(window?.validated == 72, "order \(order)")
            #expect(window?.missing == 0, "order \(order)")
            #expect(bench.readings.count == 72, "order \(order)")
        }
    }

    /// A day of 5-minute values of 0.1 and the same day in half-hours of 0.6: 288 x 0.1 = 28.8, once.
    @Test func aDaySentAgainInAnotherLengthCountsOnce() throws {
        let events = [
            Events.block(Self.monday, Events.flat(288, 0.1), interval: 300, received: Self.monday + Self.day, id: 1),
            Events.block(Self.monday, Events.flat(48, 0.6), interval: 1800, received: Self.monday + Self.day, id: 2),
        ]
        try inAnyOrder(events) { bench, order in
            let window = bench.windows[Bench.SlotKey(meter: "m1", channel: "E1", start: Self.monday)]
            #expect(window?.sumBillionths == 28_800_000_000, "order \(order)")
            #expect(bench.readings.count == 288, "order \(order)")
            #expect(bench.open.values.allSatisfy { $0.code != "ERR_VEE_TOTAL_43" }, "order \(order)")
        }
    }

    /// The hour from 05:00 is 4; of its quarters the first three are 1, 0.5 and 0.5: the fourth is what is left, 2. The other 23 hours are 1
    /// each: 23 + 4 = 27.
    @Test func aCoarseValueFillsWhatFinerOnesLeaveMissing() throws {
        var hours = Events.flat(24)
        hours[5] = 4
        let events = [
            Events.block(Self.monday, hours, interval: 3600, received: Self.monday + Self.day, id: 1),
            Events.block(Self.monday + 5 * 3600, [1, 0.5, 0.5], received: Self.monday + Self.day, id: 2),
        ]
        try inAnyOrder(events) { bench, order in
            let window = bench.windows[Bench.SlotKey(meter: "m1", channel: "E1", start: Self.monday)]
            #expect(window?.sumBillionths == 27_000_000_000, "order \(order)")
            #expect(window?.estimated == 1, "order \(order)")
            let rest = bench.reading(Self.monday + 5 * 3600 + 2700)
            #expect(rest?.value == 2_000_000_000, "order \(order)")
            #expect(rest?.quality == .estimatedScaled, "order \(order)")
        }
    }

    /// Two of 24 hourly stamps are a second late: they are put on the hour. 24 x 1 = 24.
    @Test func aStampASecondLateIsPutOnTheGrid() throws {
        let received = Self.monday + Self.day
        let events = [
            Events.block(Self.monday, Events.flat(12), interval: 3600, received: received, id: 1),
            Events.block(Self.monday + 12 * 3600 + 1, Events.flat(2), interval: 3600, received: received, id: 1),
            Events.block(Self.monday + 14 * 3600, Events.flat(10), interval: 3600, received: received, id: 1),
        ]
        try inAnyOrder(events) { bench, order in
            let window = bench.windows[Bench.SlotKey(meter: "m1", channel: "E1", start: Self.monday)]
            #expect(window?.sumBillionths == 24_000_000_000, "order \(order)")
            #expect(bench.reading(Self.monday + 12 * 3600)?.findings.map(\.rule) == [8], "order \(order)")
        }
    }

    /// Five days of 10 kWh in Berlin about 2026-10-25, which has 25 hours: five readings, five windows, 50 kWh.
    @Test func dailyValuesFollowTheLocalCalendar() throws {
        // 2026-10-23T00:00 in Berlin is 22:00 UTC of the day before, 290 days and 22 hours after 2026-01-05.
        let first = Self.monday + 290 * Self.day + 22 * 3600
        // 2026-10-26T00:00 is 23:00 UTC of the day before.
        let second = first + 3 * Self.day + 3600
        let received = first + 6 * Self.day
        let events = [
            Events.block(first, [10, 10, 10], interval: 86_400, received: received, id: 1, zone: "Europe/Berlin"),
            Events.block(second, [10, 10], interval: 86_400, received: received, id: 1, zone: "Europe/Berlin"),
        ]
        for order in Permutations.of(2) {
            var bench = Self.bench(try TestZones.catalog(["Europe/Berlin"]))
            try bench.feed(order.map { events[$0] })
            try bench.feed(Events.tick(received + Self.day))
            let long = Bench.SlotKey(meter: "m1", channel: "E1", start: first + 2 * Self.day)
            #expect(bench.held[long] == 90_000, "order \(order)")
            #expect(bench.windows[long]?.end.secondsSinceEpoch == second, "order \(order)")
            #expect(bench.readings.count == 5, "order \(order)")
            #expect(bench.windows.values.map(\.sumBillionths).reduce(0, +) == 50_000_000_000, "order \(order)")
            #expect(bench.windows.values.allSatisfy { $0.missing == 0 && $0.expected == 1 }, "order \(order)")
        }
    }

    /// Seven minutes off is another grid: two values that overlap the hours are held and told, and the day stays 24.
    @Test func whatDoesNotFitIsHeldAndTold() throws {
        let received = Self.monday + Self.day
        let events = [
            Events.block(Self.monday, Events.flat(24), interval: 3600, received: received, id: 1),
            Events.block(Self.monday + 3 * 3600 + 420, Events.flat(2, 7), interval: 3600, received: received, id: 2),
        ]
        try inAnyOrder(events) { bench, order in
            let window = bench.windows[Bench.SlotKey(meter: "m1", channel: "E1", start: Self.monday)]
            #expect(window?.sumBillionths == 24_000_000_000, "order \(order)")
            #expect(bench.readings.count == 24, "order \(order)")
            let told = bench.open.values.first { $0.code == "ERR_VEE_GRID_42" }
            #expect(told?.count == 2, "order \(order)")
        }
    }

    /// Source A says 1, source B an estimate of 5: A's stands. When A takes its value back (a null of a later version), B's does.
    @Test func anotherSourceStandsWhenOneTakesItsValueBack() throws {
        func word(_ value: Double, _ quality: Quality, _ source: String, _ version: Int64, _ id: UInt64) -> JournalEvent
        {
            let event = Events.block(
                Self.monday,
                [value],
                received: Self.monday + Self.day,
                id: id,
                quality: quality,
                version: version
            )
            guard case .intervalBlock(var block) = event.body else { return event }
            block.source = source
            return JournalEvent(raw: event.raw, body: .intervalBlock(block))
        }
        let events = [
            word(1, .raw, "a", 1, 1), word(5, .estimatedProfile, "b", 0, 2), word(0, .missing, "a", 2, 3),
        ]
        try inAnyOrder(events) { bench, order in
            #expect(bench.reading(Self.monday)?.value == 5_000_000_000, "order \(order)")
            #expect(bench.reading(Self.monday)?.quality == .estimatedProfile, "order \(order)")
        }
    }

    /// offered = taken + unchanged + held + refused, for every block.
    @Test func everyValueHasAFate() throws {
        var bench = Self.bench()
        let first = Events.block(Self.monday, [1, 2, nil, 3], received: Self.monday + Self.day, id: 1)
        let same = Events.block(Self.monday, [1, 9], received: Self.monday + Self.day + 60, id: 2)
        let estimate = Events.block(
            Self.monday,
            [7, 7],
            received: Self.monday + Self.day + 120,
            id: 3,
            quality: .estimatedProfile
        )
        try bench.feed([first, same, estimate])
        let counts = bench.fates.map { [$0.offered, $0.taken, $0.replaced, $0.unchanged, $0.held, $0.refused] }
        #expect(counts == [[3, 3, 0, 0, 0, 0], [2, 1, 1, 1, 0, 0], [2, 0, 0, 0, 2, 0]])
    }

    /// Values of half an hour for a channel of quarters: nothing changes, and that is said.
    /// 4 hours of 1 from midnight on, the first two locked; then a day of 48 half-hours before it, the last of which, 30 minutes later than the
    /// grid of the hours would have it, reaches into the first locked hour: it does not hold, and what is locked stays.
    @Test func whatReachesIntoALockedReadingDoesNotHold() throws {
        let start = Self.monday + Self.day
        var bench = Self.bench()
        try bench.feed([
            Events.block(start, Events.flat(4), interval: 3600, received: start + Self.day, id: 1),
            Events.tick(start + Self.day + 3600),
            Events.edit(.lock, start, start + 2 * 3600, received: start + Self.day + 7200),
            Events.block(
                start - 12_600,
                Events.flat(4, 5),
                interval: 3600,
                received: start + Self.day + 10_800,
                id: 3
            ),
            Events.tick(start + 2 * Self.day),
        ])
        #expect(bench.reading(start)?.quality == .revenue)
        #expect(bench.reading(start)?.value == Events.unit)
        #expect(bench.reading(start - 12_600)?.value == 5 * Events.unit)
        let reaching = bench.reading(start - 1800)
        #expect(reaching == nil || reaching?.quality == .missing)
    }

    /// A day of quarter-hours, and a value entered two months later by mistake: nothing between is estimated, and the decision is answered.
    @Test func aValueEnteredFarAheadWaitsForData() throws {
        var bench = Self.bench()
        let later = Self.monday + 61 * Self.day
        try bench.feed(Events.block(Self.monday, Events.flat(96), received: Self.monday + Self.day))
        let edit = ManualEdit(
            meter: "m1",
            channel: "E1",
            start: Instant(secondsSinceEpoch: later),
            end: Instant(secondsSinceEpoch: later + 900),
            action: .setValues(intervalSeconds: 900, billionths: [5_000_000_000]),
            user: "u",
            reason: "r"
        )
        try bench.feed(JournalEvent(raw: Events.raw(later, id: 9), body: .manualEdit(edit)))
        try bench.feed(Events.tick(later + 10 * Self.day))
        #expect(bench.readings.count == 96)
        #expect(bench.open.values.filter { $0.code == "ERR_VEE_EDIT_44" }.count == 1)
        // With the data it holds.
        try bench.feed(Events.block(later, Events.flat(4), received: later + 11 * Self.day, id: 10))
        #expect(bench.reading(later)?.value == 5 * Events.unit)
        #expect(bench.open.values.filter { $0.code == "ERR_VEE_EDIT_44" }.isEmpty)
    }

    /// A last quarter-hour of the year 9999 is refused, and what is told of it lies in years that tables know.
    @Test func aBlockBeyondAllYearsIsToldOfWithinThem() throws {
        var bench = Self.bench()
        let end: Int64 = 253_402_300_800
        try bench.feed(Events.block(end - 900, [1], received: Self.monday))
        let told = bench.open.filter { $0.value.code == "ERR_VEE_TIME_02" }
        #expect(told.count == 1)
        #expect(told.keys.allSatisfy { $0.window < end - 86_400 })
        #expect(bench.readings.isEmpty)
    }

    @Test func anEditOfAnotherLengthIsAnswered() throws {
        var bench = Self.bench()
        try bench.feed(Events.block(Self.monday, Events.flat(96), received: Self.monday + Self.day))
        let edit = ManualEdit(
            meter: "m1",
            channel: "E1",
            start: Instant(secondsSinceEpoch: Self.monday),
            end: Instant(secondsSinceEpoch: Self.monday + 1800),
            action: .setValues(intervalSeconds: 1800, billionths: [5_000_000_000]),
            user: "u",
            reason: "r"
        )
        try bench.feed(JournalEvent(raw: Events.raw(Self.monday + Self.day + 60, id: 9), body: .manualEdit(edit)))
        let told = bench.open.values.filter { $0.code == "ERR_VEE_EDIT_44" }
        #expect(told.map(\.reason).first?.contains("the channel has intervals of 900 s") == true)
        #expect(bench.reading(Self.monday)?.value == Events.unit)
    }
}

/// All orders of a few things.
enum Permutations {
    static func of(_ count: Int) -> [[Int]] {
        guard count > 1 else { return [Array(0..<count)] }
        return of(count - 1).flatMap { rest in
            (0...rest.count).map { place in
                var order = rest
                order.insert(count - 1, at: place)
                return order
            }
        }
    }
}

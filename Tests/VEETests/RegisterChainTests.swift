import MeterCore
import MeterEvents
import RuleSets
import StreamCore
import Testing
import VEE

/// False readings, exchanges and resets: what scales, what is derived, and what is told, whatever the order of arrival.
struct RegisterChainTests {
    let monday = Events.monday
    let day = Events.day

    /// Days of hours of 1 kWh, without those of a range.
    private func hours(_ days: Int, without gap: Range<Int> = 0..<0) -> JournalEvent {
        let values: [Double?] = (0..<days * 24).map { gap.contains($0) ? nil : 1 }
        return Events.block(monday, values, interval: 3600, received: monday + Int64(days) * day, id: 1)
    }

    /// One payload a reading; instants in days.
    private func readings(_ list: [(Double, Double)], _ quality: Quality = .raw, id: UInt64 = 500) -> [JournalEvent] {
        list.enumerated().map { number, reading in
            let at = monday + Int64(reading.0 * 86_400)
            let event = Events.register([(at, reading.1)], received: at, id: id + UInt64(number))
            guard case .registerReads(var reads) = event.body else { return event }
            reads.qualities = [quality.rawValue]
            return JournalEvent(raw: event.raw, body: .registerReads(reads))
        }
    }

    private func late(_ days: Int) -> JournalEvent { Events.tick(monday + Int64(days + 4) * day) }

    /// Feeds the events in several orders, each ended by the tick that makes all due; every other one goes on from a snapshot in the middle.
    private func inOrders(
        _ events: [JournalEvent],
        _ days: Int,
        _ rules: RuleSet = .default1,
        _ check: (Bench, Int) throws -> Void
    ) throws {
        var random = Seeded(7)
        var orders = [events, events.reversed()]
        for _ in 0..<6 { orders.append(events.shuffled(using: &random)) }
        for (number, order) in orders.enumerated() {
            var bench = Bench(VEEConfiguration(zones: ZoneCatalog(), defaultRules: rules))
            // Some orders find the days closed before the last events come.
            let middle = number % 3 == 0 ? order.count : order.count / 2
            try bench.feed(Array(order[..<middle]) + [late(days)])
            if number % 2 == 0 { try bench.restore() }
            try bench.feed(Array(order[middle...]) + [late(days)])
            #expect(bench.revisionFault == nil)
            try check(bench, number)
        }
    }

    private func hour(_ number: Int, _ bench: Bench) -> Double? {
        bench.reading(monday + Int64(number) * 3600).map { Double($0.value) / 1e9 }
    }

    // MARK: False readings

    /// 13474 - 13424 = 50 in two days of which 46 hours are measured with 1 each: 4 are left for the two hours of the gap, 2 for each.
    @Test func aFalseZeroIsSetAsideAndItsNeighboursFormTheSpan() throws {
        let events =
            [hours(5, without: 58..<60)]
            + readings([(0, 13_376), (1, 13_400), (2, 13_424), (3, 0), (4, 13_474), (5, 13_498)])
        try inOrders(events, 5) { bench, order in
            for number in 0..<120 {
                #expect(hour(number, bench) == ([58, 59].contains(number) ? 2 : 1), "order \(order), hour \(number)")
            }
            #expect(bench.reading(monday + 58 * 3600)?.quality == .estimatedScaled)
            let found = bench.exception(16, monday + 3 * day)
            #expect(found?.code == "ERR_VEE_READING_16")
            #expect(
                found?.reason
                    == "the register went from 13424 kWh to 0 kWh in 24 h: back; taken as a false reading: "
                    + "consumption goes on from 13424 kWh"
            )
            // The next reading is judged against the one before the false one: there is nothing to say.
            #expect(bench.exception(17, monday + 4 * day) == nil)
            #expect(bench.exception(25, monday + 2 * day) == nil)
        }
    }

    /// The registry knows what the connection carries: 14.5 kW are 348 kWh a day.
    @Test func aFalseReadingAboveTheCapacityIsSetAside() throws {
        let registry = Events.registered(received: monday) {
            var channel = ChannelRegistration(channel: "E1", unit: .kilowattHour)
            channel.capacityWatts = 14_500
            $0.channels = [channel]
        }
        let events =
            [registry, hours(4, without: 34..<36)] + readings([(0, 100), (1, 124), (2, 900), (3, 172), (4, 196)])
        try inOrders(events, 4) { bench, order in
            for number in 0..<96 { #expect(hour(number, bench) == 1, "order \(order), hour \(number)") }
            #expect(bench.exception(17, monday + 2 * day)?.code == "ERR_VEE_READING_17")
            #expect(bench.exception(17, monday + 2 * day)?.limit == 348 * Events.unit)
            #expect(bench.exception(16, monday + 3 * day) == nil)
        }
    }

    /// Two false readings one after the other.
    @Test func falseReadingsInARowAreSetAside() throws {
        let events =
            [hours(5, without: 58..<60)]
            + readings([(0, 500), (1, 524), (2, 548), (2.5, 0), (3, 0), (4, 596), (5, 620)])
        try inOrders(events, 5) { bench, order in
            for number in 0..<120 { #expect(hour(number, bench) == 1, "order \(order), hour \(number)") }
            #expect(bench.exception(16, monday + 2 * day)?.code == "ERR_VEE_READING_16")
            #expect(bench.exception(17, monday + 4 * day) == nil)
        }
    }

    @Test func aFalseReadingAtTheEndNeitherScalesNorDerives() throws {
        let events = [hours(4, without: 30..<32)] + readings([(0, 13_400), (1, 13_424), (2, 0)])
        try inOrders(events, 4) { bench, order in
            for number in 0..<96 { #expect(hour(number, bench) == 1, "order \(order), hour \(number)") }
            #expect(bench.reading(monday + 30 * 3600)?.quality.isEstimated == true)
            #expect(bench.reading(monday + 30 * 3600)?.quality != .estimatedScaled)
            #expect(bench.exception(16, monday + 2 * day)?.code == "ERR_VEE_UNCONFIRMED_16")
            #expect(bench.register(monday + 3 * day) == nil)
            #expect(bench.register(monday + 4 * day) == nil)
        }
    }

    /// The sum of the registers is far from the hours, but no further than can be: 3 kWh in one hour where 1 is the highest, not 5.
    @Test func estimatesAreNotScaledAboveWhatIsMeasuredAround() throws {
        for (reading, expected) in [(148.0, 3.0), (150.0, 1.0)] {
            let events = [hours(3, without: 30..<31)] + readings([(0, 100), (1, 124), (2, reading + 2)])
            try inOrders(events, 3) { bench, order in
                #expect(hour(30, bench) == expected, "order \(order)")
            }
        }
    }

    // MARK: Exchange and reset

    /// 450 to 10243 in two days, where 46 measured hours have 1 each: three times that for 48 hours are 144 at most.
    @Test func anExchangeToAHigherReadingBeginsAnew() throws {
        let events =
            [hours(6, without: 58..<60)] + readings([(0, 402), (1, 426), (2, 450), (4, 10_243), (5, 10_267)])
        try inOrders(events, 6) { bench, order in
            for number in 0..<144 { #expect(hour(number, bench) == 1, "order \(order), hour \(number)") }
            #expect(bench.reading(monday + 58 * 3600)?.quality != .estimatedScaled)
            let found = bench.exception(17, monday + 4 * day)
            #expect(found?.code == "ERR_VEE_EXCHANGE_17")
            #expect(
                found?.reason
                    == "the register went from 450 kWh to 10243 kWh in 48 h: more than the 144 kWh that can have "
                    + "passed; taken as an exchange or reset: consumption starts anew here"
            )
            #expect(found?.observed == 9793 * Events.unit)
            // When it was exchanged is not known; after it the new count goes on: 10267 + 24.
            #expect(bench.register(monday + 3 * day) == nil)
            #expect(bench.register(monday + 6 * day)?.billionths == 10_291 * Events.unit)
            #expect(bench.exception(25, monday + 3 * day) == nil)
        }
    }

    /// 10, 0, 24, 48: past the zero 14 kWh would have passed in two days of 48, from the zero on 24 in a day of 24.
    @Test func aResetBelowTheNextReadingIsToldByTheIntervals() throws {
        let events = [hours(4)] + readings([(0, 10), (1, 0), (2, 24), (3, 48)])
        try inOrders(events, 4) { bench, order in
            #expect(bench.exception(16, monday + day)?.code == "ERR_VEE_EXCHANGE_16", "order \(order)")
            #expect(bench.exception(25, monday + day) == nil)
            #expect(bench.register(monday + 4 * day)?.billionths == 72 * Events.unit)
        }
    }

    /// The gap of two hours is estimated with 1 each; the registers leave 26 - 22 = 4, 2 for each, but the meter was exchanged or set up anew.
    @Test(arguments: [DeviceEventKind.configurationChanged, .installed, .removed, .other])
    func whatTheDeviceReportsBeginsACountAnew(kind: DeviceEventKind) throws {
        let report = Events.power([(monday + 6 * 3600, kind)], received: monday + day)
        let events = [hours(2, without: 4..<6), report] + readings([(0, 100), (1, 126)])
        try inOrders(events, 2) { bench, order in
            let isScaled = kind == .other
            #expect(hour(5, bench) == (isScaled ? 2 : 1), "order \(order)")
            #expect((bench.exception(37, monday + day) != nil) == !isScaled)
            #expect(bench.register(monday + 2 * day)?.billionths == 150 * Events.unit)
        }
    }

    @Test func aMeterThatTheRegistrySaysWasExchangedDoesNotScale() throws {
        let registry = Events.registered(received: monday) {
            $0.installedFrom = Instant(secondsSinceEpoch: monday + 6 * 3600)
        }
        // Data from before belongs to the meter before: V03 says so and takes it.
        let events = [hours(2, without: 4..<6)] + readings([(0, 100), (1, 126)]) + [registry]
        var bench = Bench()
        try bench.feed(events + [late(2)])
        #expect(hour(5, bench) == 1)
        #expect(bench.exception(37, monday + day) != nil)
    }

    // MARK: Rollover

    /// With five digits. The capacity, or else the hours, say that it can be.
    @Test(arguments: [0, 10_000])
    func aRegisterThatRollsOverStillScales(capacity: Int64) throws {
        let registry = Events.registered(received: monday) {
            var channel = ChannelRegistration(channel: "E1", unit: .kilowattHour)
            channel.digits = 5
            channel.capacityWatts = capacity
            $0.channels = [channel]
        }
        // 99,999 to 25: 26 less 22 leaves 2 for each hour of the gap.
        let events =
            [registry, hours(3, without: 30..<32)] + readings([(0, 99_975), (1, 99_999), (2, 25), (3, 49)])
        try inOrders(events, 3) { bench, order in
            #expect(hour(30, bench) == 2, "order \(order)")
            #expect(bench.exception(16, monday + 2 * day) == nil)
            #expect(bench.exception(17, monday + 2 * day) == nil)
        }
    }

    // MARK: Estimated readings

    /// The estimate of 140 in the middle scales nothing and is passed over: 150 - 100 in two days of 46 measured hours leaves 2 for each hour of the gap.
    @Test func anEstimatedReadingNeverScales() throws {
        let events =
            [hours(2, without: 4..<6)] + readings([(0, 100), (2, 150)])
            + readings([(1, 140)], .estimatedProfile, id: 600)
        try inOrders(events, 2) { bench, order in
            #expect(hour(4, bench) == 2, "order \(order)")
        }
        let alone = [hours(2, without: 4..<6)] + readings([(0, 100)]) + readings([(1, 128)], .estimatedProfile, id: 600)
        try inOrders(alone, 2) { bench, order in
            #expect(hour(4, bench) == 1, "order \(order)")
            #expect(bench.register(monday + 2 * day)?.billionths == 148 * Events.unit)
        }
    }

    // MARK: Consequences

    /// The hour 05 comes once more with a flag that only warns: before or after its day is closed, nothing is derived across it.
    @Test func aFlagThatComesLateTakesTheDerivedReadingBack() throws {
        var rules = RuleSet.default1
        rules.base.intervalStatus.skippedSeverity = .warn
        let again = Events.block(monday + 5 * 3600, [1], interval: 3600, received: monday + 2 * day, id: 9)
        guard case .intervalBlock(var block) = again.body else { return }
        block.flags = [IntervalFlags.configurationChanged.rawValue]
        let flagged = JournalEvent(raw: again.raw, body: .intervalBlock(block))
        try inOrders([hours(2), flagged] + readings([(0, 100)]), 2, rules) { bench, order in
            #expect(bench.reading(monday + 5 * 3600)?.findings.map(\.rule) == [12], "order \(order)")
            #expect(bench.register(monday + day) == nil, "order \(order)")
            #expect(bench.register(monday + 2 * day) == nil, "order \(order)")
        }
        try inOrders([hours(2)] + readings([(0, 100)]), 2, rules) { bench, _ in
            #expect(bench.register(monday + day)?.billionths == 124 * Events.unit)
        }
    }

    // MARK: Grids

    /// 100, a day of 48 half-hours of 1, a day of 96 quarter-hours of 0.5: 148 and 196.
    @Test func aRegisterGoesOnWhenTheLengthOfIntervalsChanges() throws {
        let halves = Events.block(monday, Events.flat(48), interval: 1800, received: monday + day, id: 1)
        let quarters = Events.block(monday + day, Events.flat(96, 0.5), received: monday + 2 * day, id: 2)
        try inOrders([halves, quarters] + readings([(0, 100)]), 2) { bench, order in
            #expect(bench.register(monday + day)?.billionths == 148 * Events.unit, "order \(order)")
            #expect(bench.register(monday + 2 * day)?.billionths == 196 * Events.unit, "order \(order)")
            #expect(bench.register(monday + 2 * day)?.intervals == 144, "order \(order)")
        }
    }

    /// 100 at midnight two hours east of Greenwich, then days of 10 there: 110, 120 and 130 at the midnights after it.
    @Test func aRegisterGoesOnOverLocalDays() throws {
        let midnight = monday - 7200
        let days = Events.block(
            midnight,
            Events.flat(3, 10),
            interval: 86_400,
            received: monday + 3 * day,
            id: 1,
            zone: "+02:00"
        )
        let register = Events.register([(midnight, 100)], received: monday, id: 500)
        try inOrders([days, register], 3) { bench, order in
            for number in 1...3 {
                let wanted = (100 + 10 * Int64(number)) * Events.unit
                let found = bench.register(midnight + Int64(number) * day)
                #expect(found?.billionths == wanted, "order \(order), day \(number)")
            }
            #expect(bench.derived.count == 3, "order \(order)")
        }
    }

    /// Readings that are true, false, estimated, exchanged and rolled over, gaps, flags and reports: one result in every order.
    @Test(arguments: 1...6)
    func anyOrderOfEverythingAboutRegisters(seed: UInt64) throws {
        var random = Seeded(seed)
        var reference: Bench?
        try inOrders(mixture(9, &random), 9) { bench, order in
            guard let held = reference else {
                reference = bench
                return
            }
            #expect(bench.readings == held.readings, "seed \(seed), order \(order)")
            #expect(bench.open == held.open, "seed \(seed), order \(order)")
            for key in Set(bench.derived.keys).union(held.derived.keys).sorted() {
                var (left, right) = (bench.register(key.start), held.register(key.start))
                left?.revision = 0
                right?.revision = 0
                #expect(left == right, "seed \(seed), order \(order), \(key)")
            }
        }
        // The mixtures derive something, but for that of seed 5.
        #expect(reference?.derived.isEmpty == (seed == 5))
    }

    private func mixture(_ days: Int, _ random: inout Seeded) -> [JournalEvent] {
        var events: [JournalEvent] = []
        var list: [(Double, Double)] = []
        var estimates: [(Double, Double)] = []
        var reading = 1000.0
        for number in 0..<days {
            let gap = Int.random(in: 0..<20, using: &random)
            let values: [Double?] = (0..<24).map { random.chance(50) && (gap..<gap + 3).contains($0) ? nil : 1 }
            var flags: [Int: IntervalFlags] = [:]
            if random.chance(10) { flags[gap] = .configurationChanged }
            let start = monday + Int64(number) * day
            let event = Events.block(start, values, interval: 3600, id: 100 + UInt64(number))
            if case .intervalBlock(var block) = event.body {
                block.flags = values.indices.map { flags[$0]?.rawValue ?? 0 }
                events.append(JournalEvent(raw: event.raw, body: .intervalBlock(block)))
            }
            if random.chance(20) { reading += 9000 } else if random.chance(10) { reading = 3 }
            if random.chance(20) { estimates.append((Double(number), reading + 50)) }
            if random.chance(75) { list.append((Double(number) + 0.25, random.chance(20) ? 0 : reading + 6)) }
            reading += Double(Int.random(in: 20...30, using: &random))
        }
        if random.chance(40) {
            let at = monday + Int64.random(in: 0..<Int64(days) * 24, using: &random) * 3600
            events.append(Events.power([(at, .configurationChanged)], received: at, id: 700))
        }
        return events + readings(list) + readings(estimates, .estimatedProfile, id: 600)
    }
}

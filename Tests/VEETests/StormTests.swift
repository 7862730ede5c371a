import MeterCore
import MeterEvents
import RuleSets
import Testing
import VEE

/// Estimation waits while much of a group of meters is silent, and ends in the same.
struct StormTests {
    private static let day = Events.day
    /// The day of the storm.
    private static let stormy = Events.monday + 10 * Events.day

    private static func rules(minimumMeters: Int, isEnabled: Bool = true) -> RuleSet {
        var rules = RuleSet.default1
        rules.base.estimation.storm.minimumMeters = minimumMeters
        rules.base.estimation.storm.isEnabled = isEnabled
        return rules
    }

    private static func configuration(minimumMeters: Int, isEnabled: Bool = true) -> VEEConfiguration {
        VEEConfiguration(
            zones: ZoneCatalog(),
            defaultRules: rules(minimumMeters: minimumMeters, isEnabled: isEnabled)
        )
    }

    private static func registered(_ meter: Int, group: String = "north", id: UInt64 = 350) -> JournalEvent {
        Events.registered(received: Events.monday, id: id, meter: "m\(meter)") { $0.group = group }
    }

    /// The hours of one day of a meter, received an hour after its end.
    private static func block(_ meter: Int, _ day: Int, hours: Int = 24, received: Int64? = nil) -> JournalEvent {
        let start = Events.monday + Int64(day) * Self.day
        return Events.block(
            start,
            (0..<hours).map { Double(1 + ($0 + meter) % 5) },
            interval: 3600,
            received: received ?? start + Self.day + 3600,
            id: UInt64(1000 + meter * 100 + day),
            meter: "m\(meter)"
        )
    }

    /// Meters that report ten days; on the next one the last `silent` of them are silent; then all report again.
    private static func events(_ meters: Int, silent: Int) -> [JournalEvent] {
        var events = [Events.tick(Events.monday)]
        for meter in 0..<meters { events.append(registered(meter)) }
        for day in 0...11 {
            for meter in 0..<meters where day != 10 || meter < meters - silent {
                events.append(block(meter, day))
            }
        }
        return events
    }

    /// A bench at the time when the day of the storm is closed.
    private static func bench(_ meters: Int, silent: Int, minimumMeters: Int = 10) throws -> Bench {
        var bench = Bench(configuration(minimumMeters: minimumMeters))
        try bench.feed(events(meters, silent: silent))
        try bench.feed(Events.tick(stormy + 2 * day + 3600))
        return bench
    }

    private static func isWaiting(_ bench: Bench, _ meter: Int) -> Bool {
        bench.exception(41, stormy, meter: "m\(meter)") != nil
            && bench.window(stormy, meter: "m\(meter)")?.missing == 24
    }

    private static func isEstimated(_ bench: Bench, _ meter: Int) -> Bool {
        bench.exception(41, stormy, meter: "m\(meter)") == nil
            && bench.window(stormy, meter: "m\(meter)")?.estimated == 24
    }

    @Test func aDropAtTheThresholdMakesEstimationWait() throws {
        let bench = try Self.bench(10, silent: 3)
        for meter in 0..<7 {
            #expect(bench.window(Self.stormy, meter: "m\(meter)")?.validated == 24)
            #expect(bench.exception(41, Self.stormy, meter: "m\(meter)") == nil)
        }
        for meter in 7..<10 {
            #expect(Self.isWaiting(bench, meter))
            #expect(bench.exception(9, Self.stormy, meter: "m\(meter)") == nil)
            #expect(bench.reading(Self.stormy, meter: "m\(meter)")?.quality == .missing)
            #expect(bench.window(Self.stormy, meter: "m\(meter)")?.grade == .warn)
        }
        let exception = try #require(bench.exception(41, Self.stormy, meter: "m9"))
        #expect(exception.code == "ERR_VEE_STORM_41")
        #expect(bench.processor.stateSizes.contains { $0.name == "storms" && $0.count == 1 })
        #expect(exception.severity == .warn)
        #expect(exception.reason.hasSuffix("much of the meter's group is silent, for 3 d at the longest"))
    }

    @Test func aDropBelowTheThresholdOrFewMetersMakeNoStorm() throws {
        let slight = try Self.bench(10, silent: 2)
        #expect(Self.isEstimated(slight, 9))
        let few = try Self.bench(10, silent: 3, minimumMeters: 11)
        #expect(Self.isEstimated(few, 9))
        for bench in [slight, few] { #expect(!bench.exceptions.contains { $0.rule == 41 }) }
    }

    @Test func metersOfNoGroupNeverWait() throws {
        let grouped = Self.events(10, silent: 3)
        let events = grouped.filter { event in
            if case .meterUpserted = event.body { return false }
            return true
        }
        var bench = Bench(Self.configuration(minimumMeters: 1))
        try bench.feed(events)
        try bench.feed(Events.tick(Self.stormy + 2 * Self.day + 3600))
        #expect(Self.isEstimated(bench, 9))
    }

    @Test func aGroupThatIsSwitchedOffDoesNotWait() throws {
        let json = """
            {"estimation": {"storm": {"minimumMeters": 10}},
             "overrides": [{"match": {"group": ["nor*"]}, "estimation": {"storm": {"enabled": false}}}]}
            """
        var bench = Bench(Self.configuration(minimumMeters: 10))
        try bench.feed(Events.rules("r2", json, from: Events.monday, received: Events.monday))
        try bench.feed(Self.events(10, silent: 3) + [Events.tick(Self.stormy + 2 * Self.day + 3600)])
        #expect(Self.isEstimated(bench, 9))
    }

    @Test func aMeterIsEstimatedWhenAnythingOfItsDayComes() throws {
        var bench = try Self.bench(10, silent: 3)
        let received = Self.stormy + 2 * Self.day + 7200
        try bench.feed(Self.block(7, 10, received: received))
        try bench.feed(Self.block(8, 10, hours: 6, received: received))
        #expect(bench.window(Self.stormy, meter: "m7")?.validated == 24)
        #expect(bench.window(Self.stormy, meter: "m8")?.validated == 6)
        #expect(bench.window(Self.stormy, meter: "m8")?.estimated == 18)
        #expect(Self.isWaiting(bench, 9))
    }

    @Test func theStormIsOverWhenTheShareIsWithinFivePoints() throws {
        var bench = try Self.bench(20, silent: 6)
        #expect(Self.isWaiting(bench, 19))
        let received = Self.stormy + 2 * Self.day + 7200
        for meter in 14..<18 { try bench.feed(Self.block(meter, 10, received: received)) }
        // 18 of 20.
        #expect(Self.isWaiting(bench, 18))
        #expect(Self.isWaiting(bench, 19))
        try bench.feed(Self.block(18, 10, received: received))
        #expect(Self.isEstimated(bench, 19))
    }

    @Test func theStormIsOverAfterThreeDays() throws {
        var bench = try Self.bench(10, silent: 3)
        let due = Self.stormy + 2 * Self.day
        try bench.feed(Events.tick(due + 3 * Self.day - 1))
        #expect(Self.isWaiting(bench, 9))
        try bench.feed(Events.tick(due + 3 * Self.day))
        for meter in 7..<10 { #expect(Self.isEstimated(bench, meter)) }
        #expect(bench.revisionFault == nil)
    }

    @Test func anOrderToEstimateAndAnotherGroupEndTheWaiting() throws {
        var bench = try Self.bench(10, silent: 3)
        let received = Self.stormy + 2 * Self.day + 7200
        try bench.feed(Events.force(Self.stormy, Self.stormy + Self.day, meters: ["m9"], received: received))
        #expect(Self.isEstimated(bench, 9))
        try bench.feed(
            Events.registered(received: received, id: 360, meter: "m8") { $0.group = "south" }
        )
        #expect(Self.isEstimated(bench, 8))
        #expect(Self.isWaiting(bench, 7))
    }

    @Test func theNormIsThatOfTheGroupEvenAfterDaysOfStorm() throws {
        var events = [Events.tick(Events.monday)]
        for meter in 0..<10 { events.append(Self.registered(meter)) }
        for day in 0...13 {
            for meter in 0..<10 where !(10...12).contains(day) || meter < 4 { events.append(Self.block(meter, day)) }
        }
        var bench = Bench(Self.configuration(minimumMeters: 10))
        try bench.feed(events)
        try bench.feed(Events.tick(Self.stormy + 4 * Self.day))
        for number in 0..<3 {
            #expect(bench.exception(41, Self.stormy + Int64(number) * Self.day, meter: "m9") != nil)
        }
    }

    /// A local day of silence is told although it has parts of two days in UTC that have data.
    @Test(arguments: [("+10:00", 36_000), ("-08:00", -28_800)] as [(String, Int64)])
    func datesAreThoseOfTheMetersZone(zone: String, offset: Int64) throws {
        var events = [Events.tick(Events.monday)]
        for meter in 0..<10 {
            events.append(
                Events.registered(received: Events.monday, meter: "m\(meter)") { registration in
                    registration.group = "north"
                    registration.zone = zone
                }
            )
        }
        for day in 0...11 {
            for meter in 0..<10 where day != 10 || meter < 7 {
                events.append(
                    Events.block(
                        Events.monday - offset + Int64(day) * Self.day,
                        Events.flat(24),
                        interval: 3600,
                        id: UInt64(1000 + meter * 100 + day),
                        meter: "m\(meter)",
                        zone: zone
                    )
                )
            }
        }
        var bench = Bench(Self.configuration(minimumMeters: 10))
        try bench.feed(events)
        let start = Self.stormy - offset
        try bench.feed(Events.tick(start + 2 * Self.day))
        #expect(bench.exception(41, start, meter: "m9") != nil)
        #expect(bench.exception(41, start, meter: "m0") == nil)
        // Three days after the date is due in UTC.
        try bench.feed(Events.tick(Self.stormy + 5 * Self.day))
        #expect(bench.exception(41, start, meter: "m9") == nil)
        #expect(bench.window(start, meter: "m9")?.estimated == 24)
    }

    /// Snapshots between all records, in and after a storm, and a replay give the same bytes.
    @Test func snapshotsInAStormChangeNothing() throws {
        var events = Self.events(10, silent: 3)
        let due = Self.stormy + 2 * Self.day
        events.append(Events.tick(due + 3600))
        events.append(Self.block(7, 10, received: due + 7200))
        events.append(Events.registered(received: due + 8000, id: 360, meter: "m8") { $0.group = "south" })
        events.append(Events.tick(due + 3 * Self.day))
        var whole = Bench(Self.configuration(minimumMeters: 10))
        try whole.feed(events)
        var restored = Bench(Self.configuration(minimumMeters: 10))
        for event in events {
            let before = restored.state
            try restored.restore()
            #expect(restored.state.elementsEqual(before))
            try restored.feed(event)
        }
        #expect(whole.exceptions.contains { $0.rule == 41 && $0.isOpen })
        #expect(restored.records.elementsEqual(whole.records))
        #expect(restored.state.elementsEqual(whole.state))
    }

    /// Days on which much is silent, data that comes late or never, registers, in any order: the same as without storms.
    @Test(arguments: 1...6)
    func finalValuesDoNotDependOnStorms(seed: UInt64) throws {
        var random = Seeded(seed)
        var events: [JournalEvent] = []
        for meter in 0..<8 { events.append(Self.registered(meter, group: meter < 6 ? "north" : "south")) }
        for day in 0..<20 {
            let isStormy = day > 6 && random.chance(35)
            for meter in 0..<8 {
                let fate = Int.random(in: 0..<10, using: &random)
                if isStormy, fate < 4 { continue }
                let end = Events.monday + Int64(day + 1) * Self.day
                let late = isStormy && fate < 6 ? Int64.random(in: 1...(6 * 86_400), using: &random) : 3600
                let hours = fate == 9 ? 13 : 24
                events.append(Self.block(meter, day, hours: hours, received: end + late))
                if random.chance(40) {
                    let reading = [(end, Double((day + 1) * 75))]
                    let id = UInt64(9000 + meter * 100 + day)
                    events.append(Events.register(reading, received: end + late, id: id, meter: "m\(meter)"))
                }
            }
            events.append(Events.tick(Events.monday + Int64(day) * Self.day))
        }
        let ordered = events.sorted { left, right in
            (left.raw.receivedAtMilliseconds, left.raw.payloadHigh)
                < (right.raw.receivedAtMilliseconds, right.raw.payloadHigh)
        }
        let ending = [Events.tick(Events.monday + 40 * Self.day)]
        var calm = Bench(Self.configuration(minimumMeters: 2, isEnabled: false))
        try calm.feed(ordered + ending)
        #expect(!calm.exceptions.contains { $0.rule == 41 })
        var stormy = Bench(Self.configuration(minimumMeters: 2))
        try stormy.feed(ordered + ending)
        #expect(stormy.exceptions.contains { $0.rule == 41 })
        var shuffled = Bench(Self.configuration(minimumMeters: 2))
        try shuffled.feed(events.shuffled(using: &random) + ending)
        for bench in [stormy, shuffled] {
            #expect(bench.revisionFault == nil)
            #expect(bench.readings == calm.readings)
            #expect(bench.open == calm.open)
            #expect(bench.windows.mapValues(Self.withoutRevision) == calm.windows.mapValues(Self.withoutRevision))
        }
    }

    private static func withoutRevision(_ window: WindowState) -> WindowState {
        var window = window
        window.revision = 0
        return window
    }
}

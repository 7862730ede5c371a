import MeterCore
import MeterEvents
import StreamCore
import Testing
import VEE

/// Windows are local days, as long as they really are.
struct ZoneTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var zone: String
        /// Start of the local day, seconds since 1970.
        var start: Int64
        var quarters: Int

        var testDescription: String { "\(zone) \(quarters)" }
    }

    static let cases = [
        // 2026-03-29, 2026-10-25 and 2026-06-01 in Berlin; 2026-03-08, 2026-11-01 and 2026-06-01 in New York.
        Case(zone: "Europe/Berlin", start: 1_774_738_800, quarters: 92),
        Case(zone: "Europe/Berlin", start: 1_792_879_200, quarters: 100),
        Case(zone: "Europe/Berlin", start: 1_780_264_800, quarters: 96),
        Case(zone: "America/New_York", start: 1_772_946_000, quarters: 92),
        Case(zone: "America/New_York", start: 1_793_505_600, quarters: 100),
        Case(zone: "America/New_York", start: 1_780_286_400, quarters: 96),
    ]

    @Test(arguments: cases)
    func daysAreAsLongAsTheClockMakesThem(item: Case) throws {
        let catalog = try TestZones.catalog(["Europe/Berlin", "America/New_York"])
        var bench = Bench(VEEConfiguration(zones: catalog))
        let whole = Events.flat(item.quarters + 192)
        let start = item.start - 96 * 900
        try bench.feed([
            Events.block(start, whole, zone: item.zone), Events.tick(item.start + 10 * Events.day),
        ])
        let window = try #require(bench.window(item.start))
        #expect(window.expected == UInt32(item.quarters))
        #expect(window.validated == UInt32(item.quarters))
        #expect(window.missing == 0)
        #expect(window.end - window.start == Int64(item.quarters) * 900)
        #expect(bench.windows.count == 3)
        #expect(bench.versions.allSatisfy { $0.zone == item.zone })
    }

    @Test func dailyValuesOfA25HourDayAreOneInterval() throws {
        let catalog = try TestZones.catalog(["Europe/Berlin"])
        var bench = Bench(VEEConfiguration(zones: catalog))
        let autumn = Self.cases[1].start
        try bench.feed([
            Events.block(autumn - 2 * Events.day, [5, 5, 5], interval: 86_400, zone: "Europe/Berlin"),
            Events.block(autumn + 25 * 3600, [5, 5], interval: 86_400, id: 2, zone: "Europe/Berlin"),
            Events.tick(autumn + 20 * Events.day),
        ])
        #expect(bench.readings.count == 5)
        #expect(bench.window(autumn)?.expected == 1)
        #expect(bench.windows.count == 5)
        #expect(bench.exceptions.isEmpty)
    }

    @Test func anUnknownZoneIsCutInUTCAndSaysSo() throws {
        var bench = Bench()
        try bench.feed(Events.block(Events.monday, Events.flat(96), id: 1, zone: "Nowhere/Atlantis"))
        let key = Bench.RuleKey(meter: "m1", channel: "", window: 0, rule: 8)
        #expect(bench.open[key]?.code == "ERR_VEE_ZONE_08")
        try bench.feed(Events.tick(Events.monday + 10 * Events.day))
        #expect(bench.window(Events.monday)?.validated == 96)
        try bench.feed(Events.registry("+01:00", received: Events.monday + 11 * Events.day))
        #expect(bench.open[key] == nil)
    }

    @Test func theRegistryStandsAboveTheData() throws {
        let monday = Events.monday
        var bench = Bench()
        try bench.feed([
            Events.registry("+01:00", received: monday),
            Events.block(monday - 3600, Events.flat(96), received: monday + Events.day, id: 90, zone: "UTC"),
            Events.tick(monday + 10 * Events.day),
        ])
        #expect(bench.window(monday - 3600)?.validated == 96)
        #expect(bench.windows.count == 1)
    }

    @Test func aNewZoneTakesBackTheOldWindows() throws {
        let monday = Events.monday
        var bench = Bench()
        try bench.feed([
            Events.block(monday, Events.flat(192), id: 1), Events.tick(monday + 10 * Events.day),
        ])
        #expect(bench.windows.count == 2)
        try bench.feed(Events.registry("+02:00", received: monday + 11 * Events.day))
        #expect(bench.window(monday)?.expected == 0)
        #expect(bench.window(monday + Events.day)?.expected == 0)
        #expect(bench.window(monday - 7200)?.validated == 88)
        #expect(bench.window(monday + Events.day - 7200)?.validated == 96)
        #expect(bench.window(monday + 2 * Events.day - 7200)?.validated == 8)
        #expect(bench.revisionFault == nil)
    }

    @Test func dataOffTheGridIsKeptWithAFinding() throws {
        let monday = Events.monday
        var bench = Bench()
        try bench.feed([
            Events.block(monday + 420, Events.flat(10)), Events.tick(monday + 10 * Events.day),
        ])
        let reading = try #require(bench.reading(monday + 420))
        #expect(reading.quality == .validated)
        #expect(reading.findings.map(\.rule) == [8])
        #expect(reading.findings.first?.observedBillionths == 420 * Events.unit)
        #expect(bench.exception(8, monday)?.severity == .warn)
        // The day is closed whole: from 00:07 to 23:52 begin 96, of which 86 are told as missing.
        #expect(bench.readings.count == 96)
        #expect(bench.window(monday)?.expected == 96)
        #expect(bench.window(monday)?.missing == 86)
    }
}

import MeterCore
import MeterEvents
import StreamCore
import Testing
import VEE

/// Days of more than three days' age are kept as bytes.
struct ColdTests {
    let monday = Events.monday

    /// Whole watt-hours that wander, as a household's quarter-hours do.
    private func household(_ days: Int, _ random: inout Seeded) -> [JournalEvent] {
        var level = 150
        return (0..<days).map { number in
            let values = (0..<96).map { _ -> Double? in
                level = min(max(level + Int.random(in: -60...60, using: &random), 20), 900)
                return Double(level) / 1000
            }
            let start = monday + Int64(number) * Events.day
            return Events.block(start, values, received: start + Events.day + 3600, id: UInt64(100 + number))
        }
    }

    private func size(_ name: String, _ bench: Bench) -> Int {
        bench.processor.stateSizes.first { $0.name == name }?.count ?? -1
    }

    @Test func aQuarterHourTakesThreeBytesAtMost() throws {
        var random = Seeded(4)
        var bench = Bench()
        try bench.feed(household(40, &random) + [Events.tick(monday + 42 * Events.day)])
        let cold = size("cold_slots", bench)
        #expect(cold >= 35 * 96)
        #expect(size("slots", bench) <= 5 * 96)
        let bytes = size("cold_bytes", bench)
        #expect(bytes <= 3 * cold, "\(bytes) bytes for \(cold) slots")
    }

    @Test func lateDataFindsColdDaysAsTheyWere() throws {
        var random = Seeded(5)
        let events = household(40, &random)
        let late = Events.block(monday + 5 * Events.day + 1800, [3], received: monday + 43 * Events.day, id: 9)
        var cold = Bench()
        try cold.feed(events + [Events.tick(monday + 42 * Events.day), late])
        #expect(cold.reading(monday + 5 * Events.day + 1800)?.value == 3 * Events.unit)
        #expect(cold.revisions[Bench.SlotKey(meter: "m1", channel: "E1", start: monday + 5 * Events.day + 1800)] == 2)
        #expect(cold.revisionFault == nil)
        var hot = Bench()
        try hot.feed([late] + events + [Events.tick(monday + 43 * Events.day)])
        #expect(hot.readings == cold.readings)
        // Nothing but the one slot came out again.
        #expect(cold.counter("intervals_revised_total") == 1)
        try cold.restore()
        try cold.feed(Events.block(monday + 7 * Events.day, [2], received: monday + 44 * Events.day, id: 10))
        #expect(cold.reading(monday + 7 * Events.day)?.value == 2 * Events.unit)
        #expect(cold.counter("intervals_revised_total") == 2)
    }

    /// Windows of six hours: each is closed and counted by itself, gaps are filled across their borders.
    @Test func windowsMayBeShorterThanADay() throws {
        var values = Events.flat(96, 2)
        for index in 22..<26 { values[index] = nil }
        var bench = Bench(VEEConfiguration(zones: ZoneCatalog(), limits: VEELimits(window: .hours(6))))
        try bench.feed([Events.block(monday, values), Events.tick(monday + 10 * Events.day)])
        #expect(bench.windows.count == 4)
        #expect(bench.window(monday)?.expected == 24)
        #expect(bench.window(monday)?.estimated == 2)
        #expect(bench.window(monday + 6 * 3600)?.estimated == 2)
        #expect(bench.reading(monday + 24 * 900)?.method == .linear)
    }
}

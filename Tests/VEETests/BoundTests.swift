import MeterCore
import MeterEvents
import StreamCore
import Testing
import VEE

/// What is beyond the bounds is judged with what is known, and said.
struct BoundTests {
    let monday = Events.monday

    private func size(_ name: String, _ bench: Bench) -> Int? {
        bench.processor.stateSizes.first { $0.name == name }?.count
    }

    @Test func aYearAtOnceIsJudgedWholeAndOnlyTheHistoryIsKept() throws {
        var values = Events.flat(8760, 1)
        values[100] = nil
        values[101] = nil
        for index in 4000..<4010 { values[index] = nil }
        values[6000] = 40
        values[7000] = -2
        let start = monday - 400 * Events.day
        var bench = Bench(.linearOnly(VEELimits(historyDays: 35, lookBackDays: 0)))
        try bench.feed([Events.tick(monday), Events.block(start, values, interval: 3600, received: monday)])
        #expect(bench.readings.count == 8760)
        #expect(bench.windows.count == 365)
        #expect(bench.readings.values.filter { $0.quality == .estimatedLinear }.count == 3)
        #expect(bench.readings.values.filter { $0.quality == .missing }.count == 10)
        #expect(bench.readings.values.filter { $0.quality == .failed }.count == 1)
        #expect(bench.versions.count <= 365 + 16)
        #expect(bench.counter("intervals_revised_total") == 0)
        #expect(try #require(size("slots", bench)) <= 5 * 24)
        let kept = try #require(size("slots", bench)) + #require(size("cold_slots", bench))
        #expect(kept <= 41 * 24)
        #expect(kept >= 38 * 24)
    }

    /// Half-hours of a channel that is registered with quarter-hours are refused, so that the series has nothing. It goes on from its state all the
    /// same, with others of its meter and channel beside it.
    @Test func aSeriesThatTookNothingIsRestored() throws {
        let registered = Events.registered(received: monday) {
            var channel = ChannelRegistration(channel: "E1", unit: .kilowattHour)
            channel.intervalSeconds = 900
            $0.channels = [channel]
        }
        var bench = Bench()
        try bench.feed([
            registered, Events.block(monday, Events.flat(48), interval: 1800, received: monday + Events.day, id: 2),
        ])
        #expect(bench.readings.isEmpty)
        try bench.restore()
        try bench.feed(Events.tick(monday + 10 * Events.day))
        try bench.feed(Events.block(monday, Events.flat(96), received: monday + 10 * Events.day, id: 3))
        try bench.restore()
        try bench.feed([Events.tick(monday + 20 * Events.day), Events.registry("+01:00", received: monday, id: 360)])
        #expect(bench.readings.count { $0.value.quality == .validated } == 96)
        // The day is cut in two by the new zone.
        #expect(bench.window(monday - 3600)?.validated == 92)
        #expect(bench.window(monday + Events.day - 3600)?.validated == 4)
    }

    @Test func dataBeyondTheHistoryIsTakenAndNumberedAboveWhatWasThere() throws {
        var bench = Bench()
        let start = monday - 100 * Events.day
        try bench.feed([
            Events.tick(monday),
            Events.block(start, Events.flat(100 * 24), interval: 3600, received: monday, id: 1),
        ])
        let before = bench.windows.count
        try bench.feed([
            Events.block(start + 7200, [2, -1, nil, 3], interval: 3600, received: monday + 60, id: 2)
        ])
        #expect(bench.reading(start + 7200)?.value == 2 * Events.unit)
        #expect(bench.reading(start + 10_800)?.value == 2_333_333_333)
        #expect(bench.reading(start + 14_400)?.value == Events.unit)
        #expect(bench.reading(start + 18_000)?.value == 3 * Events.unit)
        #expect(bench.counter("intervals_beyond_history_total") == 4)
        #expect(bench.windows.count == before)
        #expect(bench.revisionFault == nil)
        try bench.feed(Events.block(start + 7200, [5], interval: 3600, received: monday + 90, id: 3))
        #expect(bench.reading(start + 7200)?.value == 5 * Events.unit)
        #expect(bench.revisionFault == nil)
    }

    @Test func aLongSilenceIsBoundedByTheHistory() throws {
        var bench = Bench(.linearOnly(VEELimits(historyDays: 35, lookBackDays: 0)))
        try bench.feed([
            Events.block(monday - 900 * Events.day, Events.flat(24), interval: 3600, received: monday, id: 1),
            Events.block(monday, Events.flat(24), interval: 3600, id: 2), Events.tick(monday + 10 * Events.day),
        ])
        let missing = bench.readings.values.filter { $0.quality == .missing }.count
        #expect(missing == 38 * 24)
        #expect(bench.window(monday - 900 * Events.day)?.validated == 24)
    }

    @Test func dataFromTheFutureIsRefused() throws {
        var bench = Bench()
        try bench.feed([
            Events.block(monday, [1], received: monday + 900, id: 1),
            Events.block(monday + 40 * Events.day, [1], received: monday, id: 2),
            Events.block(Int64.max / 4, [1], received: monday, id: 3),
            Events.block(-Int64.max / 4, [1], received: monday, id: 4),
        ])
        #expect(bench.readings.count == 1)
        #expect(bench.exceptions.map(\.code) == Array(repeating: "ERR_VEE_TIME_02", count: 3))
        #expect(bench.counter("intervals_refused_total") == 3)
    }

    @Test func dataOfChannelsAboveTheLimitIsRefused() throws {
        let limits = VEELimits(maximumSeries: 1)
        var bench = Bench(VEEConfiguration(zones: ZoneCatalog(), limits: limits))
        try bench.feed([
            Events.block(monday, [1]), Events.block(monday, [2, nil, 4], id: 2, channel: "E2"),
            Events.block(monday, [-3], id: 3, meter: "m2"),
        ])
        #expect(size("series", bench) == 1)
        #expect(bench.readings.count == 1)
        #expect(bench.exceptions.map(\.code) == ["ERR_VEE_ROOM_45", "ERR_VEE_ROOM_45"])
        // The slot without a record was not offered.
        #expect(bench.counter("intervals_refused_total") == 3)
    }

    @Test func intervalsTooShortForADayAreRefused() throws {
        var bench = Bench()
        try bench.feed(Events.block(monday, Events.flat(100), interval: 9))
        #expect(bench.readings.isEmpty)
        #expect(bench.exceptions.map(\.code) == ["ERR_VEE_LENGTH_07"])
        // 25 hours of 10 s are 9,000.
        try bench.feed(Events.block(monday, Events.flat(100), interval: 10, id: 2, channel: "E2"))
        #expect(bench.readings.count == 100)
        #expect(size("series", bench) == 1)
    }

    @Test func referencesAreBoundedByTheSlots() throws {
        var bench = Bench()
        for index in 0..<2000 {
            try bench.feed(
                Events.block(monday, Events.flat(4), received: monday + 3600 + Int64(index), id: UInt64(index + 1))
            )
        }
        #expect(try #require(size("references", bench)) <= 257)
        #expect(bench.readings.count == 4)
        #expect(bench.versions.count == 1)
    }

    @Test func aSilentLiveChannelIsMissingForAsLongAsItIsExpected() throws {
        var bench = Bench(.linearOnly(VEELimits(silentDays: 2)))
        try bench.feed([Events.block(monday, Events.flat(96)), Events.tick(monday + 30 * Events.day)])
        #expect(bench.windows.count == 3)
        #expect(bench.window(monday + 2 * Events.day)?.missing == 96)
        #expect(bench.exception(9, monday + Events.day)?.count == 96)
        // A file of old data says nothing about today.
        try bench.feed([
            Events.block(monday, Events.flat(96), received: monday + 30 * Events.day, channel: "E2"),
            Events.tick(monday + 60 * Events.day),
        ])
        #expect(bench.window(monday, channel: "E2")?.validated == 96)
        #expect(bench.window(monday + Events.day, channel: "E2") == nil)
    }

    @Test func nothingIsDueBeforeEveryRawPartitionIsHeardOf() throws {
        var bench = Bench()
        let later = monday + 10 * Events.day
        try bench.feed([
            Events.tick(later, partition: 0, of: 3), Events.block(monday, Events.flat(96)),
            Events.tick(later, partition: 2, of: 3),
        ])
        #expect(bench.windows.isEmpty)
        try bench.feed(Events.tick(later, partition: 1, of: 3))
        #expect(bench.windows.count == 1)
    }
}

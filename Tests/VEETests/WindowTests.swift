import MeterCore
import MeterEvents
import RuleSets
import StreamCore
import Testing
import VEE

/// Windows, gaps and linear estimation on single channels.
struct WindowTests {
    let monday = Events.monday

    /// Long after everything: the window is due and the late grace is over.
    func late(_ seconds: Int64) -> JournalEvent { Events.tick(seconds + 10 * Events.day) }

    @Test func valuesComeOutAtOnceAndTheWindowStateAtItsClose() throws {
        var bench = Bench()
        try bench.feed(Events.block(monday, Events.flat(96, 0.25)))
        #expect(bench.versions.count == 1)
        #expect(bench.versions.first?.window == nil)
        #expect(bench.reading(monday)?.quality == .validated)
        #expect(bench.window(monday) == nil)
        try bench.feed(Events.tick(monday + 2 * Events.day - 1))
        #expect(bench.window(monday) == nil)
        try bench.feed(Events.tick(monday + 2 * Events.day))
        let window = try #require(bench.window(monday))
        #expect(window.isClosed)
        #expect(window.expected == 96)
        #expect(window.validated == 96)
        #expect(window.sumBillionths == 24 * Events.unit)
        #expect(bench.versions.count == 2)
        #expect(bench.versions.last?.count == 0)
        #expect(bench.readings.count == 96)
        #expect(bench.exceptions.isEmpty)
    }

    /// The worked example of linear interpolation: 75 at 00:15, 100 at 01:30, four intervals between.
    @Test func linearInterpolationGivesTheWorkedExample() throws {
        var values: [Double?] = Events.flat(96, 100)
        values[0] = 75
        for index in 1...4 { values[index] = nil }
        var bench = Bench()
        try bench.feed([Events.block(monday, values), late(monday)])
        for (index, expected) in [(1, 80), (2, 85), (3, 90), (4, 95)] {
            let reading = try #require(bench.reading(monday + Int64(index) * 900))
            #expect(reading.value == Int64(expected) * Events.unit)
            #expect(reading.quality == .estimatedLinear)
            #expect(reading.method == .linear)
            #expect(reading.findings.map(\.rule) == [9])
            #expect(reading.findings.map(\.severity) == [.warn])
        }
        #expect(bench.window(monday)?.estimated == 4)
        #expect(bench.window(monday)?.missing == 0)
        #expect(bench.open.isEmpty)
    }

    @Test(arguments: [(8, true), (9, false)])
    func gapsOfTwoHoursAreFilledAndLongerOnesStayMissing(length: Int, isFilled: Bool) throws {
        var values = Events.flat(96, 2)
        for index in 40..<40 + length { values[index] = nil }
        var bench = Bench(.linearOnly())
        try bench.feed([Events.block(monday, values), late(monday)])
        let quality: Quality = isFilled ? .estimatedLinear : .missing
        for index in 40..<40 + length {
            #expect(bench.reading(monday + Int64(index) * 900)?.quality == quality)
        }
        let exception = bench.exception(9, monday)
        #expect((exception == nil) == isFilled)
        if let exception {
            #expect(exception.code == "ERR_VEE_GAP_04")
            #expect(exception.severity == .fail)
            #expect(exception.count == 9)
            #expect(exception.first == monday + 40 * 900)
            #expect(exception.observed == 8100 * Events.unit)
            #expect(exception.limit == 7200 * Events.unit)
            #expect(exception.reason.contains("8100 s"))
            #expect(bench.window(monday)?.missing == 9)
        }
    }

    @Test func aGapAcrossMidnightIsOneGap() throws {
        var first = Events.flat(96, 1)
        var second = Events.flat(96, 10)
        for index in 92..<96 { first[index] = nil }
        for index in 0..<4 { second[index] = nil }
        var bench = Bench()
        try bench.feed([
            Events.block(monday, first, id: 1), Events.block(monday + Events.day, second, id: 2), late(monday),
        ])
        for k in 1...8 {
            let reading = try #require(bench.reading(monday + Int64(91 + k) * 900))
            #expect(reading.value == Int64(k + 1) * Events.unit)
            #expect(reading.quality == .estimatedLinear)
        }
    }

    @Test func theEndsOfAllDataAreNoEndPoints() throws {
        var values = Events.flat(20, 1)
        values[0] = nil
        values[1] = nil
        var bench = Bench()
        try bench.feed([Events.block(monday, values), late(monday)])
        // Before the first known interval nothing is missing; behind the newest one the rest of the day is.
        #expect(bench.reading(monday) == nil)
        #expect(bench.reading(monday + 20 * 900)?.quality == .missing)
        let window = try #require(bench.window(monday))
        #expect(window.validated == 18)
        #expect(window.missing == 76)
        #expect(window.expected == 96)
    }

    @Test func theRestOfADayWaitsForTheLateGrace() throws {
        let arrival = monday + 5 * Events.day
        var bench = Bench()
        try bench.feed([
            Events.tick(arrival - 1), Events.block(monday, Events.flat(40), received: arrival, id: 1),
            Events.tick(arrival + 21_599),
        ])
        #expect(bench.window(monday) == nil)
        #expect(bench.readings.count == 40)
        try bench.feed(
            Events.block(monday + 40 * 900, Events.flat(56), received: arrival + 21_599, id: 2)
        )
        #expect(bench.window(monday)?.validated == 96)
        #expect(bench.counter("intervals_revised_total") == 0)
    }

    @Test func negativeValuesFailAndAreEstimatedAtTheClose() throws {
        var values = Events.flat(96, 4)
        values[10] = -3
        var bench = Bench()
        try bench.feed(Events.block(monday, values))
        let at = monday + 9000
        #expect(bench.reading(at)?.quality == .failed)
        #expect(bench.reading(at)?.value == -3 * Events.unit)
        #expect(bench.exception(30, monday)?.observed == -3 * Events.unit)
        try bench.feed(late(monday))
        #expect(bench.reading(at)?.quality == .estimatedLinear)
        #expect(bench.reading(at)?.value == 4 * Events.unit)
        #expect(bench.reading(at)?.findings.map(\.rule) == [30])
        #expect(bench.reading(at)?.findings.first?.observedBillionths == -3 * Events.unit)
        #expect(bench.exception(30, monday) != nil)
        #expect(bench.window(monday)?.sumBillionths == 96 * 4 * Events.unit)
    }

    @Test func zeroIsNotNegativeAndNetChannelsMayBe() throws {
        var rules = RuleSet.default1
        rules.base.negative.netChannels = ["N1", "net-*"]
        var bench = Bench(VEEConfiguration(zones: ZoneCatalog(), defaultRules: rules))
        try bench.feed([
            Events.block(monday, [0, 0, 0], meter: "a"), Events.block(monday, [-1], meter: "a", channel: "N1"),
            Events.block(monday, [-1], meter: "a", channel: "net-7"),
            Events.block(monday, [-1], meter: "a", channel: "net"),
            Events.block(monday, [-1], meter: "a", channel: "T", unit: .degreeCelsius),
        ])
        let qualities = ["E1", "N1", "net-7", "net", "T"].map { channel in
            bench.reading(monday, meter: "a", channel: channel)?.quality
        }
        #expect(qualities == [.validated, .validated, .validated, .failed, .validated])
    }

    @Test func aSingleValueIsAWindow() throws {
        var bench = Bench()
        try bench.feed([Events.block(monday, [3], interval: 86_400), late(monday)])
        #expect(bench.window(monday)?.validated == 1)
        #expect(bench.window(monday)?.expected == 1)
        try bench.feed([Events.block(monday, [nil, nil], channel: "E9"), late(monday + 1)])
        #expect(bench.reading(monday, channel: "E9") == nil)
        #expect(bench.window(monday, channel: "E9") == nil)
    }

    @Test func aLateValueReplacesAnEstimateAndTheCorrectionShows() throws {
        var values = Events.flat(96, 2)
        values[5] = nil
        var bench = Bench()
        try bench.feed([Events.block(monday, values, id: 1), late(monday)])
        #expect(bench.reading(monday + 4500)?.quality == .estimatedLinear)
        try bench.feed(Events.block(monday + 4500, [3], received: monday + 12 * Events.day, id: 2))
        #expect(bench.reading(monday + 4500)?.quality == .validated)
        #expect(bench.window(monday)?.sumBillionths == (95 * 2 + 3) * Events.unit)
        #expect(bench.window(monday)?.revision == 2)
        // The end point of nothing else: no other interval got a new version.
        #expect(bench.versions.last?.count == 1)
    }

    @Test func anEndPointThatChangesChangesTheEstimate() throws {
        var values = Events.flat(96, 2)
        values[5] = nil
        var bench = Bench()
        try bench.feed([Events.block(monday, values, id: 1), late(monday)])
        try bench.feed(Events.block(monday + 6 * 900, [4], received: monday + 12 * Events.day, id: 2))
        #expect(bench.reading(monday + 4500)?.value == 3 * Events.unit)
        #expect(bench.revisions[Bench.SlotKey(meter: "m1", channel: "E1", start: monday + 4500)] == 2)
    }

    @Test func intervalsOfAPowerFailureAreNoEndPoints() throws {
        var rules = RuleSet.linearOnly
        rules.base.estimation.powerFailureReasons = [43]
        var values = Events.flat(96, 2)
        values[5] = nil
        var status = [UInt16](repeating: 0, count: 96)
        // Actual with reason 43; then with reason 27, whose status has 43 in its low byte.
        for (code, quality) in [(UInt16(10_043), Quality.missing), (10_027, .estimatedLinear)] {
            status[4] = code
            var bench = Bench(VEEConfiguration(zones: ZoneCatalog(), defaultRules: rules))
            try bench.feed([Events.block(monday, values, status: status), late(monday)])
            #expect(bench.reading(monday + 4500)?.quality == quality)
        }
    }

    @Test func sourceQualitiesAreCarried() throws {
        var bench = Bench()
        let carried: [Quality] = [
            .missing, .projected, .estimatedReferenceDay, .questionable, .edited, .revenue, .failed,
        ]
        for (index, quality) in carried.enumerated() {
            try bench.feed(Events.block(monday + Int64(index) * 900, [5], quality: quality))
        }
        for (index, quality) in carried.enumerated() {
            let reading = try #require(bench.reading(monday + Int64(index) * 900))
            #expect(reading.quality == quality)
            #expect(reading.method == (quality.isEstimated ? .source : .none))
        }
    }
}

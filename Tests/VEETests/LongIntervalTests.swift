import MeterCore
import MeterEvents
import Testing
import VEE

/// Values of more than a day: shared among their days, one word each for the payload's account.
struct LongIntervalTests {
    private let monday = Events.monday
    private let day = Events.day

    /// 10 kWh over three days: 3.333333333, 3.333333334 and 3.333333333, since 6.666666666… rounds up on the running sum.
    @Test func anAmountIsSharedToTheLastDigit() throws {
        var bench = Bench()
        try bench.feed([
            Events.block(monday, [10], interval: Int32(3 * day), id: 1), Events.tick(monday + 6 * day),
        ])
        let shares: [Int64] = [3_333_333_333, 3_333_333_334, 3_333_333_333]
        for (number, share) in shares.enumerated() {
            let reading = bench.reading(monday + Int64(number) * day)
            #expect(reading?.value == share)
            #expect(reading?.quality == .estimatedScaled)
            let window = bench.window(monday + Int64(number) * day)
            #expect(window?.sumBillionths == share)
            #expect(window?.missing == 0)
        }
        #expect(bench.readings.count == 3)
        #expect(bench.fates.count == 1)
        #expect(bench.fates.first.map { [$0.offered, $0.taken, $0.held, $0.refused] } == [1, 1, 0, 0])
        #expect(bench.fates.first?.intervalSeconds == Int32(3 * day))
    }

    /// A temperature of 10 degrees for two days is 10 degrees each day.
    @Test func whatIsNoAmountHoldsOnEachDay() throws {
        var bench = Bench()
        try bench.feed(Events.block(monday, [10], interval: Int32(2 * day), unit: .degreeCelsius))
        #expect(bench.reading(monday)?.value == 10 * Events.unit)
        #expect(bench.reading(monday + day)?.value == 10 * Events.unit)
    }

    /// Hourly values of the second day take its place in any order, and the share is no check of their sum: 24 kWh that day, 5 the other.
    @Test(arguments: [false, true]) func finerValuesOfADayStand(isFinerFirst: Bool) throws {
        let long = Events.block(monday, [10], interval: Int32(2 * day), id: 1)
        let fine = Events.block(monday + day, Events.flat(24), interval: 3600, received: monday + 2 * day, id: 2)
        var bench = Bench()
        try bench.feed(isFinerFirst ? [fine, long] : [long, fine])
        try bench.feed(Events.tick(monday + 6 * day))
        #expect(bench.window(monday)?.sumBillionths == 5 * Events.unit)
        #expect(bench.window(monday + day)?.sumBillionths == 24 * Events.unit)
        #expect(bench.window(monday + day)?.estimated == 0)
        #expect(bench.readings.count == 25)
        #expect(bench.open.values.filter { $0.code == "ERR_VEE_TOTAL_43" }.isEmpty)
    }

    /// March 2026 in Berlin has 743 hours; its days are its own, the 29th with 23.
    @Test func monthsFollowTheLocalCalendar() throws {
        let zones = try TestZones.catalog(["Europe/Berlin"])
        var bench = Bench(VEEConfiguration(zones: zones))
        // 2026-03-01T00:00 and 2026-04-01T00:00 in Berlin.
        let (first, end): (Int64, Int64) = (1_772_319_600, 1_774_994_400)
        #expect(end - first == 743 * 3600)
        try bench.feed([
            Events.block(first, [31], interval: Int32(end - first), zone: "Europe/Berlin"),
            Events.tick(end + 3 * day),
        ])
        #expect(bench.readings.count == 31)
        #expect(bench.readings.values.allSatisfy { $0.value == Events.unit })
        // 2026-03-30T00:00 in Berlin is 22:00 of the 29th in UTC.
        #expect(bench.reading(1_774_821_600)?.value == Events.unit)
    }

    @Test func whatIsNoWholeNumberOfDaysIsRefused() throws {
        var bench = Bench()
        try bench.feed(Events.block(monday, [1, 2], interval: 100_000))
        #expect(bench.readings.isEmpty)
        #expect(bench.exceptions.map(\.code) == ["ERR_VEE_LENGTH_07"])
        #expect(bench.fates.map(\.refused) == [2])
    }

    /// The later bill replaces the earlier one; the same again changes nothing.
    @Test func aLaterValueReplaces() throws {
        var bench = Bench()
        try bench.feed([
            Events.block(monday, [10], interval: Int32(2 * day), received: monday + 3 * day, id: 1),
            Events.block(monday, [12], interval: Int32(2 * day), received: monday + 4 * day, id: 2),
            Events.block(monday, [12], interval: Int32(2 * day), received: monday + 5 * day, id: 3),
            Events.block(monday, [10], interval: Int32(2 * day), received: monday + 3 * day, id: 1),
        ])
        #expect(bench.reading(monday)?.value == 6 * Events.unit)
        #expect(bench.fates.map(\.taken) == [1, 1, 0, 0])
        #expect(bench.fates.map(\.replaced) == [0, 1, 0, 0])
        #expect(bench.fates.map(\.unchanged) == [0, 0, 1, 0])
        #expect(bench.fates.map(\.held) == [0, 0, 0, 1])
    }

    /// Of six days of 180 kWh one has five values of 1 kWh and no method of estimation has anything to go by: the other 283 slots get 25 kWh.
    @Test func whatNoMethodFillsFollowsFromTheShare() throws {
        var bench = Bench()
        try bench.feed([
            Events.block(monday + 17 * 3600, Events.flat(5), interval: 300, id: 1),
            Events.block(monday, [180], interval: Int32(6 * day), received: monday + 6 * day, id: 2),
            Events.tick(monday + 90 * day),
        ])
        let window = bench.window(monday)
        #expect(window?.sumBillionths == 30 * Events.unit)
        #expect(window?.validated == 5)
        #expect(window?.estimated == 283)
    }

    /// Of 96 quarter-hours of 1 kWh one is missing: its estimate is 1 kWh, whatever a bill of 200 kWh a day says.
    @Test func aShareScalesNothingThatAMethodFills() throws {
        var bench = Bench()
        var values: [Double?] = Array(repeating: 1, count: 96)
        values[50] = nil
        try bench.feed([
            Events.block(monday, values, id: 1),
            Events.block(monday, [400], interval: Int32(2 * day), received: monday + 3 * day, id: 2),
            Events.tick(monday + 90 * day),
        ])
        #expect(bench.reading(monday + 50 * 900)?.value == Events.unit)
        #expect(bench.window(monday)?.sumBillionths == 96 * Events.unit)
        #expect(bench.window(monday + day)?.sumBillionths == 200 * Events.unit)
    }
}

import MeterCore
import MeterEvents
import RuleSets
import StreamCore
import Testing
import VEE

/// What people decide: values, acceptance, rejection, locks, orders to estimate.
struct OperatorTests {
    let monday = Events.monday
    let day = Events.day

    private func late(_ seconds: Int64) -> JournalEvent { Events.tick(seconds + 10 * Events.day) }

    @Test func aPersonsValueHoldsWhateverComesWhen() throws {
        let block = Events.block(monday, Events.flat(96))
        let edit = Events.values(monday + 1800, [7, 8], received: monday + 2 * day)
        let later = Events.block(monday + 1800, [3], received: monday + 3 * day, id: 9)
        for events in [[block, edit, later], [edit, later, block], [later, block, edit]] {
            var bench = Bench()
            try bench.feed(events + [late(monday)])
            let reading = try #require(bench.reading(monday + 1800))
            #expect(reading.value == 7 * Events.unit)
            #expect(reading.quality == .edited)
            #expect(reading.method == .manual)
            #expect(bench.window(monday)?.sumBillionths == (94 + 15) * Events.unit)
            let versions = bench.versions.filter { $0.methods.contains(EstimationMethod.manual.rawValue) }
            #expect(versions.last?.provenance.contains { $0.raw.payloadHigh == 310 } == true)
        }
    }

    @Test func clearingBringsBackWhatCame() throws {
        var bench = Bench()
        try bench.feed([
            Events.block(monday, Events.flat(96)),
            Events.values(monday + 1800, [7, 8], received: monday + 2 * day),
            Events.edit(.clear, monday + 1800, monday + 2700, received: monday + 3 * day, id: 301), late(monday),
        ])
        #expect(bench.reading(monday + 1800)?.value == Events.unit)
        #expect(bench.reading(monday + 1800)?.quality == .validated)
        #expect(bench.reading(monday + 2700)?.value == 8 * Events.unit)
    }

    @Test func anAcceptedSpikeIsVerified() throws {
        var values = Events.flat(96)
        values[40] = 30
        var bench = Bench()
        try bench.feed([Events.block(monday, values), late(monday)])
        #expect(bench.reading(monday + 36_000)?.quality == .failed)
        #expect(bench.exception(19, monday) != nil)
        try bench.feed(Events.edit(.accept, monday + 36_000, monday + 36_900, received: monday + 12 * day))
        #expect(bench.reading(monday + 36_000)?.quality == .verified)
        #expect(bench.exception(19, monday) == nil)
        #expect(bench.window(monday)?.sumBillionths == 125 * Events.unit)
    }

    @Test func aRejectedValueIsEstimatedLikeAGap() throws {
        var bench = Bench()
        try bench.feed([
            Events.block(monday, Events.flat(96)),
            Events.edit(.reject, monday + 1800, monday + 2700, received: monday + day), late(monday),
        ])
        #expect(bench.reading(monday + 1800)?.quality == .estimatedLinear)
        #expect(bench.reading(monday + 1800)?.value == Events.unit)
    }

    @Test func aLockedValueStaysAndTheCorrectionIsPending() throws {
        var bench = Bench()
        try bench.feed([
            Events.block(monday, Events.flat(96)), late(monday),
            Events.edit(.lock, monday, monday + day, received: monday + 11 * day),
        ])
        #expect(bench.reading(monday)?.quality == .revenue)
        #expect(bench.window(monday)?.validated == 96)
        try bench.feed(Events.block(monday + 1800, [1.5], received: monday + 12 * day, id: 5))
        #expect(bench.reading(monday + 1800)?.value == Events.unit)
        let pending = try #require(bench.exception(27, monday))
        #expect(pending.observed == Events.billionths(1.5))
        #expect(pending.limit == Events.unit)
        #expect(pending.count == 1)
        #expect(pending.code == "ERR_VEE_LOCKED_27")
        try bench.feed(Events.block(monday + 1800, [1], received: monday + 13 * day, id: 6))
        #expect(bench.exception(27, monday) == nil)
        try bench.feed([
            Events.block(monday + 1800, [2], received: monday + 14 * day, id: 7),
            Events.edit(.unlock, monday, monday + day, received: monday + 15 * day, id: 302),
        ])
        #expect(bench.exception(27, monday) == nil)
        #expect(bench.reading(monday + 1800)?.value == 2 * Events.unit)
        #expect(bench.reading(monday + 1800)?.quality == .validated)
        #expect(bench.revisionFault == nil)
    }

    @Test(arguments: [true, false])
    func anOrderToEstimateFillsWhatIsTooLongOtherwise(isByGroup: Bool) throws {
        var rules = RuleSet.default1
        rules.base.estimation.order = [
            EstimationParameters.Step(.linear, maximumGapSeconds: 7200),
            EstimationParameters.Step(.referenceDays, maximumGapSeconds: 7200),
        ]
        let weeks = (0..<28).map { number in
            Events.block(monday + Int64(number) * day, Events.flat(96, 2), id: UInt64(1000 + number))
        }
        let order = Events.force(
            monday + 28 * day,
            monday + 30 * day,
            group: isByGroup ? "north" : "",
            meters: isByGroup ? [] : ["m1"],
            received: monday + 31 * day
        )
        let registration = Events.registered(received: monday) { $0.group = "north" }
        for events in [weeks + [registration, order], [order] + weeks + [registration]] {
            var bench = Bench(VEEConfiguration(zones: ZoneCatalog(), defaultRules: rules))
            try bench.feed(events + [Events.tick(monday + 31 * day)])
            let reading = try #require(bench.reading(monday + 29 * day + 900))
            #expect(reading.value == 2 * Events.unit)
            #expect(reading.method == .referenceDays)
            #expect(bench.window(monday + 29 * day)?.estimated == 96)
            #expect(bench.reading(monday + 30 * day) == nil)
        }
    }
}

import MeterCore
import MeterEvents
import RuleSets
import StreamCore
import Testing
import VEE

/// Each estimation method alone and the order in which they are tried.
struct EstimationTests {
    let monday = Events.monday
    let day = Events.day

    private func late(_ seconds: Int64) -> JournalEvent { Events.tick(seconds + 10 * Events.day) }

    private func bench(_ order: [Estimator], _ change: (inout RuleSet) -> Void = { _ in }) -> Bench {
        var rules = RuleSet.default1
        rules.base.estimation.order = order.map { EstimationParameters.Step($0, maximumGapSeconds: 7 * 86_400) }
        rules.base.spike.isEnabled = false
        rules.base.identical.isEnabled = false
        change(&rules)
        return Bench(VEEConfiguration(zones: ZoneCatalog(), defaultRules: rules))
    }

    /// Four weeks of days; `level` gives the value of a day, by its number.
    private func weeks(_ level: (Int) -> Double) -> [JournalEvent] {
        (0..<28).map { number in
            Events.block(monday + Int64(number) * day, Events.flat(96, level(number)), id: UInt64(1000 + number))
        }
    }

    private func gapDay(_ number: Int, _ gap: Range<Int>, _ value: Double = 5) -> JournalEvent {
        var values = Events.flat(96, value)
        for index in gap { values[index] = nil }
        return Events.block(monday + Int64(number) * day, values, id: UInt64(2000 + number))
    }

    @Test func outageOnBothSidesIsZero() throws {
        var values = Events.flat(96, 2)
        values[4] = 0
        values[5] = nil
        values[6] = 0
        var bench = bench([.outage, .linear])
        try bench.feed([
            Events.flagged(monday, values, [4: .powerFailed, 6: .powerFailed]), late(monday),
        ])
        let reading = try #require(bench.reading(monday + 5 * 900))
        #expect(reading.value == 0)
        #expect(reading.method == .outageZero)
        #expect(reading.quality == .estimatedLinear)
    }

    @Test func outageOnOneSideReachesForTheNearestGoodValueBeyond() throws {
        var values = Events.flat(96, 2)
        values[3] = 4
        values[4] = 0.5
        values[5] = nil
        values[6] = 2
        var bench = bench([.outage, .linear])
        try bench.feed([Events.flagged(monday, values, [4: .powerFailed]), late(monday)])
        let reading = try #require(bench.reading(monday + 5 * 900))
        #expect(reading.value == 3 * Events.unit)
        #expect(reading.method == .outageOneSide)
    }

    /// Worked example: naive integration over an outage invents energy; the right answer is zero.
    @Test func slotsWhollyInAKnownOutageAreZero() throws {
        var values = Events.flat(96, 2)
        for index in 8..<20 { values[index] = nil }
        let down = monday + 8 * 900
        let up = monday + 20 * 900
        let outage = Events.power([(down, .powerDown), (up, .powerUp)], received: monday + day)
        for events in [[outage, Events.block(monday, values)], [Events.block(monday, values), outage]] {
            var bench = bench([.outage, .linear])
            try bench.feed(events + [late(monday)])
            for index in 8..<20 { #expect(bench.reading(monday + Int64(index) * 900)?.value == 0) }
            #expect(bench.reading(monday + 9 * 900)?.method == .outageZero)
            #expect(bench.window(monday)?.missing == 0)
        }
    }

    @Test func referenceDaysAreTheThreeLatestOfTheSameWeekday() throws {
        var bench = bench([.referenceDays])
        // Mondays are days 0, 7, 14, 21: values 1, 2, 3, 7; the other days are far off.
        try bench.feed(
            weeks { [0: 1.0, 7: 2.0, 14: 3.0, 21: 7.0][$0] ?? 50 } + [gapDay(28, 20..<60), late(monday + 28 * day)]
        )
        let reading = try #require(bench.reading(monday + 28 * day + 30 * 900))
        #expect(reading.value == 4 * Events.unit)
        #expect(reading.method == .referenceDays)
        #expect(reading.quality == .estimatedReferenceDay)
    }

    @Test func theNearestLikeDayIsCopied() throws {
        var bench = bench([.likeDay])
        // Day 29 is a Tuesday: the last Tuesday is day 22.
        try bench.feed(
            weeks { $0 == 22 ? 6 : 50 } + [gapDay(28, 0..<0), gapDay(29, 20..<60), late(monday + 29 * day)]
        )
        let reading = try #require(bench.reading(monday + 29 * day + 30 * 900))
        #expect(reading.value == 6 * Events.unit)
        #expect(reading.method == .likeDay)
    }

    @Test func holidaysAreLikeHolidaysAndSundays() throws {
        var bench = bench([.referenceDays]) { rules in
            let date = { (number: Int64) in
                CivilDate(daysSinceEpoch: Int32((Events.monday + number * Events.day) / Events.day))
            }
            rules.base.estimation.holidays = [date(10), date(28)]
        }
        // Day 10 is the earlier holiday; Sundays are 27, 20, 13, 6.
        try bench.feed(
            weeks { [10: 1.0, 27: 3.0, 20: 5.0][$0] ?? 50 } + [gapDay(28, 20..<60), late(monday + 28 * day)]
        )
        #expect(bench.reading(monday + 28 * day + 30 * 900)?.value == 3 * Events.unit)
    }

    @Test func anchoredDaysKeepTheShapeAndMeetBothEnds() throws {
        var bench = bench([.anchored])
        var shape = Events.flat(96, 1)
        for index in 30..<40 { shape[index] = 3 }
        let weeks = (0..<28).map { number in
            Events.block(monday + Int64(number) * day, shape, id: UInt64(1000 + number))
        }
        var today = shape.map { ($0 ?? 0) + 1 } as [Double?]
        for index in 25..<45 { today[index] = nil }
        try bench.feed(weeks + [Events.block(monday + 28 * day, today, id: 5), late(monday + 28 * day)])
        #expect(bench.reading(monday + 28 * day + 26 * 900)?.value == 2 * Events.unit)
        // The shape stands 2 above its line; a gap of 5 h follows it by 300 / (300 + 40).
        #expect(bench.reading(monday + 28 * day + 35 * 900)?.value == 3_764_705_882)
        #expect(bench.reading(monday + 28 * day + 35 * 900)?.method == .anchored)
    }

    @Test func averageLoadIsSpreadEvenly() throws {
        var bench = bench([.averageLoad])
        try bench.feed(weeks { $0 % 2 == 0 ? 1 : 3 } + [gapDay(28, 20..<60), late(monday + 28 * day)])
        let reading = try #require(bench.reading(monday + 28 * day + 30 * 900))
        #expect(reading.value == 2 * Events.unit)
        #expect(reading.quality == .estimatedProfile)
    }

    @Test func aClassProfileIsScaledByTheAverageDailyUsage() throws {
        var weights = [UInt32](repeating: 0, count: 24)
        weights[6] = 3
        weights[7] = 1
        var bench = bench([.classProfile]) { rules in
            rules.base.estimation.profiles = [
                EstimationParameters.ClassProfile(customerClass: "", weekday: weights, weekend: weights)
            ]
        }
        try bench.feed(weeks { _ in 1 } + [gapDay(28, 24..<32), late(monday + 28 * day)])
        #expect(bench.reading(monday + 28 * day + 25 * 900)?.value == 18 * Events.unit)
        #expect(bench.reading(monday + 28 * day + 29 * 900)?.value == 6 * Events.unit)
        #expect(bench.reading(monday + 28 * day + 29 * 900)?.method == .classProfile)
    }

    @Test func aProxyDayIsOneOfLikeTemperature() throws {
        var bench = bench([.proxyDay])
        let temperatures = (0..<29).map { [3: 20.5, 10: 19.0, 28: 20.0][$0] ?? 0.0 }
        try bench.feed(
            weeks { [3: 2.0, 10: 4.0][$0] ?? 50 } + [
                Events.registered(received: monday) { $0.weatherStation = "w1" },
                gapDay(28, 20..<60), late(monday + 28 * day),
                Events.weather("w1", monday, temperatures, received: monday + 40 * day),
            ]
        )
        let reading = try #require(bench.reading(monday + 28 * day + 30 * 900))
        #expect(reading.value == 3 * Events.unit)
        #expect(reading.method == .proxyDay)
    }

    @Test func theCheckMeterStandsIn() throws {
        var bench = bench([.checkMeter])
        let registration = Events.registered(received: monday) { registration in
            registration.channels = [ChannelRegistration(channel: "E1", unit: .kilowattHour)]
            var check = ChannelRegistration(channel: "C1", unit: .kilowattHour)
            check.kind = .check
            check.checkOf = "E1"
            registration.channels.append(check)
        }
        let main = gapDay(0, 20..<60)
        let check = Events.block(monday, Events.flat(96, 4.5), id: 9, channel: "C1")
        for events in [[registration, main, check], [check, main, registration], [main, registration, check]] {
            try bench.feed(events + [late(monday)])
            #expect(bench.reading(monday + 30 * 900)?.value == Events.billionths(4.5))
            #expect(bench.reading(monday + 30 * 900)?.method == .checkMeter)
            bench = self.bench([.checkMeter])
        }
        // The check channel comes after everything is closed.
        try bench.feed([registration, main, late(monday), check, late(monday + day)])
        #expect(bench.reading(monday + 30 * 900)?.method == .checkMeter)
    }

    @Test func whereNothingWorksItStaysMissing() throws {
        var bench = Bench()
        try bench.feed([gapDay(0, 20..<60), late(monday)])
        #expect(bench.reading(monday + 30 * 900)?.quality == .missing)
        #expect(bench.exception(9, monday)?.code == "ERR_VEE_GAP_04")
        #expect(bench.window(monday)?.grade == .fail)
    }

    @Test func aChangedReferenceDayChangesTheEstimate() throws {
        var bench = bench([.referenceDays])
        try bench.feed(weeks { _ in 1 } + [gapDay(28, 20..<60), late(monday + 28 * day)])
        #expect(bench.reading(monday + 28 * day + 30 * 900)?.value == Events.unit)
        try bench.feed(
            Events.block(monday + 21 * day, Events.flat(96, 4), received: monday + 40 * day, id: 77)
        )
        #expect(bench.reading(monday + 28 * day + 30 * 900)?.value == 2 * Events.unit)
        #expect(bench.revisionFault == nil)
    }

    // MARK: Registers

    /// Worked example: register 30, measured 20, four estimates of 2: each becomes 2.5.
    @Test func estimatesAloneAreScaledToTheRegister() throws {
        var values: [Double?] = Events.flat(24, 1)
        for index in 4..<8 { values[index] = nil }
        values[3] = 2
        values[8] = 2
        values[9] = 0
        values[10] = 0
        let registers = Events.register([(monday, 100), (monday + day, 130)], received: monday + day)
        let block = Events.block(monday, values, interval: 3600)
        for events in [
            [block, registers, late(monday)], [registers, block, late(monday)], [block, late(monday), registers],
        ] {
            var bench = bench([.linear])
            try bench.feed(events)
            for index in 4..<8 {
                let reading = try #require(bench.reading(monday + Int64(index) * 3600))
                #expect(reading.value == Events.billionths(2.5))
                #expect(reading.quality == .estimatedScaled)
                #expect(reading.method == .linear)
            }
            #expect(bench.reading(monday + 3 * 3600)?.value == 2 * Events.unit)
            #expect(bench.window(monday)?.sumBillionths == 30 * Events.unit)
            #expect(bench.exception(25, monday) == nil)
        }
    }

    @Test func aFactorThatIsNotAboveZeroIsRefusedAndRaised() throws {
        var values: [Double?] = Events.flat(24, 1)
        for index in 4..<8 { values[index] = nil }
        var bench = bench([.linear])
        try bench.feed([
            Events.block(monday, values, interval: 3600),
            Events.register([(monday, 100), (monday + day, 118)], received: monday + day), late(monday),
        ])
        #expect(bench.reading(monday + 5 * 3600)?.value == Events.unit)
        #expect(bench.reading(monday + 5 * 3600)?.quality == .estimatedLinear)
        #expect(bench.exception(25, monday)?.severity == .fail)
    }

    @Test func scalingGoesOverAllDaysBetweenTwoReadings() throws {
        var bench = bench([.linear])
        var first: [Double?] = Events.flat(24, 1)
        for index in 4..<6 { first[index] = nil }
        var second: [Double?] = Events.flat(24, 1)
        for index in 8..<10 { second[index] = nil }
        try bench.feed([
            Events.block(monday, first, interval: 3600, id: 1),
            Events.block(monday + day, second, interval: 3600, id: 2),
            Events.register([(monday, 5), (monday + 2 * day, 5 + 44 + 6)], received: monday + 3 * day),
            late(monday + day),
        ])
        for start in [monday + 4 * 3600, monday + day + 9 * 3600] {
            #expect(bench.reading(start)?.value == Events.billionths(1.5))
        }
        // The first day's missing hours come: the rest of the registers is the second day's.
        try bench.feed(Events.block(monday + 4 * 3600, [1, 1], interval: 3600, received: monday + 4 * day, id: 3))
        #expect(bench.reading(monday + day + 9 * 3600)?.value == 2 * Events.unit)
    }

    @Test func whatTheRegistersLeaveIsSpreadFlat() throws {
        var bench = bench([.registerFlat])
        var values: [Double?] = Events.flat(24, 1)
        for index in 4..<14 { values[index] = nil }
        try bench.feed([
            Events.block(monday, values, interval: 3600),
            Events.register([(monday, 0), (monday + day, 34)], received: monday + day), late(monday),
        ])
        #expect(bench.reading(monday + 5 * 3600)?.value == 2 * Events.unit)
        #expect(bench.reading(monday + 5 * 3600)?.method == .registerFlat)
    }

    /// Worked example: registers 1.768, the same once more with the same clock, 8.056 later. The pair is estimated, its total is measured.
    @Test func aStaleSnapshotIsSplit() throws {
        var bench = bench([.linear])
        var values: [Double?] = Events.flat(24, 2)
        values[17] = 0
        values[18] = 8.056
        let hour = { (number: Int64) in Events.monday + number * 3600 }
        try bench.feed([
            Events.block(monday, values, interval: 3600),
            Events.register([(hour(17), 109_554.016)], received: hour(17), id: 20, clock: hour(17)),
            Events.register([(hour(18), 109_554.016)], received: hour(18), id: 21, clock: hour(17)),
            Events.register([(hour(19), 109_562.072)], received: hour(19), id: 22, clock: hour(19)),
            late(monday),
        ])
        let first = try #require(bench.reading(hour(17)))
        let second = try #require(bench.reading(hour(18)))
        #expect(first.method == .linear)
        #expect(first.value + second.value == Events.billionths(8.056))
        #expect(first.value > 3 * Events.unit)
    }
}

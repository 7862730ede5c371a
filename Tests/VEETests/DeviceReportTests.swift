import MeterCore
import MeterEvents
import StreamCore
import Testing
import VEE

/// What devices report beside their intervals, and what it does to these.
struct DeviceReportTests {
    let monday = Events.monday
    let day = Events.day

    private func events(_ list: [(Int64, DeviceEventKind)]) -> JournalEvent {
        Events.power(list, received: monday + day)
    }

    private func late() -> JournalEvent { Events.tick(monday + 10 * day) }

    @Test func whatWasCountedUnderTestIsEstimated() throws {
        let test = events([(monday + 8 * 900 + 60, .testModeStarted), (monday + 11 * 900 - 60, .testModeEnded)])
        let block = Events.block(monday, Events.flat(8, 0.5) + Events.flat(3, 9) + Events.flat(85, 0.5))
        for order in [[test, block], [block, test]] {
            var bench = Bench()
            try bench.feed(order + [late()])
            for index in 8..<11 {
                let reading = try #require(bench.reading(monday + Int64(index) * 900))
                #expect(reading.value == Events.unit / 2)
                #expect(reading.quality.isEstimated)
                #expect(reading.findings.contains { $0.rule == 11 })
            }
            #expect(bench.reading(monday + 7 * 900)?.quality == .validated)
            #expect(bench.reading(monday + 11 * 900)?.quality == .validated)
            #expect(bench.exception(11, monday)?.count == 3)
        }
    }

    @Test func aTestThatNeverEndedIsTakenForADayUntilItsEndIsKnown() throws {
        var bench = Bench()
        let blocks = (0..<3).map { Events.block(monday + Int64($0) * day, Events.flat(96), id: UInt64(10 + $0)) }
        try bench.feed(blocks + [events([(monday + day, .testModeStarted)]), late()])
        #expect(bench.window(monday + day)?.validated == 0)
        #expect(bench.window(monday + 2 * day)?.validated == 96)
        try bench.feed(Events.power([(monday + day + 3600, .testModeEnded)], received: monday + 11 * day, id: 331))
        #expect(bench.window(monday + day)?.validated == 92)
        #expect(bench.reading(monday + day + 3600)?.quality == .validated)
        #expect(bench.revisionFault == nil)
    }

    @Test func reverseEnergyIsGraverWhereTheDeviceReportedIt() throws {
        let registry = Events.registered(received: monday) { meter in
            var channel = ChannelRegistration(channel: "E1", unit: .kilowattHour)
            channel.kind = .received
            meter.channels = [channel]
        }
        var bench = Bench()
        let blocks = (0..<2).map { Events.block(monday + Int64($0) * day, Events.flat(96), id: UInt64(10 + $0)) }
        try bench.feed([registry] + blocks + [late()])
        #expect(bench.exception(32, monday)?.severity == .warn)
        #expect(bench.window(monday)?.grade == .warn)
        try bench.feed(Events.power([(monday + 7200, .reverseEnergy)], received: monday + 11 * day))
        #expect(bench.exception(32, monday)?.severity == .fail)
        #expect(bench.window(monday)?.grade == .fail)
        #expect(bench.exception(32, monday + day)?.severity == .warn)
        // Said again it changes nothing.
        let count = bench.records.count
        try bench.feed(Events.power([(monday + 7200, .reverseEnergy)], received: monday + 11 * day))
        #expect(bench.records.count == count)
    }

    @Test func whatSaysNothingAboutReadingsChangesNothing() throws {
        var bench = Bench()
        try bench.feed([Events.block(monday, Events.flat(96)), late()])
        let count = bench.records.count
        try bench.feed(events([(monday, .tamper), (monday, .watchdog), (monday, .other), (monday, .clockSet)]))
        #expect(bench.records.count == count)
    }
}

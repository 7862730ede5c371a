import MeterCore
import MeterEvents
import Projection
import Testing

@Suite("Readings: events to rows")
struct ReadingsFoldTests {
    private func position(_ offset: Int64, partition: Int32 = 0) -> LogPosition {
        LogPosition(partition: partition, offset: offset)
    }

    @Test func makesOneRowASlotWithEndsAndSources() throws {
        var fold = ReadingsFold()
        var event = Samples.intervals(values: [1, 2, 3])
        event.provenance = [Provenance(count: 1, raw: Samples.raw(7)), Provenance(count: 2, raw: Samples.raw(8))]
        event.revisions = [1, 2, 3]
        try fold.fold(event, at: position(40))

        let base = Samples.day.secondsSinceEpoch * 1_000_000
        #expect(fold.rows.map(\.intervalEndMicroseconds) == [1, 2, 3].map { base + $0 * 900_000_000 })
        #expect(fold.rows.map(\.billionths) == [1, 2, 3])
        #expect(fold.rows.map(\.revision) == [1, 2, 3])
        #expect(fold.rows.map { fold.sources[Int($0.source)].offset } == [7, 8, 8])
        #expect(fold.rows.allSatisfy { $0.isNewest && $0.findings == -1 && $0.channelKey == 1 })
        #expect(fold.events.map(\.position) == [position(40)])
        #expect(fold.changes.count == 1)
        #expect(fold.changes[0].lastIntervalEndMicroseconds == base + 2_700_000_000)
    }

    @Test func marksOnlyTheNewestVersionOfAnIntervalInABatch() throws {
        var fold = ReadingsFold()
        try fold.fold(Samples.intervals(values: [1, 2]), at: position(1))
        try fold.fold(Samples.intervals(values: [5], revision: 2), at: position(2))
        #expect(fold.rows.map(\.isNewest) == [false, true, true])
        #expect(fold.rows.map(\.billionths) == [1, 2, 5])
        #expect(fold.changes.count == 1)
    }

    @Test func laterOffsetWinsInOnePartitionAndRevisionAcrossPartitions() {
        #expect(ReadingsFold.isNewer((position(5), 1), than: (position(4), 9)))
        #expect(!ReadingsFold.isNewer((position(4), 9), than: (position(4), 9)))
        #expect(ReadingsFold.isNewer((position(1, partition: 1), 3), than: (position(9), 2)))
        #expect(!ReadingsFold.isNewer((position(9, partition: 1), 2), than: (position(1), 2)))
    }

    @Test func givesEachChannelOneKeyAndKeepsItOverBatches() throws {
        var fold = ReadingsFold()
        fold.channels.restore(ChannelName(meter: "M-9", channel: "kwh_import"), key: 41)
        try fold.fold(Samples.intervals(meter: "M-1", values: [1]), at: position(1))
        try fold.fold(Samples.intervals(meter: "M-9", values: [1]), at: position(2))
        #expect(fold.rows.map(\.channelKey) == [42, 41])
        fold.clear()
        #expect(fold.rows.isEmpty && fold.changes.isEmpty && fold.windows.isEmpty)
        try fold.fold(Samples.intervals(meter: "M-1", values: [1]), at: position(3))
        #expect(fold.rows.map(\.channelKey) == [42])
    }

    @Test func writesFindingsOnceForSlotsThatShareThem() throws {
        var fold = ReadingsFold()
        let gap = Finding(
            first: 1,
            count: 2,
            rule: 9,
            severity: .warn,
            observedBillionths: 1_500_000_000,
            limitBillionths: 0
        )
        let spike = Finding(
            first: 2,
            count: 1,
            rule: 19,
            severity: .fail,
            observedBillionths: -1,
            limitBillionths: 2_000_000_000
        )
        try fold.fold(Samples.intervals(values: [1, 2, 3], findings: [gap, spike]), at: position(1))
        #expect(fold.rows.map(\.findings) == [-1, 0, 1])
        let texts = fold.findings.map { String(decoding: $0.dropFirst(), as: UTF8.self) }
        let gapText = #"{"rule":9,"severity":"warn","observed":1.5,"limit":0}"#
        let spikeText = #"{"rule":19,"severity":"fail","observed":-0.000000001,"limit":2}"#
        #expect(texts == ["[\(gapText)]", "[\(gapText),\(spikeText)]"])
        #expect(fold.findings.allSatisfy { $0.first == 1 })
    }

    @Test func keepsTheNewestCountOfAWindow() throws {
        var fold = ReadingsFold()
        try fold.fold(Samples.intervals(values: [1], window: Samples.window(sum: 10)), at: position(1))
        try fold.fold(Samples.intervals(values: [], window: Samples.window(sum: 20, revision: 2)), at: position(2))
        #expect(fold.windows.map(\.state.sumBillionths) == [20])
        #expect(fold.windows.map(\.zone) == ["Europe/Berlin"])
        #expect(fold.rows.count == 1)
    }

    @Test func keepsEveryVersionOfADerivedRegisterAndMarksTheNewest() throws {
        var fold = ReadingsFold()
        try fold.fold(Samples.intervals(values: [], registers: [Samples.derived(10)]), at: position(1))
        let both = [Samples.derived(20, revision: 2), Samples.derived(7, at: Samples.day)]
        try fold.fold(Samples.intervals(values: [1], registers: both), at: position(2))
        #expect(fold.registers.map(\.reading.billionths) == [10, 20, 7])
        #expect(fold.registers.map(\.isNewest) == [false, true, true])
        #expect(fold.registers.map(\.position.offset) == [1, 2, 2])
        #expect(fold.registers.allSatisfy { $0.channelKey == 1 && $0.ruleSet == "default-1" })
        #expect(fold.rows.count == 1)
        // What an earlier record said comes no more.
        try fold.fold(Samples.intervals(values: [], registers: [Samples.derived(30, revision: 3)]), at: position(1))
        #expect(fold.registers.map(\.isNewest) == [false, true, true, false])
        fold.clear()
        #expect(fold.registers.isEmpty)
    }

    @Test func anEventThatCannotBeStoredLeavesNothing() {
        var fold = ReadingsFold()
        let future = Instant(secondsSinceEpoch: 300_000_000_000)
        #expect(throws: EventError.self) {
            try fold.fold(Samples.intervals(start: future, values: [1]), at: position(1))
        }
        #expect(throws: EventError.self) {
            try fold.fold(Samples.intervals(values: [1], revision: .max), at: position(1))
        }
        #expect(throws: EventError.self) { try fold.fold(Samples.intervals(meter: "", values: [1]), at: position(1)) }
        for register in [Samples.derived(1, at: future), Samples.derived(1, revision: .max)] {
            #expect(throws: EventError.self) {
                try fold.fold(Samples.intervals(values: [1], registers: [register]), at: position(1))
            }
        }
        #expect(fold.registers.isEmpty)
        #expect(fold.rows.isEmpty && fold.events.isEmpty && fold.changes.isEmpty && fold.channels.count == 0)
    }

    @Test func replacesTheCharacterThatTheDatabaseCannotHold() throws {
        var fold = ReadingsFold()
        try fold.fold(Samples.intervals(meter: "M\u{0}1", values: [1]), at: position(1))
        #expect(fold.changes.map(\.name.meter) == ["M\u{FFFD}1"])
    }
}

import MeterCore
import MeterEvents
import StreamCore
import Testing
import VEE

/// The laws of a processor: the same log gives the same bytes, wherever batches are cut and snapshots are taken.
struct LawTests {
    static let configuration = VEEConfiguration(zones: ZoneCatalog(), limits: VEELimits(historyDays: 3, silentDays: 1))

    static func configuration(_ window: WindowLength) -> VEEConfiguration {
        VEEConfiguration(zones: ZoneCatalog(), limits: VEELimits(historyDays: 3, window: window, silentDays: 1))
    }

    static let windows: [WindowLength] = [.day, .hours(8), .days(3)]

    static func events(_ seed: UInt64) -> [JournalEvent] {
        var random = Seeded(seed)
        var options = Scenario.Options()
        options.days = 12
        options.zones = ["UTC", "+02:00"]
        options.hasRegistry = true
        options.hasMore = true
        let scenario = Scenario(seed: seed, options)
        var events = scenario.events.shuffled(using: &random)
        let json = #"{"rules": {"V19": {"thresholdPercent": 100}}, "estimation": {"E1": {"maximumGapSeconds": 3600}}}"#
        events.insert(
            Events.rules("r2", json, from: Events.monday + 5 * Events.day, received: Events.monday),
            at: events.count / 2
        )
        return events + scenario.ending
    }

    @Test(arguments: 1...4, windows)
    func replayGivesTheSameBytes(seed: UInt64, window: WindowLength) throws {
        let events = Self.events(seed)
        var one = Bench(Self.configuration(window))
        var two = Bench(Self.configuration(window))
        try one.feed(events)
        try two.feed(events)
        #expect(one.records.elementsEqual(two.records))
        #expect(one.state.elementsEqual(two.state))
        #expect(one.records.count > events.count)
        #expect(!one.derived.isEmpty)
    }

    @Test(arguments: 1...4, windows)
    func batchesMayBeCutAnywhere(seed: UInt64, window: WindowLength) throws {
        let events = Self.events(seed)
        var whole = Bench(Self.configuration(window))
        try whole.feed(events)
        for size in [1, 7] {
            var cut = Bench(Self.configuration(window))
            try cut.feed(events, batchSize: size)
            #expect(cut.records.elementsEqual(whole.records))
            #expect(cut.state.elementsEqual(whole.state))
            #expect(cut.counters == whole.counters)
        }
    }

    @Test(arguments: 1...4, windows)
    func aSnapshotAnywhereChangesNothing(seed: UInt64, window: WindowLength) throws {
        let events = Self.events(seed)
        var whole = Bench(Self.configuration(window))
        try whole.feed(events)
        var restored = Bench(Self.configuration(window))
        var random = Seeded(seed)
        for event in events {
            if random.chance(15) {
                let before = restored.state
                try restored.restore()
                #expect(restored.state.elementsEqual(before))
            }
            try restored.feed(event)
        }
        #expect(restored.records.elementsEqual(whole.records))
        #expect(restored.state.elementsEqual(whole.state))
    }

    @Test func aDamagedSnapshotIsRefused() throws {
        var bench = Bench(Self.configuration)
        try bench.feed(Self.events(3))
        let state = bench.state
        for length in stride(from: 0, to: state.count, by: max(1, state.count / 300)) {
            #expect(throws: StateError.self) {
                _ = try VEEProcessor(
                    configuration: Self.configuration,
                    partition: 0,
                    state: Array(state[..<length]).span
                )
            }
        }
        #expect(throws: StateError.malformed("bytes after the end")) {
            _ = try VEEProcessor(configuration: Self.configuration, partition: 0, state: (state + [0]).span)
        }
    }

    /// A history that is just long enough gives the same as one that forgets nothing.
    @Test(arguments: 1...4, windows)
    func forgettingChangesNothingWithinTheHistory(seed: UInt64, window: WindowLength) throws {
        var options = Scenario.Options()
        options.days = 25
        options.hasRegisters = true
        let scenario = Scenario(seed: seed, options)
        // In order of receipt, so that nothing is later than the lateness of the scenario.
        let events = scenario.events.sorted { left, right in
            (left.raw.receivedAtMilliseconds, left.raw.payloadHigh)
                < (right.raw.receivedAtMilliseconds, right.raw.payloadHigh)
        }
        func bench(_ historyDays: Int) -> Bench {
            let limits = VEELimits(historyDays: historyDays, lookBackDays: 4, window: window)
            return Bench(VEEConfiguration(zones: ZoneCatalog(), limits: limits))
        }
        var short = bench(6)
        var long = bench(1000)
        try short.feed(events)
        try long.feed(events)
        #expect(short.records.elementsEqual(long.records))
        #expect(kept(short) < kept(long))
        #expect(kept(short) <= 2 * 28 * (96 + 24))
        #expect(short.processor.stateSizes.contains { $0.name == "cold_slots" && $0.count > 0 })
    }

    private func kept(_ bench: Bench) -> Int {
        bench.processor.stateSizes.filter { ["slots", "cold_slots"].contains($0.name) }.reduce(0) { $0 + $1.count }
    }

    @Test func mutedFoldingChangesTheStateAlike() throws {
        let events = Self.events(4)
        var loud = Bench(Self.configuration)
        try loud.feed(events)
        var batch = InputBatch()
        let slot = batch.slot(of: TopicPartition(VEEProcessor.inputTopic, 0))
        for event in events {
            var bytes: [UInt8] = []
            event.append(to: &bytes)
            batch.append(
                slot: slot,
                offset: 0,
                timestampMilliseconds: 0,
                key: [UInt8]().span,
                value: bytes.span
            )
        }
        var effects = Effects(
            outputs: VEEProcessor.outputTopics.map { Effects.Output(topic: $0, partitionCount: 1) },
            counterCount: VEEProcessor.counterNames.count
        )
        effects.isMuted = true
        var quiet = VEEProcessor(configuration: Self.configuration, partition: 0)
        try quiet.fold(batch, 0..<batch.count, into: &effects)
        #expect(effects.isEmpty)
        var state: [UInt8] = []
        quiet.encodeState(into: &state)
        #expect(state.elementsEqual(loud.state))
    }

    @Test func aRecordThatIsNoEventStopsThePartitionAndSaysWhere() {
        var batch = InputBatch()
        let slot = batch.slot(of: TopicPartition(VEEProcessor.inputTopic, 3))
        batch.append(slot: slot, offset: 41, timestampMilliseconds: 0, key: [UInt8]().span, value: [0xff, 0xff].span)
        var effects = Effects(outputs: [], counterCount: VEEProcessor.counterNames.count)
        var processor = VEEProcessor(configuration: Self.configuration, partition: 3)
        let fault = #expect(throws: ProcessorFault.self) {
            try processor.fold(batch, 0..<1, into: &effects)
        }
        #expect(fault?.offset == 41)
        #expect(fault?.partition.partition == 3)
    }
}

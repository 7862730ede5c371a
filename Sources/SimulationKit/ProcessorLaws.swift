public import StreamCore

/// Checks, for any processor and any input, what the runtime relies on:
///
/// * the same input gives the same outputs, counters and state, byte for byte;
/// * it doesn't matter where batches are cut;
/// * a state that was encoded and decoded again goes on as if nothing had happened, and encodes to the same bytes;
/// * folding muted changes the state in the same way and emits nothing;
/// * a truncated state is refused.
///
/// Call it from a test: `#expect(ProcessorLaws.check(VEEProcessor.self, configuration: …, records: …) == [])`.
public struct ProcessorLaws<P: Processor> {
    /// A law that does not hold, and where.
    public struct Failure: Sendable, Equatable, CustomStringConvertible {
        public var law: String
        public var detail: String

        public var description: String { "\(law): \(detail)" }
    }

    private let configuration: P.Configuration
    private let partition: TopicPartition
    private let outputs: [Effects.Output]
    private let records: [SimulatedRecord]
    private var failures: [Failure] = []

    /// - Parameters:
    ///   - records: the input in order, at offsets 0, 1, 2 …
    ///   - outputPartitions: partitions of each output topic.
    ///   - seeds: each cuts the batches and chooses the places of snapshots in another way.
    /// - Returns: at most one failure for each law and seed.
    public static func check(
        _ type: P.Type = P.self,
        configuration: P.Configuration,
        partition: Int32 = 0,
        records: [SimulatedRecord],
        outputPartitions: Int32 = 4,
        seeds: ClosedRange<UInt64> = 1...10
    ) -> [Failure] {
        var laws = ProcessorLaws(configuration, partition, records, outputPartitions)
        laws.checkAll(seeds)
        return laws.failures
    }

    /// Checks in addition that records which come a second time, at later offsets, give no outputs of their own. Only for processors
    /// that promise it.
    public static func checkRepeatedInput(
        _ type: P.Type = P.self,
        configuration: P.Configuration,
        partition: Int32 = 0,
        records: [SimulatedRecord],
        outputPartitions: Int32 = 4
    ) -> [Failure] {
        let once = ProcessorLaws(configuration, partition, records, outputPartitions)
        var twice = ProcessorLaws(configuration, partition, records + records, outputPartitions)
        twice.attempt("repeated input") { laws throws(ProcessorFault) in
            let first = try once.transcript(cuts: [])
            let both = try laws.transcript(cuts: [])
            guard first.outputs != both.outputs else { return nil }
            return "\(both.outputs.count) outputs for the input twice, \(first.outputs.count) for it once"
        }
        return twice.failures
    }

    private init(
        _ configuration: P.Configuration,
        _ partition: Int32,
        _ records: [SimulatedRecord],
        _ outputPartitions: Int32
    ) {
        self.configuration = configuration
        self.partition = TopicPartition(P.inputTopic, partition)
        self.records = records
        self.outputs = P.outputTopics.map { Effects.Output(topic: $0, partitionCount: outputPartitions) }
    }

    private mutating func checkAll(_ seeds: ClosedRange<UInt64>) {
        var reference: FoldTranscript?
        attempt("fold") { laws throws(ProcessorFault) in
            reference = try laws.transcript(cuts: [])
            return nil
        }
        guard let reference else { return }
        attempt("same input, same bytes") { laws throws(ProcessorFault) in
            try laws.transcript(cuts: []).difference(from: reference)
        }
        attempt("one record at a time") { laws throws(ProcessorFault) in
            try laws.transcript(cuts: Array(0...laws.records.count)).difference(from: reference)
        }
        for seed in seeds {
            var random = SeededRandom(seed: seed)
            let cuts = cuts(&random)
            let place = random.number(0...records.count)
            attempt("batches cut anywhere, seed \(seed)") { laws throws(ProcessorFault) in
                try laws.transcript(cuts: cuts).difference(from: reference)
            }
            attempt("snapshot and restore before record \(place), seed \(seed)") { laws throws(ProcessorFault) in
                try laws.checkSnapshot(at: place, reference)
            }
            attempt("muted until record \(place), seed \(seed)") { laws throws(ProcessorFault) in
                try laws.checkMuted(until: place, reference)
            }
        }
        checkTruncatedState(reference.state)
    }

    // MARK: The laws

    private func checkSnapshot(at place: Int, _ reference: FoldTranscript) throws(ProcessorFault) -> String? {
        var transcript = FoldTranscript()
        var effects = Effects(outputs: outputs, counterCount: P.counterNames.count)
        var before = P(configuration: configuration, partition: partition.partition)
        try fold(0..<place, cuts: [], into: &before, &effects, &transcript)
        var state: [UInt8] = []
        before.encodeState(into: &state)
        var after: P
        do throws(StateError) {
            after = try P(configuration: configuration, partition: partition.partition, state: state.span)
        } catch {
            return "the state is not read back: \(error)"
        }
        var again: [UInt8] = []
        after.encodeState(into: &again)
        guard again == state else { return "the state read back encodes differently" }
        try fold(place..<records.count, cuts: [], into: &after, &effects, &transcript)
        after.encodeState(into: &transcript.state)
        return transcript.difference(from: reference)
    }

    private func checkMuted(until place: Int, _ reference: FoldTranscript) throws(ProcessorFault) -> String? {
        var muted = FoldTranscript()
        var effects = Effects(outputs: outputs, counterCount: P.counterNames.count)
        var processor = P(configuration: configuration, partition: partition.partition)
        effects.isMuted = true
        try fold(0..<place, cuts: [], into: &processor, &effects, &muted)
        guard muted.outputs.isEmpty else { return "outputs while muted" }
        effects.isMuted = false
        var live = FoldTranscript()
        try fold(place..<records.count, cuts: [], into: &processor, &effects, &live)
        processor.encodeState(into: &live.state)
        guard live.state == reference.state else { return "the state is another" }
        let isTail = live.outputs == Array(reference.outputs.suffix(live.outputs.count))
        return isTail ? nil : "the outputs after it are others"
    }

    private mutating func checkTruncatedState(_ state: [UInt8]) {
        let step = max(1, state.count / 64)
        for length in stride(from: 0, to: state.count, by: step) {
            do throws(StateError) {
                let piece = state.span.extracting(first: length)
                _ = try P(configuration: configuration, partition: partition.partition, state: piece)
                failures.append(
                    Failure(law: "truncated state", detail: "\(length) of \(state.count) bytes are taken for a state")
                )
                return
            } catch {
                continue
            }
        }
    }

    // MARK: Folding

    private func cuts(_ random: inout SeededRandom) -> [Int] {
        let longest = random.number(1...max(1, records.count / 2))
        var cuts: [Int] = []
        var position = 0
        while position < records.count {
            position += random.number(1...longest)
            cuts.append(position)
        }
        return cuts
    }

    private func transcript(cuts: [Int]) throws(ProcessorFault) -> FoldTranscript {
        var transcript = FoldTranscript()
        var effects = Effects(outputs: outputs, counterCount: P.counterNames.count)
        var processor = P(configuration: configuration, partition: partition.partition)
        try fold(0..<records.count, cuts: cuts, into: &processor, &effects, &transcript)
        processor.encodeState(into: &transcript.state)
        return transcript
    }

    /// Folds a range of the input in batches that end at the cuts, in two calls each.
    private func fold(
        _ range: Range<Int>,
        cuts: [Int],
        into processor: inout P,
        _ effects: inout Effects,
        _ transcript: inout FoldTranscript
    ) throws(ProcessorFault) {
        var start = range.lowerBound
        for end in cuts.filter({ range.contains($0) }) + [range.upperBound] where end > start {
            let batch = batch(of: start..<end)
            let middle = batch.count / 2
            if middle > 0 { try processor.fold(batch, 0..<middle, into: &effects) }
            try processor.fold(batch, middle..<batch.count, into: &effects)
            transcript.take(&effects)
            start = end
        }
    }

    private func batch(of range: Range<Int>) -> InputBatch {
        var batch = InputBatch()
        let slot = batch.slot(of: partition)
        for index in range { batch.append(records[index], slot: slot, offset: Int64(index)) }
        return batch
    }

    private mutating func attempt(
        _ law: String,
        _ body: (borrowing ProcessorLaws) throws(ProcessorFault) -> String?
    ) {
        do throws(ProcessorFault) {
            if let detail = try body(self) { failures.append(Failure(law: law, detail: detail)) }
        } catch {
            failures.append(Failure(law: law, detail: "\(error)"))
        }
    }
}

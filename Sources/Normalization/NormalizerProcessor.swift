import Intake
public import MeterCore
import MeterEvents
import MeterFormats
public import StreamCore

/// `meter.raw` to `meter.journal`: drops payloads that came before, decodes, and writes one journal record per meter and channel of a
/// payload, with the raw event it comes from. What each payload was, duplicates and refused ones included, goes to `meter.payloads`.
///
/// It also broadcasts `Tick`s: the journal merges several raw partitions, and only what every one of them has reached is "now" there.
public struct NormalizerProcessor: Processor {
    public struct Configuration: Sendable {
        public var zones: ZoneCatalog
        /// Partitions of `meter.raw`; written into every tick.
        public var rawPartitionCount: Int32
        /// Stream time between two broadcasts caused by payloads.
        public var tickIntervalMilliseconds: Int64
        public var maxUnpackedBytes: Int
        public var duplicateHorizonMilliseconds: Int64
        /// Why a rule set (JSON, version) can't be put into force, nil when it can. Must depend on nothing else.
        public var refusalOfRuleSet: @Sendable (_ json: String, _ version: String) -> String? = { _, _ in nil }

        public init(
            zones: ZoneCatalog,
            rawPartitionCount: Int32,
            tickIntervalMilliseconds: Int64 = 60_000,
            maxUnpackedBytes: Int = 256 << 20,
            duplicateHorizonMilliseconds: Int64 = 7 * 86_400_000
        ) {
            self.zones = zones
            self.rawPartitionCount = rawPartitionCount
            self.tickIntervalMilliseconds = tickIntervalMilliseconds
            self.maxUnpackedBytes = maxUnpackedBytes
            self.duplicateHorizonMilliseconds = duplicateHorizonMilliseconds
        }
    }

    /// Indices of `counterNames`.
    private enum Counter {
        static let payloads = 0
        static let duplicates = 1
        static let rejectedLines = 2
        static let intervals = 3
        static let journalRecords = 4
        static let ticks = 5
        /// The first of many, by code.
        static let deadLetters = 6
    }

    /// Indices of `outputTopics`.
    private enum Output {
        static let journal = 0
        static let deadLetter = 1
        static let rules = 2
        static let payloads = 3
    }

    public static let name = "normalizer"
    public static let stateVersion: UInt32 = 2

    /// The state is the keys seen with their payloads, and the last tick. Zones and formats decide over outputs alone.
    public static func fingerprint(of configuration: Configuration) -> UInt64 {
        var fingerprint = ConfigurationFingerprint()
        fingerprint.add(configuration.duplicateHorizonMilliseconds)
        fingerprint.add(configuration.tickIntervalMilliseconds)
        return fingerprint.value
    }

    public static let inputTopic = "meter.raw"
    public static let outputTopics = ["meter.journal", "meter.deadletter", "meter.rules", "meter.payloads"]
    public static let counterNames =
        [
            "payloads_total", "duplicate_payloads_total", "rejected_lines_total", "intervals_total",
            "journal_records_total", "ticks_total",
        ] + DeadLetterCounters.names

    private let configuration: Configuration
    private let partition: Int32
    private var intake: PayloadIntake
    private var lastTickMilliseconds = Int64.min

    public init(configuration: Configuration, partition: Int32) {
        self.configuration = configuration
        self.partition = partition
        var intake = PayloadIntake.Configuration(
            zones: configuration.zones,
            lane: .interval,
            stage: NormalizerProcessor.name,
            maxUnpackedBytes: configuration.maxUnpackedBytes,
            duplicateHorizonMilliseconds: configuration.duplicateHorizonMilliseconds
        )
        intake.refusalOfRuleSet = configuration.refusalOfRuleSet
        self.intake = PayloadIntake(configuration: intake)
    }

    public mutating func fold(
        _ batch: borrowing InputBatch,
        _ range: Range<Int>,
        into effects: inout Effects
    ) throws(ProcessorFault) {
        for index in range {
            let outcome = intake.take(batch, index)
            let timestamp = batch.entries[index].timestampMilliseconds
            switch outcome {
            case .tick:
                broadcastTick(into: &effects)
                continue
            case .duplicate(let original):
                effects.count(Counter.payloads)
                effects.count(Counter.duplicates)
                emitOutcome(.duplicate, of: batch, index, original: original, into: &effects)
            case .refused(let letter):
                effects.count(Counter.payloads)
                emit(letter, timestampMilliseconds: timestamp, into: &effects)
                emitOutcome(.refused, of: batch, index, letter: letter, into: &effects)
            case .decoded(let lineRejects):
                effects.count(Counter.payloads)
                if let lineRejects { emit(lineRejects, timestampMilliseconds: timestamp, into: &effects) }
                emitOutcome(.decoded, of: batch, index, letter: lineRejects, into: &effects)
                emitJournal(into: &effects)
            }
            if lastTickMilliseconds == Int64.min
                || intake.streamTimeMilliseconds - lastTickMilliseconds >= configuration.tickIntervalMilliseconds
            {
                broadcastTick(into: &effects)
            }
        }
    }

    private func emit(_ letter: DeadLetterEvent, timestampMilliseconds: Int64, into effects: inout Effects) {
        effects.count(Counter.deadLetters + DeadLetterCounters.index(of: letter.code))
        effects.count(Counter.rejectedLines, by: Int64(letter.rejectedLineCount))
        effects.emit(
            to: Output.deadLetter,
            key: Array(letter.idempotencyKey.utf8),
            timestampMilliseconds: timestampMilliseconds
        ) { letter.append(to: &$0) }
    }

    private func emitOutcome(
        _ outcome: PayloadOutcomeEvent.Outcome,
        of batch: borrowing InputBatch,
        _ index: Int,
        letter: DeadLetterEvent? = nil,
        original: RawReference? = nil,
        into effects: inout Effects
    ) {
        guard !effects.isMuted, let envelope = intake.envelope else { return }
        var event = PayloadOutcomeEvent(
            raw: envelope.raw,
            idempotencyKey: envelope.idempotencyKey,
            source: envelope.source,
            format: envelope.format,
            sha256: batch.headerText(EnvelopeHeader.sha256, of: index) ?? "",
            outcome: outcome,
            payloadBytes: envelope.payloadBytes
        )
        event.original = original
        if let letter {
            event.code = letter.code
            event.rejectedLineCount = letter.rejectedLineCount
        }
        if outcome == .decoded {
            let offered = OfferedValues(intake.readings)
            event.channels = offered.channels
            event.channelCount = UInt32(clamping: offered.channelCount)
            event.intervalCount = offered.intervalCount
            event.registerCount = offered.registerCount
            event.factCount = UInt32(clamping: intake.readings.factCount)
        }
        effects.emit(
            to: Output.payloads,
            key: Array(envelope.idempotencyKey.utf8),
            timestampMilliseconds: envelope.raw.receivedAtMilliseconds
        ) { event.append(to: &$0) }
    }

    private func emitJournal(into effects: inout Effects) {
        effects.count(Counter.intervals, by: Int64(intake.readings.valueCount))
        guard !effects.isMuted, let envelope = intake.envelope else { return }
        let raw = envelope.raw
        for body in JournalAssembly.bodies(of: intake.readings, source: envelope.source) {
            let event = JournalEvent(raw: raw, body: body.event)
            effects.count(Counter.journalRecords)
            effects.emit(
                to: Output.journal,
                key: Array(body.meter.utf8),
                timestampMilliseconds: raw.receivedAtMilliseconds
            ) { event.append(to: &$0) }
        }
        let version = intake.ruleSetVersion
        for body in JournalAssembly.broadcasts(of: intake.readings, ruleSetVersion: version) {
            broadcast(JournalEvent(raw: raw, body: body), key: "all", raw.receivedAtMilliseconds, into: &effects)
        }
        guard let rules = intake.readings.ruleSet else { return }
        effects.emit(
            to: Output.rules,
            key: Array("\(version)@\(rules.effectiveFrom)".utf8),
            timestampMilliseconds: raw.receivedAtMilliseconds
        ) { $0.append(contentsOf: rules.json.utf8) }
    }

    private func broadcast(
        _ event: JournalEvent,
        key: String,
        _ timestampMilliseconds: Int64,
        into effects: inout Effects
    ) {
        for target in 0..<effects.outputs[Output.journal].partitionCount {
            effects.emit(
                to: Output.journal,
                partition: target,
                key: Array(key.utf8),
                timestampMilliseconds: timestampMilliseconds
            ) { event.append(to: &$0) }
        }
    }

    /// Tells every journal partition which receive time this raw partition has reached.
    private mutating func broadcastTick(into effects: inout Effects) {
        lastTickMilliseconds = intake.streamTimeMilliseconds
        effects.count(Counter.ticks)
        let tick = Tick(
            rawPartition: partition,
            rawPartitionCount: configuration.rawPartitionCount,
            timeMilliseconds: intake.streamTimeMilliseconds
        )
        let raw = RawReference(
            lane: .interval,
            partition: partition,
            offset: -1,
            receivedAtMilliseconds: intake.streamTimeMilliseconds,
            payloadHigh: 0,
            payloadLow: 0
        )
        let event = JournalEvent(raw: raw, body: .tick(tick))
        broadcast(event, key: "tick-\(partition)", intake.streamTimeMilliseconds, into: &effects)
    }

    public func encodeState(into bytes: inout [UInt8]) {
        var writer = StateWriter(bytes)
        writer.append(lastTickMilliseconds)
        intake.encode(into: &writer)
        bytes = writer.bytes
    }

    public init(configuration: Configuration, partition: Int32, state: Span<UInt8>) throws(StateError) {
        self.init(configuration: configuration, partition: partition)
        var reader = StateReader()
        lastTickMilliseconds = try reader.read(Int64.self, from: state)
        try intake.decode(from: state, reader: &reader)
        try reader.finish(state)
    }

    public var stateSizes: [(name: String, count: Int)] {
        [("payload_keys", intake.keyCount), ("payload_key_bytes", intake.keyByteCount)]
    }
}

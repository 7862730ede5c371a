import MeterCore
import MeterEvents
import StreamCore
import VEE

/// Damage done on purpose, to see that the checks find it.
enum TruthFault: CaseIterable {
    /// The reader passes over withdrawn readings.
    case dropsWithdrawals
    /// No source versions its data.
    case ignoresVersions
    /// Days are cut in UTC whatever the zone.
    case cutsDaysInUTC

    func damaged(_ event: JournalEvent) -> JournalEvent {
        var event = event
        switch (self, event.body) {
        case (.ignoresVersions, .intervalBlock(var block)):
            block.sourceVersion = 0
            event.body = .intervalBlock(block)
        case (.cutsDaysInUTC, .intervalBlock(var block)):
            block.zone = "UTC"
            event.body = .intervalBlock(block)
        case (.cutsDaysInUTC, .meterUpserted(var registration)):
            registration.zone = "UTC"
            event.body = .meterUpserted(registration)
        default: break
        }
        return event
    }
}

/// Runs events through a processor and reads what it puts out.
struct TruthDriver {
    let configuration: VEEConfiguration
    let fault: TruthFault?
    private var processor: VEEProcessor
    private var offset: Int64 = 0
    private(set) var reader: TruthReader
    /// Every record, in order: output and value.
    private(set) var records: [[UInt8]] = []

    init(_ configuration: VEEConfiguration, fault: TruthFault? = nil) {
        self.configuration = configuration
        self.fault = fault
        processor = VEEProcessor(configuration: configuration, partition: 0)
        reader = TruthReader(dropsWithdrawals: fault == .dropsWithdrawals)
    }

    mutating func feed(_ events: some Collection<JournalEvent>) throws {
        guard !events.isEmpty else { return }
        var batch = InputBatch()
        let slot = batch.slot(of: TopicPartition(VEEProcessor.inputTopic, 0))
        for event in events {
            var bytes: [UInt8] = []
            (fault?.damaged(event) ?? event).append(to: &bytes)
            batch.append(
                slot: slot,
                offset: offset,
                timestampMilliseconds: event.raw.receivedAtMilliseconds,
                key: [UInt8]().span,
                value: bytes.span
            )
            offset += 1
        }
        var effects = Effects(
            outputs: VEEProcessor.outputTopics.map { Effects.Output(topic: $0, partitionCount: 4) },
            counterCount: VEEProcessor.counterNames.count
        )
        try processor.fold(batch, 0..<batch.count, into: &effects)
        for entry in effects.entries {
            records.append([UInt8(entry.output)] + effects.bytes[entry.value])
            if entry.output == 0 { reader.note(try ValidatedIntervals(effects.bytes, entry.value)) }
        }
    }

    /// Goes on from a snapshot of itself.
    mutating func restart() throws {
        var bytes: [UInt8] = []
        processor.encodeState(into: &bytes)
        processor = try VEEProcessor(configuration: configuration, partition: 0, state: bytes.span)
    }
}

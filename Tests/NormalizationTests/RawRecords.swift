import MeterCore
import MeterEvents
import Normalization
import StreamCore

/// A raw record as a gateway or another writer puts it into partition 2 of `meter.raw`.
struct RawRecord {
    var id: String
    var body: [UInt8]
    var format = "application/vnd.meterlog.intervals+json"
    var timestamp: Int64 = 1_700_000_000_000
    var source = "he-1"
    /// Further headers of the envelope.
    var headers: [(name: String, value: String)] = []

    init(_ id: String, _ body: String) {
        self.init(id, Array(body.utf8))
    }

    init(_ id: String, _ body: [UInt8]) {
        self.id = id
        self.body = body
    }

    func format(_ format: String) -> RawRecord { changed { $0.format = format } }
    func at(_ timestamp: Int64) -> RawRecord { changed { $0.timestamp = timestamp } }
    func header(_ name: String, _ value: String) -> RawRecord { changed { $0.headers.append((name, value)) } }

    private func changed(_ change: (inout RawRecord) -> Void) -> RawRecord {
        var copy = self
        change(&copy)
        return copy
    }

    static func batch(_ records: [RawRecord]) -> InputBatch {
        var batch = InputBatch()
        let slot = batch.slot(of: TopicPartition("meter.raw", 2))
        for (index, record) in records.enumerated() {
            let key = Array(record.id.utf8)
            batch.append(
                slot: slot,
                offset: Int64(index),
                timestampMilliseconds: record.timestamp,
                key: key.span,
                value: record.body.span
            )
            let envelope = [("ml-id", record.id), ("ml-format", record.format), ("ml-source", record.source)]
            for (name, value) in envelope + record.headers {
                let name = Array(name.utf8)
                let value = Array(value.utf8)
                batch.appendHeader(name: name.span, value: value.span)
            }
        }
        return batch
    }
}

/// A normalizer and what it has put out.
struct NormalizerRun {
    private(set) var processor: NormalizerProcessor
    private(set) var effects = Effects(
        outputs: NormalizerProcessor.outputTopics.map { Effects.Output(topic: $0, partitionCount: 1) },
        counterCount: NormalizerProcessor.counterNames.count
    )

    private static let configuration = NormalizerProcessor.Configuration(zones: ZoneCatalog(), rawPartitionCount: 4)

    init(_ records: [RawRecord] = []) throws {
        processor = NormalizerProcessor(configuration: Self.configuration, partition: 2)
        let batch = RawRecord.batch(records)
        try fold(batch, 0..<batch.count)
    }

    mutating func fold(_ batch: borrowing InputBatch, _ range: Range<Int>) throws {
        try processor.fold(batch, range, into: &effects)
    }

    /// The process ends and another one goes on from its snapshot.
    mutating func restart() throws {
        var state: [UInt8] = []
        processor.encodeState(into: &state)
        processor = try NormalizerProcessor(configuration: Self.configuration, partition: 2, state: state.span)
        var again: [UInt8] = []
        processor.encodeState(into: &again)
        guard again == state else { throw StateError.malformed("the state read back is another state") }
    }

    var blocks: [IntervalBlock] {
        get throws {
            try values(of: "meter.journal").compactMap { range in
                if case .intervalBlock(let block) = try JournalEvent(effects.bytes, range).body { block } else { nil }
            }
        }
    }

    var reads: [RegisterReads] {
        get throws {
            try values(of: "meter.journal").compactMap { range in
                if case .registerReads(let reads) = try JournalEvent(effects.bytes, range).body { reads } else { nil }
            }
        }
    }

    var letters: [DeadLetterEvent] {
        get throws { try values(of: "meter.deadletter").map { try DeadLetterEvent(effects.bytes, $0) } }
    }

    var outcomes: [PayloadOutcomeEvent] {
        get throws { try values(of: "meter.payloads").map { try PayloadOutcomeEvent(effects.bytes, $0) } }
    }

    private func values(of topic: String) -> [Range<Int>] {
        effects.entries.filter { effects.outputs[$0.output].topic == topic }.map(\.value)
    }
}

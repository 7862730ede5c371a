import KafkaProtocol
import LogStorage
import Synchronization

/// One internal topic: the coordinators' own log. Records are applied in memory after they are durable.
final class InternalLog: Sendable {
    /// What `replay` finds, in log order.
    enum Entry {
        case record(StoredRecord)
        /// The end of a transaction that wrote to this log.
        case marker(producerId: Int64, TransactionMarker)
    }

    struct StoredRecord {
        let offset: Int64
        /// -1 outside transactions.
        let producerId: Int64
        let key: ArraySlice<UInt8>
        /// Nil: the key's last value is void.
        let value: ArraySlice<UInt8>?
    }

    let topic: String
    let log: PartitionLog
    private let scheduler: FlushScheduler
    private let clock: BrokerClock
    /// Held while a batch gets its sequence number and is appended.
    private let sequencing = Mutex(())

    init(topic: String, log: PartitionLog, scheduler: FlushScheduler, clock: BrokerClock) {
        self.topic = topic
        self.log = log
        self.scheduler = scheduler
        self.clock = clock
    }

    /// Appends records as one batch; `completion` gets the batch's base offset when it is durable.
    ///
    /// - Parameter producer: id and epoch, for records that belong to a client's transaction.
    func append(
        _ records: [(key: [UInt8], value: [UInt8]?)],
        producer: (id: Int64, epoch: Int16)? = nil,
        completion: @escaping @Sendable (Result<Int64, StorageError>) -> Void
    ) {
        let written: Result<AppendResult, StorageError> = sequencing.withLock { _ in
            Result { () throws(StorageError) in try write(records, producer) }
        }
        switch written {
        case .failure(let error): completion(.failure(error))
        case .success(let result):
            scheduler.requestDurability(of: log, through: result.lastOffset) { outcome in
                completion(outcome.map { result.baseOffset })
            }
        }
    }

    private func write(
        _ records: [(key: [UInt8], value: [UInt8]?)],
        _ producer: (id: Int64, epoch: Int16)?
    ) throws(StorageError) -> AppendResult {
        let now = clock.wallMilliseconds()
        let identity = producer.map { producer in
            RecordBatchBuilder.Producer(
                id: producer.id,
                epoch: producer.epoch,
                baseSequence: nextSequence(producer.id, producer.epoch),
                isTransactional: true
            )
        }
        var builder = RecordBatchBuilder(baseTimestamp: now, producer: identity)
        for record in records { builder.append(key: record.key, value: record.value) }
        return try log.append(builder.build(), nowMilliseconds: now)
    }

    /// The client numbers only what it sends to its own topics; here the broker counts for it.
    private func nextSequence(_ producerId: Int64, _ epoch: Int16) -> Int32 {
        guard let known = log.producer(producerId), known.producerEpoch == epoch else { return 0 }
        return RecordBatchHeader.sequence(known.lastSequence, advancedBy: 1)
    }

    /// Reads the log from its start.
    func replay(_ body: (Entry) throws -> Void) throws {
        var offset = log.logStartOffset
        while offset < log.highWatermark {
            let bytes: [UInt8]
            do throws(StorageError) {
                let slice = try log.read(
                    from: offset,
                    maxBytes: 4 * 1_024 * 1_024,
                    isolation: .readUncommitted,
                    minimumOneBatch: true
                )
                bytes = try slice.bytes()
            } catch {
                // The storage has said which records are hurt and takes no more of them; the others still count.
                guard case .damaged(_, let last, _) = error else { throw error }
                offset = last + 1
                continue
            }
            let next = try replay(bytes, from: offset, body)
            guard next > offset else {
                throw EmbeddedLogError.internalTopic("\(topic): nothing to read at offset \(offset)")
            }
            offset = next
        }
    }

    /// Returns the offset after the last batch.
    private func replay(_ bytes: [UInt8], from offset: Int64, _ body: (Entry) throws -> Void) throws -> Int64 {
        var next = offset
        try bytes.withUnsafeBytes { all in
            var cursor = 0
            while cursor < all.count {
                let rest = UnsafeRawBufferPointer(rebasing: all[cursor...])
                let header = try RecordBatchHeader(parsing: rest)
                let batch = UnsafeRawBufferPointer(rebasing: rest[..<header.totalByteCount])
                if header.isControl {
                    if let end = try EndTransactionRecord(batch: batch) {
                        try body(.marker(producerId: header.producerId, end.marker))
                    }
                } else {
                    var records = try RecordIterator(batch: batch)
                    while let record = try records.next() {
                        guard record.offset >= offset, let key = record.key else { continue }
                        let producerId = header.isTransactional ? header.producerId : -1
                        let stored = StoredRecord(
                            offset: record.offset,
                            producerId: producerId,
                            key: bytes[(key.lowerBound + cursor)..<(key.upperBound + cursor)],
                            value: record.value.map { bytes[($0.lowerBound + cursor)..<($0.upperBound + cursor)] }
                        )
                        try body(.record(stored))
                    }
                }
                next = header.nextOffset
                cursor += header.totalByteCount
            }
        }
        return next
    }
}

extension InternalTopics {
    /// Creates the internal topics that do not exist: compacted, one partition each, with room for large assignments.
    static func createMissing(in directory: LogDirectory) throws(StorageError) {
        for name in names.sorted() where directory.topic(named: name) == nil {
            let overrides = ["cleanup.policy": "compact", "max.message.bytes": "16777216"]
            try directory.createTopic(
                TopicDescription(name: name, id: TopicID.random(), partitionCount: 1, overrides: overrides)
            )
        }
    }
}

extension TopicID {
    /// A random UUID (RFC 9562, version 4).
    static func random() -> TopicID {
        let high = UInt64.random(in: .min ... .max) & ~0xf000 | 0x4000
        let low = UInt64.random(in: .min ... .max) & ~(0xc000 << 48) | (0x8000 << 48)
        return TopicID(high: high, low: low)
    }
}

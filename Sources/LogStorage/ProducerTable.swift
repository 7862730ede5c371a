import KafkaProtocol

/// The sequence numbers and offsets of one appended batch.
struct SequenceRange: Sendable, Equatable {
    var first: Int32
    var last: Int32
    var firstOffset: Int64
    var lastOffset: Int64
    var timestamp: Int64
}

/// What the log remembers of a producer in this partition.
struct ProducerEntry: Sendable {
    /// Batches remembered to recognise duplicates: as many as a producer may have in flight.
    static let rememberedBatches = 5

    /// -1: not known yet.
    var epoch: Int16 = -1
    /// -1: no marker yet.
    var coordinatorEpoch: Int32 = -1
    /// Timestamp of the last batch or marker, milliseconds since 1970.
    var lastTimestamp: Int64 = -1
    /// Wall clock of the last append, milliseconds since 1970: what idleness is counted from.
    var lastAppendMilliseconds: Int64 = 0
    /// First offset of the open transaction; -1 without one.
    var transactionStart: Int64 = -1
    private var ring = InlineArray<5, SequenceRange>(
        repeating: SequenceRange(first: -1, last: -1, firstOffset: -1, lastOffset: -1, timestamp: -1)
    )
    private(set) var batchCount = 0

    /// Sequence of the last record; -1 if none under this epoch.
    var lastSequence: Int32 { batchCount == 0 ? -1 : ring[batchCount - 1].last }
    /// Offset of the last record; -1 if none under this epoch.
    var lastDataOffset: Int64 { batchCount == 0 ? -1 : ring[batchCount - 1].lastOffset }

    /// The remembered batches, oldest first.
    func batch(_ number: Int) -> SequenceRange { ring[number] }

    /// The remembered batch with these sequence numbers.
    func duplicate(of header: RecordBatchHeader) -> SequenceRange? {
        guard header.producerEpoch == epoch else { return nil }
        let last = header.lastSequence
        for number in 0..<batchCount where ring[number].first == header.baseSequence && ring[number].last == last {
            return ring[number]
        }
        return nil
    }

    mutating func remember(_ batch: SequenceRange) {
        if batchCount == Self.rememberedBatches {
            for number in 1..<batchCount { ring[number - 1] = ring[number] }
            batchCount -= 1
        }
        ring[batchCount] = batch
        batchCount += 1
    }

    mutating func advance(toEpoch newEpoch: Int16) {
        guard newEpoch != epoch else { return }
        epoch = newEpoch
        batchCount = 0
    }

    /// Takes in a data batch at its final offsets.
    mutating func add(_ header: RecordBatchHeader, nowMilliseconds: Int64) {
        advance(toEpoch: header.producerEpoch)
        remember(
            SequenceRange(
                first: header.baseSequence,
                last: header.lastSequence,
                firstOffset: header.baseOffset,
                lastOffset: header.lastOffset,
                timestamp: header.maxTimestamp
            )
        )
        lastTimestamp = header.maxTimestamp
        lastAppendMilliseconds = nowMilliseconds
        if header.isTransactional, transactionStart < 0 { transactionStart = header.baseOffset }
    }

    /// Takes in a transaction marker.
    mutating func end(epoch newEpoch: Int16, coordinatorEpoch newCoordinator: Int32, timestamp: Int64, now: Int64) {
        advance(toEpoch: newEpoch)
        coordinatorEpoch = newCoordinator
        transactionStart = -1
        lastTimestamp = timestamp
        lastAppendMilliseconds = now
    }
}

/// The producers of a partition, and Kafka's rules for what they may append.
struct ProducerTable: Sendable {
    private(set) var entries: [Int64: ProducerEntry] = [:]

    subscript(producerId: Int64) -> ProducerEntry? {
        get { entries[producerId] }
        set { entries[producerId] = newValue }
    }

    /// Checks a client's data batch with a producer id against `entry`, the producer's state before it.
    ///
    /// A producer that the log does not know (its records are gone by retention, or it has never written here) may
    /// begin with any sequence number. A new epoch begins with sequence 0. Else each batch follows the one before.
    static func check(_ header: RecordBatchHeader, after entry: ProducerEntry) throws(StorageError) {
        let found = header.baseSequence
        guard header.producerEpoch >= entry.epoch else {
            throw .invalidProducerEpoch(
                producerId: header.producerId,
                current: entry.epoch,
                found: header.producerEpoch
            )
        }
        if entry.epoch >= 0 {
            let isNewEpoch = header.producerEpoch != entry.epoch
            let expected =
                isNewEpoch ? 0 : RecordBatchHeader.sequence(entry.lastSequence, advancedBy: 1)
            guard found == expected else {
                throw .outOfOrderSequence(producerId: header.producerId, expected: expected, found: found)
            }
        }
        guard header.isTransactional || entry.transactionStart < 0 else {
            throw .invalidTransactionState(producerId: header.producerId)
        }
    }

    /// Checks a transaction marker of a coordinator.
    func checkMarker(producerId: Int64, epoch: Int16, coordinatorEpoch: Int32) throws(StorageError) {
        guard let entry = entries[producerId] else { return }
        guard epoch >= entry.epoch else {
            throw .invalidProducerEpoch(producerId: producerId, current: entry.epoch, found: epoch)
        }
        guard coordinatorEpoch >= entry.coordinatorEpoch else {
            throw .coordinatorFenced(producerId: producerId, current: entry.coordinatorEpoch, found: coordinatorEpoch)
        }
    }

    /// Forgets producers without an open transaction that have been idle for `idleMilliseconds`.
    mutating func expire(nowMilliseconds: Int64, idleMilliseconds: Int64) {
        entries = entries.filter { _, entry in
            entry.transactionStart >= 0 || nowMilliseconds - entry.lastAppendMilliseconds < idleMilliseconds
        }
    }

    /// Forgets all producers.
    mutating func removeAll() {
        entries = [:]
    }

    // MARK: In a checkpoint

    func encode(into encoder: inout ByteEncoder) {
        encoder.put(UInt32(entries.count))
        for (producerId, entry) in entries.sorted(by: { $0.key < $1.key }) {
            encoder.put(producerId)
            encoder.put(entry.epoch)
            encoder.put(entry.coordinatorEpoch)
            encoder.put(entry.lastTimestamp)
            encoder.put(entry.lastAppendMilliseconds)
            encoder.put(entry.transactionStart)
            encoder.put(UInt8(entry.batchCount))
            for number in 0..<entry.batchCount {
                let batch = entry.batch(number)
                encoder.put(batch.first)
                encoder.put(batch.last)
                encoder.put(batch.firstOffset)
                encoder.put(batch.lastOffset)
                encoder.put(batch.timestamp)
            }
        }
    }

    init() {}

    init(_ decoder: inout ByteDecoder) {
        for _ in 0..<decoder.count(ofElementsWithByteCount: 39) {
            let producerId = decoder.get(Int64.self)
            var entry = ProducerEntry()
            entry.epoch = decoder.get()
            entry.coordinatorEpoch = decoder.get()
            entry.lastTimestamp = decoder.get()
            entry.lastAppendMilliseconds = decoder.get()
            entry.transactionStart = decoder.get()
            for _ in 0..<min(Int(decoder.get(UInt8.self)), ProducerEntry.rememberedBatches) {
                entry.remember(
                    SequenceRange(
                        first: decoder.get(),
                        last: decoder.get(),
                        firstOffset: decoder.get(),
                        lastOffset: decoder.get(),
                        timestamp: decoder.get()
                    )
                )
            }
            entries[producerId] = entry
        }
    }
}

import KafkaProtocol

/// Everything a partition's log knows, guarded by the log's lock. The operations here are on memory alone.
struct LogState: Sendable {
    /// A place between two batches: the end of what is durable.
    struct Mark: Sendable {
        var offset: Int64
        var segmentBase: Int64
        var position: Int
    }

    var config: LogConfig
    /// In the order of offsets, never empty; the last one is written to.
    var segments: [Segment]
    var logStartOffset: Int64
    /// Offset up to which compaction has been.
    var cleanedOffset: Int64
    var leaderEpoch: Int32
    var epochs: [Checkpoint.EpochStart]
    var producers: ProducerTable
    var transactions: TransactionTable
    /// The high watermark.
    var durable: Mark
    /// Files written since the last sync, kept open so that an error of the disk reaches the descriptor that wrote.
    var dirtyFiles: [LogFile] = []
    /// The active segment's file, if it is among them.
    var dirtyActive: (baseOffset: Int64, file: LogFile)?
    /// Whether the directory has a new segment whose entry is not synced.
    var isDirectoryDirty = false
    /// Base offsets of sealed segments without an index file.
    var unindexed: [Int64] = []
    var bytesSinceCheckpoint = 0
    /// Checkpoints taken since the log was opened.
    var checkpointNumber: UInt64 = 0
    /// Why no more is written; nil if it is.
    var readOnlyReason: String?
    /// Why nothing more becomes durable: a sync has failed.
    var syncFailure: String?
    var isClosed = false
    var damaged: [ClosedRange<Int64>] = []

    var active: Segment { segments[segments.count - 1] }
    var logEndOffset: Int64 { active.nextOffset }
    var byteCount: Int64 { segments.reduce(0) { $0 + Int64($1.byteCount) } }

    /// Offset below which every transaction has ended for good; never above the high watermark.
    var lastStableOffset: Int64 {
        min(durable.offset, transactions.firstUnstableOffset ?? .max)
    }

    /// The end of the log as it is written now.
    var endMark: Mark {
        Mark(offset: logEndOffset, segmentBase: active.baseOffset, position: active.byteCount)
    }

    /// Moves the high watermark up to `mark`; never down.
    mutating func makeDurable(upTo mark: Mark) {
        guard mark.offset > durable.offset || mark.segmentBase > durable.segmentBase else { return }
        durable = mark
        transactions.advance(highWatermark: mark.offset)
    }

    /// How many bytes of the segment are below the high watermark.
    func readableByteCount(of segment: Segment) -> Int {
        if segment.baseOffset == durable.segmentBase { return durable.position }
        return segment.baseOffset < durable.segmentBase ? segment.byteCount : 0
    }

    /// Index of the segment that an offset belongs to: the last one that does not begin above it.
    func segmentIndex(for offset: Int64) -> Int {
        var low = 0
        var high = segments.count
        while low < high {
            let middle = (low + high) / 2
            if segments[middle].baseOffset <= offset { low = middle + 1 } else { high = middle }
        }
        return max(0, low - 1)
    }

    /// Takes in batches that have been written at the end of the active segment.
    mutating func add(_ header: RecordBatchHeader, nowMilliseconds: Int64) {
        if epochs.last.map({ $0.epoch < header.partitionLeaderEpoch }) ?? true {
            epochs.append(
                Checkpoint.EpochStart(epoch: header.partitionLeaderEpoch, firstOffset: header.baseOffset)
            )
        }
        segments[segments.count - 1].add(
            header,
            indexIntervalBytes: config.indexIntervalBytes,
            nowMilliseconds: nowMilliseconds
        )
        bytesSinceCheckpoint += header.totalByteCount
    }

    /// Takes in what a data batch says of its producer.
    mutating func setProducer(_ producerId: Int64, to entry: ProducerEntry) {
        let before = producers[producerId]?.transactionStart ?? -1
        if before < 0, entry.transactionStart >= 0 {
            transactions.begin(producerId: producerId, firstOffset: entry.transactionStart)
        }
        producers[producerId] = entry
    }

    /// Takes in a transaction marker at `offset`.
    mutating func endTransaction(
        _ record: EndTransactionRecord,
        header: RecordBatchHeader,
        nowMilliseconds: Int64
    ) {
        var entry = producers[header.producerId] ?? ProducerEntry()
        entry.end(
            epoch: header.producerEpoch,
            coordinatorEpoch: record.coordinatorEpoch,
            timestamp: header.maxTimestamp,
            now: nowMilliseconds
        )
        producers[header.producerId] = entry
        transactions.end(
            producerId: header.producerId,
            markerOffset: header.lastOffset,
            isAbort: record.marker == .abort
        )
    }

    /// Remembers that these offsets can't be read; ranges that touch become one.
    mutating func addDamage(_ range: ClosedRange<Int64>) {
        var merged = range
        damaged.removeAll { other in
            guard other.lowerBound <= merged.upperBound + 1, merged.lowerBound <= other.upperBound + 1 else {
                return false
            }
            merged = min(other.lowerBound, merged.lowerBound)...max(other.upperBound, merged.upperBound)
            return true
        }
        damaged.append(merged)
        damaged.sort { $0.lowerBound < $1.lowerBound }
    }

    /// Forgets the epochs that ended below the log start; the one in force there begins there.
    mutating func dropEpochs() {
        guard let index = epochs.lastIndex(where: { $0.firstOffset <= logStartOffset }) else { return }
        epochs.removeFirst(index)
        epochs[0].firstOffset = logStartOffset
    }

    /// What a checkpoint of the log as it is now says; its recovery point is the log's end.
    func checkpoint() -> Checkpoint {
        let firstUnindexed = unindexed.first ?? active.baseOffset
        return Checkpoint(
            leaderEpoch: leaderEpoch,
            logStartOffset: logStartOffset,
            cleanedOffset: cleanedOffset,
            recoveryPoint: logEndOffset,
            epochs: epochs,
            active: active,
            aborted: transactions.aborted(from: firstUnindexed, to: .max),
            producers: producers
        )
    }
}

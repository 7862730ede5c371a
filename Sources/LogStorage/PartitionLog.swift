import Synchronization

/// The log of one partition. Every operation may be called from any thread.
///
/// Appending writes but does not sync: give the log and the last offset to a `FlushScheduler` and acknowledge when it
/// says so. Batches above the high watermark are not shown to readers.
///
/// On disk a log is a directory with, for each segment, `<base offset>.log` (the batches as they came, but for base
/// offset and leader epoch) and, once it is sealed and synced, `<base offset>.index`; and the file `checkpoint`.
public final class PartitionLog: Sendable {
    /// What is the same for all logs of a data directory.
    struct Environment: Sendable {
        var durability: DurabilityPolicy
        var files: OpenFileCache
        var decompressor: (any RecordDecompressor)?
        var producerIdleMilliseconds: Int64 = 24 * 3_600_000
        var report: @Sendable (StorageEvent) -> Void
    }

    /// Bytes appended after which a checkpoint is written, which bounds the scan at opening.
    static let checkpointIntervalByteCount = 32 * 1_024 * 1_024

    public let topic: String
    public let partition: Int32
    let path: String
    let environment: Environment
    let state: Mutex<LogState>
    /// Held by the one that syncs or writes index files and checkpoint, so that these follow each other; holds the number
    /// of the last checkpoint written. Taken before `state`.
    let flushing = Mutex<UInt64>(0)
    /// Held by retention, compaction and record deletion. Taken before `flushing`.
    let maintaining = Mutex<Void>(())
    let hints = Mutex(ReadHints())
    private let advanceHandler = Mutex<(@Sendable (PartitionLog) -> Void)?>(nil)

    init(topic: String, partition: Int32, path: String, environment: Environment, state: LogState) {
        self.topic = topic
        self.partition = partition
        self.path = path
        self.environment = environment
        self.state = Mutex(state)
    }

    /// Name for reports: topic and partition.
    public var name: String { "\(topic)-\(partition)" }

    func segmentPath(_ baseOffset: Int64) -> String {
        path + "/" + Segment.name(baseOffset: baseOffset, suffix: ".log")
    }

    func indexPath(_ baseOffset: Int64) -> String {
        path + "/" + Segment.name(baseOffset: baseOffset, suffix: ".index")
    }

    var checkpointPath: String { path + "/checkpoint" }

    // MARK: Offsets

    /// Offset of the first record that can be read.
    public var logStartOffset: Int64 { state.withLock { $0.logStartOffset } }
    /// Offset that the next record gets.
    public var logEndOffset: Int64 { state.withLock { $0.logEndOffset } }
    /// End, exclusive, of what readers may see: of what is durable under `DurabilityPolicy.always`.
    public var highWatermark: Int64 { state.withLock { $0.durable.offset } }
    /// Offset below which every transaction has ended; never above the high watermark.
    public var lastStableOffset: Int64 { state.withLock { $0.lastStableOffset } }
    /// Epoch that appended batches are stamped with; rises each time a log with content is opened.
    public var leaderEpoch: Int32 { state.withLock { $0.leaderEpoch } }
    /// Bytes of all segments.
    public var byteCount: Int64 { state.withLock { $0.byteCount } }
    /// Segments of the log.
    package var segmentCount: Int { state.withLock { $0.segments.count } }
    /// The settings. Changes apply from the next operation on.
    public var config: LogConfig {
        get { state.withLock { $0.config } }
        set { state.withLock { $0.config = newValue } }
    }
    /// Why the log takes no writes; nil if it does.
    public var readOnlyReason: String? { state.withLock { $0.readOnlyReason } }
    /// Offsets whose bytes are damaged.
    public var damagedOffsets: [ClosedRange<Int64>] { state.withLock { $0.damaged } }
    /// Whether something appended is not synced yet.
    public var isDirty: Bool { state.withLock { !$0.dirtyFiles.isEmpty || $0.isDirectoryDirty } }

    // MARK: Leader epochs

    /// Where the epoch ended: the largest epoch not above `leaderEpoch` and the offset after its last record (for an epoch
    /// older than all records, itself and the first record's offset); nil for an epoch that has not been yet.
    public func endOffset(forLeaderEpoch leaderEpoch: Int32) -> EpochEndOffset? {
        state.withLock { state in
            if leaderEpoch == state.leaderEpoch {
                return EpochEndOffset(leaderEpoch: leaderEpoch, endOffset: state.logEndOffset)
            }
            guard leaderEpoch >= 0, leaderEpoch < state.leaderEpoch else { return nil }
            guard let index = state.epochs.lastIndex(where: { $0.epoch <= leaderEpoch }) else {
                let end = state.epochs.first?.firstOffset ?? state.logEndOffset
                return EpochEndOffset(leaderEpoch: leaderEpoch, endOffset: end)
            }
            let end = index + 1 < state.epochs.count ? state.epochs[index + 1].firstOffset : state.logEndOffset
            return EpochEndOffset(leaderEpoch: state.epochs[index].epoch, endOffset: end)
        }
    }

    /// The epoch under which the record at `offset` was written; the current one for offsets not written yet.
    public func leaderEpoch(atOffset offset: Int64) -> Int32 {
        state.withLock { state in
            guard offset < state.logEndOffset else { return state.leaderEpoch }
            return state.epochs.last { $0.firstOffset <= offset }?.epoch ?? state.leaderEpoch
        }
    }

    // MARK: Producers

    /// Producers that the log remembers, by id.
    public var latestProducers: [ProducerDescription] {
        let entries = state.withLock { $0.producers.entries }
        return entries.sorted { $0.key < $1.key }.map { Self.describe($0.key, $0.value) }
    }

    /// One producer, if the log remembers it.
    public func producer(_ producerId: Int64) -> ProducerDescription? {
        state.withLock { $0.producers[producerId] }.map { Self.describe(producerId, $0) }
    }

    private static func describe(_ producerId: Int64, _ entry: ProducerEntry) -> ProducerDescription {
        ProducerDescription(
            producerId: producerId,
            producerEpoch: entry.epoch,
            lastSequence: entry.lastSequence,
            lastTimestampMilliseconds: entry.lastTimestamp,
            coordinatorEpoch: entry.coordinatorEpoch,
            currentTransactionStartOffset: entry.transactionStart
        )
    }

    /// Open transactions, by first offset.
    public var openTransactions: [OpenTransaction] {
        state.withLock { state in
            state.transactions.open.compactMap { Self.describe($0.producerId, state) }
        }
    }

    /// The open transaction of one producer.
    public func openTransaction(producerId: Int64) -> OpenTransaction? {
        state.withLock { Self.describe(producerId, $0) }
    }

    private static func describe(_ producerId: Int64, _ state: LogState) -> OpenTransaction? {
        guard let entry = state.producers[producerId], entry.transactionStart >= 0 else { return nil }
        return OpenTransaction(
            producerId: producerId,
            producerEpoch: entry.epoch,
            firstOffset: entry.transactionStart,
            lastTimestampMilliseconds: entry.lastTimestamp
        )
    }

    // MARK: Events

    /// Called, off all locks, after the high watermark or the last stable offset has moved, and when the log is closed.
    public func onAdvance(_ handler: (@Sendable (PartitionLog) -> Void)?) {
        advanceHandler.withLock { $0 = handler }
    }

    func notifyAdvance() {
        let handler = advanceHandler.withLock { $0 }
        handler?(self)
    }

    /// Remembers damage, takes no more writes, and says so; once for each range.
    func markDamaged(_ range: ClosedRange<Int64>, reason: String) -> StorageError {
        let isNew = state.withLock { state in
            if state.damaged.contains(where: { $0.contains(range.lowerBound) && $0.contains(range.upperBound) }) {
                return false
            }
            state.addDamage(range)
            state.readOnlyReason =
                state.readOnlyReason
                ?? "offsets \(range.lowerBound) to \(range.upperBound) are damaged: \(reason)"
            return true
        }
        if isNew {
            environment.report(
                .damaged(
                    log: name,
                    firstOffset: range.lowerBound,
                    lastOffset: range.upperBound,
                    reason: reason
                )
            )
        }
        return .damaged(firstOffset: range.lowerBound, lastOffset: range.upperBound, reason: reason)
    }

    /// Takes no more writes after a fault.
    func becomeReadOnly(_ reason: String) {
        let isNew = state.withLock { state in
            defer { state.readOnlyReason = state.readOnlyReason ?? reason }
            return state.readOnlyReason == nil
        }
        if isNew { environment.report(.readOnly(log: name, reason: reason)) }
    }
}

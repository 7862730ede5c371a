public import KafkaProtocol

/// The log of one partition. Every operation may be called from any thread.
///
/// Appending writes but does not sync: give the log and the last offset to a `FlushScheduler` and acknowledge when it
/// says so. Batches above the high watermark are not shown to readers.
public final class PartitionLog: Sendable {
    public let topic: String
    public let partition: Int32

    init(topic: String, partition: Int32) {
        self.topic = topic
        self.partition = partition
    }

    // MARK: Offsets

    /// Offset of the first record that can be read.
    public var logStartOffset: Int64 { 0 }
    /// Offset that the next record gets.
    public var logEndOffset: Int64 { 0 }
    /// End, exclusive, of what readers may see: of what is durable under `DurabilityPolicy.always`.
    public var highWatermark: Int64 { 0 }
    /// Offset below which every transaction has ended; never above the high watermark.
    public var lastStableOffset: Int64 { 0 }
    /// Epoch that appended batches are stamped with; rises each time the log is opened.
    public var leaderEpoch: Int32 { 0 }
    /// Bytes of all segments.
    public var byteCount: Int64 { 0 }
    /// The settings. Changes apply from the next operation on.
    public var config: LogConfig {
        get { LogConfig() }
        set { _ = newValue }
    }
    /// Why the log takes no writes; nil if it does.
    public var readOnlyReason: String? { nil }
    /// Offsets whose bytes are damaged.
    public var damagedOffsets: [ClosedRange<Int64>] { [] }

    // MARK: Writing

    /// Appends one or more whole batches as a producer sent them. All or nothing.
    ///
    /// - Parameter nowMilliseconds: the wall clock, milliseconds since 1970: for append-time topics and segment age.
    public func append(
        _ batches: UnsafeRawBufferPointer,
        nowMilliseconds: Int64
    ) throws(StorageError) -> AppendResult { throw .closed }

    /// Appends one or more whole batches as a producer sent them. All or nothing.
    public func append(_ batches: [UInt8], nowMilliseconds: Int64) throws(StorageError) -> AppendResult {
        throw .closed
    }

    /// Appends a transaction marker and ends the producer's transaction in this partition.
    public func appendControl(
        marker: TransactionMarker,
        producerId: Int64,
        producerEpoch: Int16,
        coordinatorEpoch: Int32,
        nowMilliseconds: Int64
    ) throws(StorageError) -> AppendResult { throw .closed }

    /// Makes everything appended so far durable and advances the high watermark. Blocks for the disk.
    ///
    /// - Returns: the high watermark.
    @discardableResult
    public func flush() throws(StorageError) -> Int64 { throw .closed }

    // MARK: Reading

    /// Finds what a consumer at offset `from` gets. Does not read the records yet: see `FetchSlice.copy`.
    ///
    /// - Parameter minimumOneBatch: give the first batch even if it is larger than `maxBytes`.
    /// - Throws: `offsetOutOfRange`, `damaged`.
    public func read(
        from offset: Int64,
        maxBytes: Int,
        isolation: IsolationLevel,
        minimumOneBatch: Bool
    ) throws(StorageError) -> FetchSlice { throw .closed }

    /// The earliest record with a timestamp of at least `timestamp`, below the end that `isolation` allows.
    public func offset(
        forTimestamp timestampMilliseconds: Int64,
        isolation: IsolationLevel
    ) throws(StorageError) -> TimestampedOffset? { throw .closed }

    /// The record with the largest timestamp (ListOffsets timestamp -3).
    public func offsetOfMaximumTimestamp() throws(StorageError) -> TimestampedOffset? { throw .closed }

    /// Where the epoch ended: the largest epoch not above `leaderEpoch` and the offset after its last record; nil if
    /// the log knows no such epoch.
    public func endOffset(forLeaderEpoch leaderEpoch: Int32) -> EpochEndOffset? { nil }
    /// The epoch under which the record at `offset` was written.
    public func leaderEpoch(atOffset offset: Int64) -> Int32 { 0 }

    // MARK: Producers

    /// Producers that the log remembers, by id.
    public var latestProducers: [ProducerDescription] { [] }
    /// Open transactions, by first offset.
    public var openTransactions: [OpenTransaction] { [] }
    /// The open transaction of one producer.
    public func openTransaction(producerId: Int64) -> OpenTransaction? { nil }

    // MARK: Maintenance

    /// Raises the log start offset and removes the segments wholly below it. `before` -1 means the high watermark.
    ///
    /// - Returns: the log start offset.
    @discardableResult
    public func deleteRecords(before offset: Int64) throws(StorageError) -> Int64 { throw .closed }

    /// Applies the topic's retention, rolls aged segments, and forgets producers idle for a day.
    public func applyRetention(nowMilliseconds: Int64) throws(StorageError) {}

    /// Compacts if the topic's policy says so and enough has changed.
    ///
    /// - Parameter force: compact whatever the dirty ratio.
    /// - Returns: whether it has compacted.
    @discardableResult
    public func compact(nowMilliseconds: Int64, force: Bool = false) throws(StorageError) -> Bool { false }

    /// Checks every stored batch's checksum. Damaged ranges are reported, remembered, and make the log read-only.
    ///
    /// - Returns: the damaged offsets.
    public func verify() throws(StorageError) -> [ClosedRange<Int64>] { [] }

    /// Called, off all locks, after the high watermark or the last stable offset has moved.
    public func onAdvance(_ handler: (@Sendable (PartitionLog) -> Void)?) { _ = handler }
}

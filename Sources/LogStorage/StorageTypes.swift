public import KafkaProtocol

/// Where an appended batch is.
public struct AppendResult: Sendable, Equatable {
    /// Offset of the first record.
    public var baseOffset: Int64
    /// Offset of the last record. The append may be acknowledged when the high watermark has passed it.
    public var lastOffset: Int64
    /// Milliseconds since 1970 if the topic's timestamps are append times, else -1.
    public var logAppendTimeMilliseconds: Int64
    public var logStartOffset: Int64
    /// The batch was one of the producer's last five already: nothing was written, the offsets are those of the first time.
    public var isDuplicate: Bool
}

/// What a consumer may see.
public enum IsolationLevel: Int8, Sendable, Hashable {
    /// Everything below the high watermark.
    case readUncommitted = 0
    /// Everything below the last stable offset; the consumer drops what aborted transactions wrote.
    case readCommitted = 1
}

/// A transaction that was aborted.
public struct AbortedTransaction: Sendable, Hashable {
    public var producerId: Int64
    /// Offset of its first record in this partition.
    public var firstOffset: Int64
    /// Offset of its abort marker.
    public var lastOffset: Int64
}

/// A transaction that has neither been committed nor aborted.
public struct OpenTransaction: Sendable, Hashable {
    public var producerId: Int64
    public var producerEpoch: Int16
    /// Offset of its first record in this partition.
    public var firstOffset: Int64
    /// Timestamp of its last batch, milliseconds since 1970.
    public var lastTimestampMilliseconds: Int64
}

/// What is known of a producer (the answer to DescribeProducers).
public struct ProducerDescription: Sendable, Hashable {
    public var producerId: Int64
    public var producerEpoch: Int16
    /// Sequence of the last record; -1 if none.
    public var lastSequence: Int32
    /// Milliseconds since 1970.
    public var lastTimestampMilliseconds: Int64
    /// -1 if no marker has been written.
    public var coordinatorEpoch: Int32
    /// Offset of the first record of the open transaction; -1 without one.
    public var currentTransactionStartOffset: Int64
}

/// The answer to a search by timestamp.
public struct TimestampedOffset: Sendable, Hashable {
    public var offset: Int64
    /// Milliseconds since 1970.
    public var timestampMilliseconds: Int64
    public var leaderEpoch: Int32
}

/// The end of what was written under a leader epoch (the answer to OffsetForLeaderEpoch).
public struct EpochEndOffset: Sendable, Hashable {
    public var leaderEpoch: Int32
    public var endOffset: Int64
}

/// Something the operator should know of.
public enum StorageEvent: Sendable, Equatable {
    /// At opening, bytes after the last whole batch were cut off.
    case cutTail(log: String, atOffset: Int64, droppedByteCount: Int64, reason: String)
    /// An index, checkpoint or producer state file was missing or damaged and has been built again from the log.
    case rebuilt(log: String, file: String)
    /// Stored bytes are damaged; the log takes no writes any more.
    case damaged(log: String, firstOffset: Int64, lastOffset: Int64, reason: String)
    /// The log takes no writes any more.
    case readOnly(log: String, reason: String)
    /// Segments were removed by retention.
    case retired(log: String, newStartOffset: Int64, removedByteCount: Int64)
    /// A log was compacted.
    case compacted(log: String, beforeByteCount: Int64, afterByteCount: Int64)
    /// Maintenance of a log failed; it will be tried again.
    case maintenanceFailed(log: String, error: StorageError)
}

/// Decompresses the records of a batch, for compaction and exact searches by timestamp.
///
/// The storage itself keeps compressed batches as they came. Without a decompressor (or if it throws) compaction keeps
/// compressed batches whole, and a search by timestamp answers the first offset of the compressed batch.
public protocol RecordDecompressor: Sendable {
    /// Whether batches of that codec are opened at all; those of others are left alone. All are by default.
    func opens(_ codec: CompressionCodec) -> Bool

    /// - Throws: if the bytes are not of that codec or decompress to more than `limit` bytes.
    func decompress(_ bytes: UnsafeRawBufferPointer, codec: CompressionCodec, limit: Int) throws -> [UInt8]
}

extension RecordDecompressor {
    public func opens(_ codec: CompressionCodec) -> Bool { true }
}

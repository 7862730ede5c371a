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
        var config = self
        for (name, value) in overrides.sorted(by: { $0.key < $1.key }) { try config.set(name, to: value) }
        return config
    }

    /// Sets one setting by Kafka's name. Settings that Kafka has and this broker can't honour are refused, but for the
    /// values that mean what it does anyway.
    public mutating func set(_ name: String, to value: String) throws(StorageError) {
        switch name {
        case "cleanup.policy": cleanupPolicy = try Self.policy(name, value)
        case "retention.ms": retentionMilliseconds = try Self.unlessNegative(Self.integer(name, value, -1 ... .max))
        case "retention.bytes": retentionBytes = try Self.unlessNegative(Self.integer(name, value, -1 ... .max))
        case "segment.bytes": segmentBytes = Int(try Self.integer(name, value, 1_024...1_073_741_824))
        case "segment.ms": segmentMilliseconds = try Self.integer(name, value, 1 ... .max)
        case "max.message.bytes": maxMessageBytes = Int(try Self.integer(name, value, 0...1_073_741_824))
        case "delete.retention.ms": deleteRetentionMilliseconds = try Self.integer(name, value, 0 ... .max)
        case "min.compaction.lag.ms": minCompactionLagMilliseconds = try Self.integer(name, value, 0 ... .max)
        case "index.interval.bytes": indexIntervalBytes = Int(try Self.integer(name, value, 0...1_073_741_824))
        case "min.cleanable.dirty.ratio":
            guard let ratio = Double(value), (0...1).contains(ratio) else {
                throw .invalidConfig(name: name, reason: "not a number from 0 to 1: \(value)")
            }
            minCleanableDirtyRatio = ratio
        case "message.timestamp.type":
            guard let type = TimestampType(rawValue: value) else {
                throw .invalidConfig(name: name, reason: "not CreateTime or LogAppendTime: \(value)")
            }
            messageTimestampType = type
        default: try Self.requireFixed(name, value)
        }
    }

    /// All settings by Kafka's names, sorted.
    public var entries: [(name: String, value: String)] {
        let policies = [
            cleanupPolicy.contains(.compact) ? "compact" : nil, cleanupPolicy.contains(.delete) ? "delete" : nil,
        ]
        let own = [
            ("cleanup.policy", policies.compactMap { $0 }.joined(separator: ",")),
            ("retention.ms", String(retentionMilliseconds ?? -1)),
            ("retention.bytes", String(retentionBytes ?? -1)),
            ("segment.bytes", String(segmentBytes)),
            ("segment.ms", String(segmentMilliseconds)),
            ("max.message.bytes", String(maxMessageBytes)),
            ("delete.retention.ms", String(deleteRetentionMilliseconds)),
            ("min.compaction.lag.ms", String(minCompactionLagMilliseconds)),
            ("index.interval.bytes", String(indexIntervalBytes)),
            ("min.cleanable.dirty.ratio", String(minCleanableDirtyRatio)),
            ("message.timestamp.type", messageTimestampType.rawValue),
        ]
        let fixed = Self.fixed.map { ($0.key, $0.value) }
        return (own + fixed).sorted { $0.0 < $1.0 }.map { (name: $0.0, value: $0.1) }
    }

    /// Kafka's settings that have one value here.
    private static let fixed = [
        "compression.type": "producer", "min.insync.replicas": "1", "unclean.leader.election.enable": "false",
        "preallocate": "false", "remote.storage.enable": "false",
    ]

    private static func requireFixed(_ name: String, _ value: String) throws(StorageError) {
        guard let only = fixed[name] else { throw .invalidConfig(name: name, reason: "not known to this broker") }
        guard value == only else {
            throw .invalidConfig(name: name, reason: "this broker supports \(only) only, not \(value)")
        }
    }

    private static func integer(
        _ name: String,
        _ value: String,
        _ range: ClosedRange<Int64>
    ) throws(StorageError) -> Int64 {
        guard let number = Int64(value), range.contains(number) else {
            throw .invalidConfig(
                name: name,
                reason: "not a number from \(range.lowerBound) to \(range.upperBound): \(value)"
            )
        }
        return number
    }

    private static func unlessNegative(_ value: Int64) -> Int64? {
        value < 0 ? nil : value
    }

    private static func policy(_ name: String, _ value: String) throws(StorageError) -> CleanupPolicy {
        var policy: CleanupPolicy = []
        for word in value.split(separator: ",") {
            switch word.filter({ $0 != " " }) {
            case "delete": policy.insert(.delete)
            case "compact": policy.insert(.compact)
            default: throw .invalidConfig(name: name, reason: "not delete or compact: \(word)")
            }
        }
        guard !policy.isEmpty else { throw .invalidConfig(name: name, reason: "neither delete nor compact") }
        return policy
    }
}

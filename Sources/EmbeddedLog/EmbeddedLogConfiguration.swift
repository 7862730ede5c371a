public import LogStorage
public import Logging

/// Settings of the embedded event log.
public struct EmbeddedLogConfiguration: Sendable {
    /// Bounds on what clients can make the broker hold.
    public struct Limits: Sendable {
        /// Largest request, bytes. Kafka's `socket.request.max.bytes`.
        public var maxRequestBytes = 100 * 1_024 * 1_024
        /// Largest request other than Produce, bytes.
        public var maxControlRequestBytes = 8 * 1_024 * 1_024
        /// Clients connected at the same time.
        public var maxConnections = 1_024
        /// Bytes of received requests that are not answered yet, over all connections. When they are reached, no new
        /// request is read until some are answered.
        public var maxInFlightBytes = 256 * 1_024 * 1_024
        /// Produce requests of one connection that wait for the disk at the same time.
        public var maxPipelinedRequests = 32
        /// Largest Fetch response, bytes, but for a single larger batch. Kafka's `fetch.max.bytes`.
        public var maxFetchBytes = 55 * 1_024 * 1_024
        /// Files of idle segments kept open.
        public var openFileLimit = 512
        /// Partitions of all topics.
        public var maxPartitions = 4_000
        /// Bytes of metadata beside a committed offset. Kafka's `offset.metadata.max.bytes`.
        public var maxOffsetMetadataBytes = 4_096

        public init() {}
    }

    /// Where topics are kept. Created if it does not exist; one broker at a time.
    public var dataDirectory: String
    /// Address to listen on; a loopback address, as connections are not encrypted.
    public var host = "127.0.0.1"
    /// TCP port; 0 takes a free one.
    public var port = 0
    /// When a record counts as stored. Kafka clients hear of a record after that.
    public var fsync = DurabilityPolicy.always
    public var limits = Limits()
    /// Partitions of a topic created without a number. Kafka's `num.partitions`.
    public var defaultPartitions: Int32 = 1
    /// Whether a client's first use of an unknown topic creates it. Kafka's `auto.create.topics.enable`.
    public var autoCreateTopics = false
    /// Settings of topics that have none of their own.
    public var topicDefaults = LogConfig()
    /// The broker's number in metadata.
    public var nodeId: Int32 = 1
    /// Threads that serve connections.
    public var eventLoopCount = 2
    /// How long the first rebalance of an empty group waits for more members, milliseconds. Kafka's
    /// `group.initial.rebalance.delay.ms`.
    public var initialRebalanceDelayMilliseconds: Int64 = 0
    /// Shortest session timeout a member may ask for, milliseconds.
    public var minSessionTimeoutMilliseconds: Int32 = 6_000
    /// Longest session timeout a member may ask for, milliseconds.
    public var maxSessionTimeoutMilliseconds: Int32 = 1_800_000
    /// How long the offsets of a group without members are kept, milliseconds. Kafka's `offsets.retention.minutes`.
    public var offsetsRetentionMilliseconds: Int64 = 7 * 24 * 3_600_000
    /// Longest transaction a producer may ask for, milliseconds. Kafka's `transaction.max.timeout.ms`.
    public var maxTransactionTimeoutMilliseconds: Int32 = 900_000
    /// Time of retention and compaction runs, milliseconds.
    public var maintenanceIntervalMilliseconds: Int64 = 60_000
    /// For compaction and time searches in compressed topics; see `RecordDecompressor`.
    public var decompressor: (any RecordDecompressor)?
    public var clock = BrokerClock.system
    public var logger = Logger(label: "meterlog.broker")

    public init(dataDirectory: String) {
        self.dataDirectory = dataDirectory
    }

    /// For tests: nothing is logged.
    package mutating func silenceLogger() {
        logger = Logger(label: "silent") { _ in SwiftLogNoOpLogHandler() }
    }
}

/// Why the broker can't start or go on.
public enum EmbeddedLogError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The listen address can be reached from other machines.
    case addressNotLoopback(String)
    /// A setting is out of its range.
    case invalidSetting(name: String, reason: String)
    /// The data directory can't be used.
    case storage(StorageError)
    /// An internal topic holds a record that can't be read.
    case internalTopic(String)
    /// `start` was called twice, or after `shutdown`.
    case alreadyStarted

    public var description: String {
        switch self {
        case .addressNotLoopback(let host):
            "the broker refuses to listen on \(host): without TLS only loopback addresses "
                + "(127.0.0.1, ::1, localhost) are allowed, and TLS is not supported yet"
        case .invalidSetting(let name, let reason): "\(name): \(reason)"
        case .storage(let error): "data directory: \(error)"
        case .internalTopic(let reason): "internal topic: \(reason)"
        case .alreadyStarted: "the broker has been started already"
        }
    }
}

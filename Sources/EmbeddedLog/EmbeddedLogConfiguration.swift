public import LogStorage
public import Logging
public import Telemetry

/// Settings of the embedded event log.
public struct EmbeddedLogConfiguration: Sendable {
    /// Bounds on what clients can make the broker hold.
    public struct Limits: Sendable {
        /// Largest request, bytes. Kafka's `socket.request.max.bytes`.
        public var maxRequestBytes = 100 * 1_024 * 1_024
        /// Largest request other than Produce, bytes.
        public var maxControlRequestBytes = 8 * 1_024 * 1_024
        /// Largest request of a client that has not logged in where it must, bytes. Kafka's
        /// `sasl.server.max.receive.size`.
        public var maxUnauthenticatedRequestBytes = 512 * 1_024
        /// Clients connected at the same time.
        public var maxConnections = 1_024
        /// Time after which a connection on which nothing moves is closed, milliseconds. Kafka's
        /// `connections.max.idle.ms`.
        public var maxIdleMilliseconds: Int64 = 600_000
        /// Time in which a new client must have agreed on TLS and logged in, milliseconds.
        public var authenticationTimeoutMilliseconds: Int64 = 10_000
        /// Bytes of received requests that are not answered yet, over all connections. When they are reached, no new
        /// request is read until some are answered.
        public var maxInFlightBytes = 256 * 1_024 * 1_024
        /// Bytes of responses that clients have not taken yet, over all connections. When they are reached, a Fetch gets
        /// one batch at a time.
        public var maxUnsentResponseBytes = 256 * 1_024 * 1_024
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
    /// Where clients connect; at least one.
    public var listeners = [BrokerListener()]
    /// The users who may log in, made by `CredentialFile`; needed if a listener has SASL mechanisms.
    public var credentialsFile: String?
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
    /// How long a transactional id is kept that nobody uses, milliseconds. Kafka's `transactional.id.expiration.ms`.
    public var transactionalIdExpirationMilliseconds: Int64 = 7 * 24 * 3_600_000
    /// How long a producer that appends nothing is remembered, milliseconds. Kafka's `producer.id.expiration.ms`.
    public var producerIdExpirationMilliseconds: Int64 = 24 * 3_600_000
    /// Time of retention and compaction runs, milliseconds.
    public var maintenanceIntervalMilliseconds: Int64 = 60_000
    /// For compaction and time searches in compressed topics; see `RecordDecompressor`.
    public var decompressor: (any RecordDecompressor)? = KafkaRecordDecompressor()
    /// Where the broker counts.
    public var metrics = MetricsRegistry()
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
    /// The listen address can be reached from other machines, and nothing is encrypted there.
    case addressNotLoopback(String)
    /// A certificate, key or list of authorities can't be used.
    case certificate(path: String, reason: String)
    /// The file of credentials can't be used; line 0 means the whole of it.
    case credentials(path: String, line: Int, reason: String)
    /// A file with secrets that others may read.
    case exposed(path: String, mode: String, wanted: String)
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
            "the broker refuses to listen on \(host) in plain text: only loopback addresses (127.0.0.1, ::1, localhost) "
                + "may be; for others configure TLS with certificate, key and the authority of the clients' certificates"
        case .certificate(let path, let reason): "TLS: \(path): \(reason)"
        case .credentials(let path, let line, let reason):
            line == 0 ? "credentials: \(path): \(reason)" : "credentials: \(path):\(line): \(reason)"
        case .exposed(let path, let mode, let wanted):
            "\(path) holds secrets and has mode \(mode); it must be \(wanted)"
        case .invalidSetting(let name, let reason): "\(name): \(reason)"
        case .storage(let error): "data directory: \(error)"
        case .internalTopic(let reason): "internal topic: \(reason)"
        case .alreadyStarted: "the broker has been started already"
        }
    }
}

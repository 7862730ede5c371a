public import StreamCore

/// `StreamCore.Log` over Kafka: one group member and one transactional producer, for one stream thread.
///
/// Reads committed records only, never commits by itself, and takes part in cooperative rebalancing whose steps wait for the caller.
///
/// `@unchecked Sendable`: it is not copyable, so one thread owns it at a time; it may be made on one thread and moved to another,
/// because librdkafka's clients may be called from any thread.
public struct KafkaLog: ~Copyable, @unchecked Sendable, Log {
    /// Identity and limits of one stream thread.
    public struct Options: Sendable, Equatable {
        public var groupID: String
        /// Static membership (KIP-345): unique and stable by thread; nil is dynamic membership.
        public var groupInstanceID: String?
        /// Unique and stable by thread, so that a restarted thread aborts what its predecessor left open.
        public var transactionalID: String
        /// The broker aborts a transaction that stays open for longer; also the bound of transactional calls.
        public var transactionTimeoutMilliseconds: Int32
        /// Bound of a request about offsets.
        public var requestTimeoutMilliseconds: Int32
        /// How long records wait for company before they are sent; a commit doesn't wait.
        public var lingerMilliseconds: Int32
        /// Records in the producer's queue at most; then `produce` waits.
        public var maxQueuedRecords: Int32
        /// KiB in the producer's queue at most; then `produce` waits.
        public var maxQueuedKilobytes: Int32
        /// KiB that are handed over before `produce` looks whether the broker keeps up; a request carries 1 MB at most.
        public var maxOutstandingKilobytes: Int32

        public init(
            groupID: String,
            transactionalID: String,
            groupInstanceID: String? = nil,
            transactionTimeoutMilliseconds: Int32 = 30_000,
            requestTimeoutMilliseconds: Int32 = 30_000,
            lingerMilliseconds: Int32 = 5,
            maxQueuedRecords: Int32 = 200_000,
            maxQueuedKilobytes: Int32 = 256 << 10,
            maxOutstandingKilobytes: Int32 = 900
        ) {
            self.groupID = groupID
            self.groupInstanceID = groupInstanceID
            self.transactionalID = transactionalID
            self.transactionTimeoutMilliseconds = transactionTimeoutMilliseconds
            self.requestTimeoutMilliseconds = requestTimeoutMilliseconds
            self.lingerMilliseconds = lingerMilliseconds
            self.maxQueuedRecords = maxQueuedRecords
            self.maxQueuedKilobytes = maxQueuedKilobytes
            self.maxOutstandingKilobytes = maxOutstandingKilobytes
        }
    }

    private let settings: KafkaSettings
    private let options: Options
    private let notices: KafkaNoticeHandler?
    private let isStopRequested: @Sendable () -> Bool
    private var consumer: GroupConsumer
    private var producer: TransactionalProducer

    /// Makes the clients; nothing is sent before `subscribe`.
    /// - Parameter isStopRequested: whether the process is to end: then calls that a broker doesn't answer soon give up with `.retry`
    ///   long before their limits.
    /// - Throws: `LogError` (fatal) when the settings are refused.
    public init(
        settings: KafkaSettings,
        options: Options,
        notices: KafkaNoticeHandler? = nil,
        isStopRequested: @escaping @Sendable () -> Bool = { false }
    ) throws(LogError) {
        let clients: (GroupConsumer, TransactionalProducer)
        do throws(KafkaError) {
            clients = (
                try GroupConsumer(settings, options, notices, isStopRequested),
                try TransactionalProducer(settings, options, notices, isStopRequested)
            )
        } catch {
            throw LogError(.fatal, code: error.code, message: error.message)
        }
        self.settings = settings
        self.options = options
        self.notices = notices
        self.isStopRequested = isStopRequested
        (consumer, producer) = clients
    }

    /// Fences earlier lives of the transactional id, then joins the group. Called again it closes the consumer and joins with a new one: a
    /// client that was fenced by its name stays so for its life.
    public mutating func subscribe(to topics: [String]) throws(LogError) {
        try producer.prepare()
        if consumer.isSubscribed {
            consumer.close()
            do throws(KafkaError) {
                consumer = try GroupConsumer(settings, options, notices, isStopRequested)
            } catch {
                throw LogError(.fatal, code: error.code, message: error.message)
            }
        }
        try consumer.subscribe(to: topics)
    }

    public mutating func poll(
        into batch: inout InputBatch,
        limits: PollLimits,
        timeoutMilliseconds: Int32
    ) throws(LogError) -> PollOutcome {
        try consumer.poll(into: &batch, limits: limits, timeoutMilliseconds: timeoutMilliseconds)
    }

    public mutating func assign(_ positions: [PartitionPosition]) throws(LogError) {
        try consumer.assign(positions)
    }

    public mutating func unassign(_ partitions: [TopicPartition]) throws(LogError) {
        try consumer.unassign(partitions)
    }

    public mutating func seek(to positions: [PartitionPosition]) throws(LogError) {
        try consumer.seek(to: positions)
    }

    public mutating func pause(_ partitions: [TopicPartition]) throws(LogError) {
        try consumer.pause(partitions)
    }

    public mutating func resume(_ partitions: [TopicPartition]) throws(LogError) {
        try consumer.resume(partitions)
    }

    public mutating func committedOffsets(of partitions: [TopicPartition]) throws(LogError) -> [Int64?] {
        try consumer.committedOffsets(of: partitions)
    }

    public mutating func seenEnd(of partition: TopicPartition) -> Int64? { consumer.seenEnd(of: partition) }

    public mutating func watermarks(of partition: TopicPartition) throws(LogError) -> (low: Int64, high: Int64) {
        try consumer.watermarks(of: partition)
    }

    public mutating func beginTransaction() throws(LogError) {
        try producer.begin()
    }

    public mutating func produce(_ effects: borrowing Effects) throws(LogError) {
        try producer.produce(effects)
    }

    public mutating func produce(topic: String, partition: Int32, key: [UInt8], value: [UInt8]?) throws(LogError) {
        try producer.produce(topic: topic, partition: partition, key: key, value: value)
    }

    public mutating func commit(_ positions: [PartitionPosition]) throws(LogError) {
        try producer.commit(positions, consumer)
    }

    public mutating func abort() throws(LogError) {
        try producer.abort()
    }

    public mutating func renewProducer() throws(LogError) {
        if !producer.isUnused {
            do throws(KafkaError) {
                producer = try TransactionalProducer(settings, options, notices, isStopRequested)
            } catch {
                throw LogError(.fatal, code: error.code, message: error.message)
            }
        }
        try producer.prepare()
    }

    /// Leaves the group and closes. An open transaction is aborted as far as the broker can be reached; otherwise the next life of
    /// the transactional id aborts it.
    public mutating func close() {
        do throws(LogError) {
            try producer.abortBeforeClosing()
        } catch {
            notices?(KafkaNotice(severity: 4, subject: "CLOSE", message: error.description, suppressed: 0))
        }
        consumer.close()
    }

    public mutating func readAll(
        _ partition: TopicPartition,
        _ body: (InputBatch) -> Void
    ) throws(LogError) {
        var reader: KafkaReader
        do throws(KafkaError) {
            reader = try KafkaReader(
                settings: settings,
                options: KafkaReader.Options(),
                notices: notices,
                isStopRequested: isStopRequested
            )
        } catch {
            throw LogError(.fatal, code: error.code, message: error.message)
        }
        try reader.readAll(partition, body)
    }
}

extension TransactionalProducer {
    /// Commits with the consumer's group metadata, whose generation fences a member that was replaced (KIP-447).
    fileprivate func commit(_ positions: [PartitionPosition], _ consumer: GroupConsumer) throws(LogError) {
        guard !positions.isEmpty else { return try commit([], group: nil) }
        try consumer.withGroupMetadata { (metadata) throws(LogError) in try commit(positions, group: metadata) }
    }
}

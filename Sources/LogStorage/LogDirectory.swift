import Glibc
import Synchronization

/// The data directory: its lock, its topics with their settings, and the open logs.
///
///     lock                       held while a process has the directory open
///     clean-shutdown             there if the last process has closed it
///     counters                   numbers that outlive restarts
///     topics/<name>/topic        id, number of partitions and settings of a topic
///     topics/<name>/<partition>/ a log
///     staging/                   topics on their way in or out; emptied at opening
public final class LogDirectory: Sendable {
    /// Settings of the whole directory.
    public struct Options: Sendable {
        public var durability: DurabilityPolicy = .always
        /// Topic settings where a topic has none of its own.
        public var defaults = LogConfig()
        /// Files kept open between uses at most. Files with bytes to be synced stay open besides.
        public var openFileLimit = 512
        /// For compaction and time searches in compressed topics.
        public var decompressor: (any RecordDecompressor)?
        /// How long a producer that appends nothing is remembered, milliseconds. Kafka's `producer.id.expiration.ms`.
        public var producerIdleMilliseconds: Int64 = 24 * 3_600_000
        /// Called with what an operator should know; from any thread.
        public var report: @Sendable (StorageEvent) -> Void = { _ in }
        /// For tests.
        package var faults: FileFaults?

        public init() {}

        func environment() -> PartitionLog.Environment {
            PartitionLog.Environment(
                durability: durability,
                files: OpenFileCache(limit: openFileLimit, faults: faults),
                decompressor: decompressor,
                producerIdleMilliseconds: producerIdleMilliseconds,
                report: report
            )
        }
    }

    private struct State {
        var topics: [String: TopicDescription] = [:]
        var logs: [String: [PartitionLog]] = [:]
        var counters: [String: Int64] = [:]
        var stagingNumber = 0
        var isClosed = false
    }

    /// The directory.
    public let path: String
    /// Whether the last one to use the directory closed it.
    public let wasClosedCleanly: Bool
    private let options: Options
    private let environment: PartitionLog.Environment
    private let lock: DirectoryLock
    private let store: TopicStore
    private let state: Mutex<State>
    /// Held by the one that changes topics.
    private let changing = Mutex<Void>(())

    /// Locks and opens the directory, creating it if need be, and opens (recovers) every log in it.
    ///
    /// SIGXFSZ is ignored from then on: a write beyond the file size limit is to be an error, not the end.
    ///
    /// On a disk that takes no writes the logs open for reading only.
    ///
    /// - Throws: `directoryInUse`, or what a topic's directory can't be opened for.
    public static func open(path: String, options: Options = Options()) throws(StorageError) -> LogDirectory {
        signal(SIGXFSZ, SIG_IGN)
        return try LogDirectory(path: path, options: options)
    }

    private init(path: String, options: Options) throws(StorageError) {
        self.path = path
        self.options = options
        environment = options.environment()
        try FileSystem.makeDirectory(path)
        lock = try DirectoryLock(path: path)
        store = TopicStore(path: path, faults: options.faults)
        try store.prepare()
        let marker = path + "/clean-shutdown"
        wasClosedCleanly = FileSystem.exists(marker)
        try FileSystem.remove(marker, keepsOnReadOnlyDisk: true)
        var state = State()
        state.counters = try store.counters()
        for topic in try store.topics() {
            state.topics[topic.name] = topic
            let config = try options.defaults.applying(topic.overrides)
            var logs: [PartitionLog] = []
            for partition in 0..<topic.partitionCount {
                logs.append(try Self.openLog(topic.name, partition, config, store, environment))
            }
            state.logs[topic.name] = logs
        }
        self.state = Mutex(state)
        try FileSystem.syncDirectory(path)
    }

    private static func openLog(
        _ topic: String,
        _ partition: Int32,
        _ config: LogConfig,
        _ store: TopicStore,
        _ environment: PartitionLog.Environment
    ) throws(StorageError) -> PartitionLog {
        try PartitionLog.open(
            topic: topic,
            partition: partition,
            path: store.logPath(topic, partition),
            config: config,
            environment: environment
        )
    }

    // MARK: Looking

    /// All topics, by name.
    public var topics: [TopicDescription] {
        state.withLock { $0.topics.values.sorted { $0.name < $1.name } }
    }

    /// One topic.
    public func topic(named name: String) -> TopicDescription? {
        state.withLock { $0.topics[name] }
    }

    /// One partition's log; nil if there is none.
    public func log(topic: String, partition: Int32) -> PartitionLog? {
        state.withLock { state in
            guard let logs = state.logs[topic], partition >= 0, Int(partition) < logs.count else { return nil }
            return logs[Int(partition)]
        }
    }

    /// All open logs, by topic and partition.
    public var logs: [PartitionLog] {
        state.withLock { state in state.logs.sorted { $0.key < $1.key }.flatMap(\.value) }
    }

    // MARK: Changing topics

    /// Creates a topic and its logs. Durable when it returns.
    ///
    /// - Throws: `topicExists`, `invalidTopicName`, `invalidConfig`.
    public func createTopic(_ topic: TopicDescription) throws(StorageError) {
        try changing.withLock { (_) throws(StorageError) in
            try requireOpen()
            try TopicStore.requireValidName(topic.name)
            let config = try options.defaults.applying(topic.overrides)
            guard topic.partitionCount > 0 else {
                throw .invalidConfig(name: "partitions", reason: "not positive: \(topic.partitionCount)")
            }
            guard self.topic(named: topic.name) == nil else { throw .topicExists(topic.name) }
            try store.create(topic)
            var logs: [PartitionLog] = []
            for partition in 0..<topic.partitionCount {
                logs.append(try Self.openLog(topic.name, partition, config, store, environment))
            }
            state.withLock { state in
                state.topics[topic.name] = topic
                state.logs[topic.name] = logs
            }
        }
    }

    /// Raises the number of partitions. Durable when it returns.
    public func setPartitionCount(_ count: Int32, topic name: String) throws(StorageError) {
        try changing.withLock { (_) throws(StorageError) in
            var topic = try require(name)
            guard count > topic.partitionCount else {
                throw .invalidConfig(
                    name: "partitions",
                    reason: "\(count) is not more than the \(topic.partitionCount) there are"
                )
            }
            let config = try options.defaults.applying(topic.overrides)
            let old = topic.partitionCount
            topic.partitionCount = count
            try store.update(topic)
            var added: [PartitionLog] = []
            for partition in old..<count {
                added.append(try Self.openLog(name, partition, config, store, environment))
            }
            state.withLock { state in
                state.topics[name] = topic
                state.logs[name]?.append(contentsOf: added)
            }
        }
    }

    /// Replaces the topic's settings. Durable when it returns.
    public func setOverrides(_ overrides: [String: String], topic name: String) throws(StorageError) {
        try changing.withLock { (_) throws(StorageError) in
            var topic = try require(name)
            let config = try options.defaults.applying(overrides)
            topic.overrides = overrides
            try store.update(topic)
            let logs = state.withLock { state in
                state.topics[name] = topic
                return state.logs[name] ?? []
            }
            for log in logs { log.config = config }
        }
    }

    /// Removes a topic and its logs. Durable when it returns.
    public func deleteTopic(_ name: String) throws(StorageError) {
        try changing.withLock { (_) throws(StorageError) in
            _ = try require(name)
            let (logs, number) = state.withLock { state in
                state.topics[name] = nil
                state.stagingNumber += 1
                return (state.logs.removeValue(forKey: name) ?? [], state.stagingNumber)
            }
            for log in logs { log.discard() }
            try store.delete(name, number: number)
        }
    }

    private func requireOpen() throws(StorageError) {
        if state.withLock({ $0.isClosed }) { throw .closed }
    }

    private func require(_ name: String) throws(StorageError) -> TopicDescription {
        try requireOpen()
        guard let topic = topic(named: name) else { throw .unknownTopic(name) }
        return topic
    }

    // MARK: The rest

    /// Retention and compaction of every log; call it about every minute from a thread that may block. What fails is
    /// reported and tried again the next time.
    public func maintain(nowMilliseconds: Int64) {
        for log in logs {
            do throws(StorageError) {
                try log.applyRetention(nowMilliseconds: nowMilliseconds)
                try log.compact(nowMilliseconds: nowMilliseconds)
                try log.checkpointIfWorthwhile()
            } catch {
                if error == .closed { continue }
                options.report(.maintenanceFailed(log: log.name, error: error))
            }
        }
    }

    /// A number kept over restarts, for example the next producer id; nil if it was never set.
    public func counter(_ name: String) -> Int64? {
        state.withLock { $0.counters[name] }
    }

    /// Sets a number kept over restarts. Durable when it returns.
    ///
    /// - Parameter name: without spaces and line breaks.
    public func setCounter(_ name: String, to value: Int64) throws(StorageError) {
        try changing.withLock { (_) throws(StorageError) in
            try requireOpen()
            var counters = state.withLock { $0.counters }
            counters[name] = value
            try store.write(counters: counters)
            state.withLock { $0.counters = counters }
        }
    }

    /// Syncs and closes every log and leaves the clean-shutdown marker. Every log is tried; the first error is thrown.
    public func close() throws(StorageError) {
        let logs = self.logs
        let wasClosed = state.withLock { state in
            defer { state.isClosed = true }
            return state.isClosed
        }
        guard !wasClosed else { return }
        defer { lock.release() }
        var failure: StorageError?
        for log in logs {
            do throws(StorageError) {
                try log.close()
            } catch {
                failure = failure ?? error
            }
        }
        if let failure { throw failure }
        if FileSystem.isReadOnlyDisk(path) { return }
        try FileSystem.replace(path + "/clean-shutdown", with: [])
    }
}

/// The data directory: its lock, its topics with their settings, and the open logs.
public final class LogDirectory: Sendable {
    /// Settings of the whole directory.
    public struct Options: Sendable {
        public var durability: DurabilityPolicy = .always
        /// Topic settings where a topic has none of its own.
        public var defaults = LogConfig()
        /// Files of sealed or idle segments kept open at most.
        public var openFileLimit = 512
        /// For compaction and time searches in compressed topics.
        public var decompressor: (any RecordDecompressor)?
        /// Called with what an operator should know; from any thread.
        public var report: @Sendable (StorageEvent) -> Void = { _ in }

        public init() {}
    }

    /// The directory.
    public let path: String

    init(path: String) {
        self.path = path
    }

    /// Locks and opens the directory, creating it if need be, and opens (recovers) every log in it.
    public static func open(path: String, options: Options = Options()) throws(StorageError) -> LogDirectory {
        throw .closed
    }

    /// Whether the last one to use the directory closed it.
    public var wasClosedCleanly: Bool { false }
    /// All topics, by name.
    public var topics: [TopicDescription] { [] }
    /// One topic.
    public func topic(named name: String) -> TopicDescription? { nil }
    /// One partition's log; nil if there is none.
    public func log(topic: String, partition: Int32) -> PartitionLog? { nil }
    /// All open logs.
    public var logs: [PartitionLog] { [] }

    /// Creates a topic and its logs. Durable when it returns.
    ///
    /// - Throws: `topicExists`, `invalidTopicName`, `invalidConfig`.
    public func createTopic(_ topic: TopicDescription) throws(StorageError) {}
    /// Raises the number of partitions. Durable when it returns.
    public func setPartitionCount(_ count: Int32, topic: String) throws(StorageError) {}
    /// Replaces the topic's settings. Durable when it returns.
    public func setOverrides(_ overrides: [String: String], topic: String) throws(StorageError) {}
    /// Removes a topic and its logs. Durable when it returns.
    public func deleteTopic(_ name: String) throws(StorageError) {}

    /// Retention and compaction of every log; call it about every minute from a thread that may block.
    public func maintain(nowMilliseconds: Int64) {}

    /// A number kept over restarts, for example the next producer id; nil if it was never set.
    public func counter(_ name: String) -> Int64? { nil }
    /// Sets a number kept over restarts. Durable when it returns.
    public func setCounter(_ name: String, to value: Int64) throws(StorageError) {}

    /// Syncs and closes every log and leaves the clean-shutdown marker.
    public func close() throws(StorageError) {}
}

public import StreamCore

/// What a snapshot says of itself. A snapshot is used only by the reader whose identity it carries; anything else is discarded and
/// the log replayed, so a wrong label costs time and never correctness.
public struct SnapshotLabel: Sendable, Equatable {
    /// Layout of chunk headers; raised when it changes.
    public static let formatVersion: UInt16 = 2

    /// Whose state it is: must be equal to the reader's.
    public struct Identity: Sendable, Equatable {
        public var processor: String
        /// The consumer group whose committed offsets the state belongs to.
        public var owner: String
        public var stateVersion: UInt32
        /// `Processor.fingerprint(of:)`.
        public var configuration: UInt64
        public var input: TopicPartition

        public init(
            processor: String,
            owner: String,
            stateVersion: UInt32,
            configuration: UInt64 = 0,
            input: TopicPartition
        ) {
            self.processor = processor
            self.owner = owner
            self.stateVersion = stateVersion
            self.configuration = configuration
            self.input = input
        }
    }

    public var identity: Identity
    /// Grows with each snapshot of a partition.
    public var sequence: UInt64
    /// The state holds every record before this offset and none from it on.
    public var nextOffset: Int64
    public var stateByteCount: Int
    public var stateChecksum: UInt64
    public var chunkCount: Int

    /// The topic that holds a processor's snapshots; its partitions are those of the input topic.
    public static func topic(processor: String) -> String {
        "meter.\(processor).snapshots"
    }
}

public import StreamCore

/// What a projector is doing, for people and for those who wait for it.
public struct ProjectorStatus: Sendable, Equatable {
    public enum Phase: Sendable, Equatable {
        case idle
        case running
        /// The database or the log is away; it tries again.
        case waiting(reason: String)
        /// Another projector has the read model; it takes over when that one goes.
        case standby
        case stopped
        /// Nothing helps but a person.
        case failed(reason: String)
    }

    public struct Partition: Sendable, Equatable {
        public var partition: TopicPartition
        /// Everything before this offset is in the read model.
        public var projectedOffset: Int64
        /// One past the last readable record when it was last looked up.
        public var endOffset: Int64?
        /// Why this partition is not projected any further.
        public var fault: String?

        /// Records between the two.
        public var lag: Int64? { endOffset.map { max(0, $0 - projectedOffset) } }
    }

    public var name: ProjectionName
    public var phase: Phase = .idle
    /// Ascending by topic and partition.
    public var partitions: [Partition] = []
    /// Since the start of the process.
    public var records: Int64 = 0
    public var rows: Int64 = 0
    public var transactions: Int64 = 0

    public init(name: ProjectionName) {
        self.name = name
    }

    /// Of all partitions whose end is known.
    public var lag: Int64 { partitions.reduce(0) { $0 + ($1.lag ?? 0) } }
}

/// Why waiting for a projection ended without it.
public enum ProjectionWaitError: Error, Sendable, Equatable {
    /// These positions were not reached in time.
    case timedOut([PartitionPosition])
    /// A projector stopped, or one of its partitions did.
    case stopped(String)
}

public import StreamCore

/// What a stream thread is doing, as of its last step or so.
public struct StreamStatus: Sendable {
    public enum Activity: String, Sendable {
        case joining
        case running
        case recovering
        case draining
        case stopped
        case failed
    }

    public struct Partition: Sendable {
        public enum Phase: String, Sendable {
            case restoring
            case live
            /// Stands still at the record of `fault`.
            case halted
        }

        public var partition: TopicPartition
        public var phase: Phase
        public var nextOffset: Int64
        public var committedOffset: Int64
        public var endOffset: Int64
        /// Records between the committed offset and the end.
        public var lagRecords: Int64 { max(0, endOffset - committedOffset) }
        /// Offset of the newest snapshot known.
        public var snapshotOffset: Int64?
        public var snapshotByteCount: Int
        public var stateSizes: [(name: String, count: Int)]
        /// The record at which it stands still, or will.
        public var fault: ProcessorFault?
    }

    public var activity = Activity.joining
    /// Whether the group has given it partitions, be it none, and not taken them away as lost.
    public var wasAssigned = false
    public var partitions: [Partition] = []
    public var committedTransactions: Int64 = 0
    public var committedRecords: Int64 = 0
    /// Why it failed, when it did.
    public var failure: StreamFailure?

    public init() {}

    /// Does its work: the group has given it its partitions, the state of each is restored, and none stands still. One that got none stands
    /// by.
    public var isReady: Bool {
        activity == .running && wasAssigned && partitions.allSatisfy { $0.phase == .live && $0.fault == nil }
    }
}

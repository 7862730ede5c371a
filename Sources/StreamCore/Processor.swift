/// A deterministic fold over the records of one partition: `(state, record) -> (state, effects)`.
///
/// The value *is* the state of one partition's task. No clock, no random numbers, no I/O, no dependence on where a batch is cut:
/// folding the same records in any batches gives the same state and the same effects, byte for byte. "Now" is a function of the records.
public protocol Processor: SendableMetatype {
    /// What the fold needs besides its input: rule sets, zones, limits. The same for every task, never changed while it runs.
    associatedtype Configuration: Sendable

    /// Name in metrics, the consumer group and the snapshot topic: `meter.<name>.snapshots`.
    static var name: String { get }
    /// Raised whenever the meaning or layout of the state changes; a snapshot with another version is discarded.
    static var stateVersion: UInt32 { get }
    /// Tells apart configurations under which the same records lead to different states; a snapshot with another one is discarded and
    /// the log replayed past it. What changes outputs alone is left out, so that it doesn't cost a replay.
    static func fingerprint(of configuration: Configuration) -> UInt64
    static var inputTopic: String { get }
    /// Topics written to; `Effects` outputs are in this order.
    static var outputTopics: [String] { get }
    /// Counter names (snake case, ending in the unit and `_total`); `Effects.count` takes indices of it.
    static var counterNames: [String] { get }

    /// The empty state of a partition.
    init(configuration: Configuration, partition: Int32)

    /// Folds the records `range` of `batch`, which all belong to this task's partition, in order.
    /// - Throws: `ProcessorFault` for what can only be a defect of the program; bad input is a dead letter, not a fault.
    mutating func fold(
        _ batch: borrowing InputBatch,
        _ range: Range<Int>,
        into effects: inout Effects
    ) throws(ProcessorFault)

    /// Appends the whole state. Equal states give equal bytes.
    func encodeState(into bytes: inout [UInt8])

    /// The state that `encodeState` wrote.
    /// - Throws: `StateError` when the bytes are not such a state; the runtime then replays from the start instead.
    init(configuration: Configuration, partition: Int32, state: Span<UInt8>) throws(StateError)

    /// Number of entries held in the state, by name (for metrics), in a fixed order.
    var stateSizes: [(name: String, count: Int)] { get }
}

extension Processor {
    /// 0: the state doesn't depend on the configuration.
    public static func fingerprint(of configuration: Configuration) -> UInt64 { 0 }
}

/// A defect found while folding: the partition stands still before the record, and says where.
public struct ProcessorFault: Error, Sendable, CustomStringConvertible {
    public var partition: TopicPartition
    public var offset: Int64
    public var reason: String

    public init(partition: TopicPartition, offset: Int64, reason: String) {
        self.partition = partition
        self.offset = offset
        self.reason = reason
    }

    public var description: String { "processor fault at \(partition) offset \(offset): \(reason)" }
}

/// A snapshot that can't be used: it is discarded and the log is replayed instead.
public enum StateError: Error, Sendable, Equatable {
    case truncated
    case malformed(String)
}

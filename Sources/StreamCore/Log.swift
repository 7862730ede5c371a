/// The log as the runtime sees it: consumer, transactional producer and group membership of one stream thread.
///
/// Implementations: Kafka through librdkafka (`KafkaIO`) and the in-memory log of the simulator. Used by one thread only, generically,
/// once per batch. A rebalance never happens behind the caller's back: `poll` reports it and the caller answers with `assign` or
/// `unassign` after it has committed or dropped what it must.
public protocol Log: ~Copyable, SendableMetatype {
    /// Joins the group and subscribes. Assignments arrive through `poll`. Called again (after `.rejoin`) it gives up the membership there is
    /// and joins as a new member: nothing of the former assignment remains, nor of rebalances that were not answered.
    mutating func subscribe(to topics: [String]) throws(LogError)

    /// Waits up to `timeoutMilliseconds` for the first record, then takes what is there without waiting, up to the limits.
    /// `batch` is cleared first. Only records of committed transactions are seen.
    mutating func poll(
        into batch: inout InputBatch,
        limits: PollLimits,
        timeoutMilliseconds: Int32
    ) throws(LogError) -> PollOutcome

    /// Accepts an assignment and starts reading at the given positions. Incremental: other partitions are untouched.
    /// Called once for every `.assigned`, also with no positions.
    mutating func assign(_ positions: [PartitionPosition]) throws(LogError)
    /// Gives partitions back. Incremental. Called once for every `.revoked` and `.lost`; partitions that are not assigned are passed
    /// over.
    mutating func unassign(_ partitions: [TopicPartition]) throws(LogError)
    /// Continues reading at other positions (after an aborted batch, to be redone); records fetched before are not delivered any more.
    /// Positions of partitions that are not assigned any more are passed over: `poll` will report their loss.
    mutating func seek(to positions: [PartitionPosition]) throws(LogError)

    /// Stops reading partitions, which stay this member's, until `resume` is called or they are assigned anew; records fetched before are not
    /// delivered any more. Partitions that are not assigned are passed over.
    mutating func pause(_ partitions: [TopicPartition]) throws(LogError)
    /// Reads paused partitions again; `seek` says from where.
    mutating func resume(_ partitions: [TopicPartition]) throws(LogError)

    /// The group's committed next offset of each partition, nil where nothing was committed. Waits for offsets of open transactions.
    mutating func committedOffsets(of partitions: [TopicPartition]) throws(LogError) -> [Int64?]
    /// First and one-past-last readable offsets of a partition (read committed).
    mutating func watermarks(of partition: TopicPartition) throws(LogError) -> (low: Int64, high: Int64)
    /// One past the last offset of an assigned partition, as far as what was fetched tells it; nil where nothing is known. Never asks the
    /// cluster: behind fetches that wait for records such a question waits too.
    mutating func seenEnd(of partition: TopicPartition) -> Int64?

    mutating func beginTransaction() throws(LogError)
    /// Hands the effects' records to the producer inside the open transaction. Waits when the producer's queue is full.
    mutating func produce(_ effects: borrowing Effects) throws(LogError)
    /// Produces one record outside of `Effects` (a snapshot chunk) inside the open transaction; nil value is a tombstone.
    mutating func produce(topic: String, partition: Int32, key: [UInt8], value: [UInt8]?) throws(LogError)
    /// Flushes, adds the input positions with the group's metadata to the transaction, and commits it. Positions may be empty (a
    /// snapshot). After "retry" the same call is made again and goes on with the same commit; after any other error the outcome may
    /// be unknown, and the caller asks for the committed offsets.
    mutating func commit(_ positions: [PartitionPosition]) throws(LogError)
    /// Ends the open transaction without its records; does nothing when none is open.
    mutating func abort() throws(LogError)

    /// Replaces a fenced or failed producer by a new one (same transactional id, next epoch).
    /// Whatever the old one had open is finished or aborted when this returns. The consumer and its assignment stay.
    mutating func renewProducer() throws(LogError)
    /// Leaves the group and closes.
    mutating func close()

    /// Reads a whole partition of a compacted topic from its start to its end at the time of the call (for snapshots).
    mutating func readAll(_ partition: TopicPartition, _ body: (InputBatch) -> Void) throws(LogError)
}

/// What a poll found.
public enum PollOutcome: Sendable, Equatable {
    /// The batch holds at least one record.
    case records
    /// Nothing came in time.
    case idle
    /// The group gives these partitions to this member; answer with `assign`.
    case assigned([TopicPartition])
    /// The group takes these back; commit, then answer with `unassign`. They are still owned until then.
    case revoked([TopicPartition])
    /// These are owned by someone else already: drop their state without committing, then answer with `unassign`.
    case lost([TopicPartition])
}

/// Limits of one poll.
public struct PollLimits: Sendable, Equatable {
    public var maxRecords: Int
    public var maxBytes: Int

    public init(maxRecords: Int = 10_000, maxBytes: Int = 16 << 20) {
        self.maxRecords = maxRecords
        self.maxBytes = maxBytes
    }
}

/// A failed log operation, named by the reaction it demands.
public struct LogError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Reaction: Sendable, Equatable {
        /// Nothing happened; the same call may be made again after a pause.
        case retry
        /// The transaction must be aborted and the batch folded again.
        case abortAndRedo
        /// The producer was replaced or expired: drop the state, get a new producer, restore from what is committed. Whether the
        /// membership is gone as well is for `poll` to say.
        case fenced
        /// The membership is gone, and the log does not join again by itself: as after `.fenced`, and `subscribe` again. Until then it
        /// neither reads nor commits.
        case rejoin
        /// Nothing helps but a person: stop with the reason.
        case fatal
    }

    public var reaction: Reaction
    /// The protocol's or library's name of the error.
    public var code: String
    public var message: String

    public init(_ reaction: Reaction, code: String, message: String) {
        self.reaction = reaction
        self.code = code
        self.message = message
    }

    public var description: String { "\(code): \(message) (\(reaction))" }
}

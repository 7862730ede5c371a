public import StreamCore

/// Every limit of a stream thread, with its unit in the name.
public struct StreamLimits: Sendable, Equatable {
    /// Limits of one poll.
    public var poll = PollLimits()
    /// Longest wait for a record when there is nothing to do.
    public var pollTimeoutMilliseconds: Int64 = 200
    /// A transaction is committed when it is this old …
    public var commitIntervalMilliseconds: Int64 = 100
    /// … or holds this many input records …
    public var commitRecords = 200_000
    /// … or this many bytes of input and output together.
    public var commitBytes = 64 << 20
    /// Records given to one call of `fold`; bounds the effects that wait in memory.
    public var foldRecords = 2_000
    /// Effects are handed to the producer when they hold this many bytes.
    public var effectBytes = 4 << 20
    /// First and longest pause between two attempts at a call that answered "retry".
    public var retryPauseMilliseconds: ClosedRange<Int64> = 50...5_000
    /// First and longest pause before a transaction is redone; the first redo of a row comes at once.
    public var recoveryPauseMilliseconds: ClosedRange<Int64> = 100...10_000
    /// Recoveries in a row, without a commit between them, after which the thread stops.
    public var consecutiveRecoveries = 12
    /// First and longest pause before the group is joined again under a name that was taken; the first of a row comes at once.
    public var rejoinPauseMilliseconds: ClosedRange<Int64> = 500...10_000
    /// A membership that lasted less than this was cut short by another member with its name: one that ends with an outage of the log has
    /// lasted a session at least. So it is shorter than a session, and longer than the longest pause above and a heartbeat or two, or two
    /// processes with one name would take it from each other for ever.
    public var shortMembershipMilliseconds: Int64 = 25_000
    /// Memberships in a row that were cut short, after which the thread stops: somebody else uses its name.
    public var consecutiveRejoins = 8
    /// How long calls that answer "retry" are made again after a stop was requested or partitions are taken away; then the work is
    /// left undone.
    public var drainMilliseconds: Int64 = 8_000
    /// Time for committing and leaving after a stop was requested, all in all; a thread that still waits for the log then is left
    /// behind by `StreamProcess`.
    public var stopMilliseconds: Int64 = 20_000
    /// Time between two looks at the ends of the partitions (for the lag).
    public var statusIntervalMilliseconds: Int64 = 2_000
    /// When snapshots are written; nil for a processor whose state is cheap to fold again.
    public var snapshots: SnapshotCadence? = SnapshotCadence()

    public init() {}
}

/// When the state of a partition is written to the snapshot topic.
public struct SnapshotCadence: Sendable, Equatable {
    /// After this time, if there was input …
    public var intervalMilliseconds: Int64 = 60_000
    /// … or after this much input.
    public var inputBytes = 64 << 20
    /// A state is not written again before the partition took in the state's size divided by this, so that a large state under a
    /// thin stream doesn't fill the log.
    public var bytesWrittenPerInputByte = 8
    /// Payload bytes of one record.
    public var chunkBytes = 512 << 10
    /// Write a snapshot also when a partition is given back or the thread stops.
    public var isWrittenOnRelease = true

    public init() {}
}

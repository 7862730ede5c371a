/// What a fault simulation can make go wrong.
public enum FaultKind: String, Sendable, CaseIterable {
    /// A process dies: before, half way through or after a call of the log, or between two steps of the loop.
    case crash
    /// A process is asked to stop, commits and leaves.
    case stop
    /// Calls have no effect and answer "retry", a few times in a row.
    case outage
    /// The open transaction must be aborted.
    case abortRequired = "abort-required"
    /// Another producer takes the epoch; the open transaction is aborted.
    case fence
    /// A commit is applied or not, and answers with an error all the same.
    case unknownCommit = "unknown-commit"
    /// The group hands partitions to other members: between steps, and while a batch is being produced.
    case rebalance
    /// The group removes a member, which learns it late.
    case expireMember = "expire-member"
    /// The name of a static member is taken, and it learns at a call that it must join again.
    case takeName = "take-name"
    /// A partition gives nothing for some polls.
    case stall
    /// Records that were delivered already are delivered again.
    case redelivery
    /// An input record is appended a second time.
    case duplicateInput = "duplicate-input"
    /// An input record is appended after others that were made later.
    case reorderedInput = "reordered-input"
    /// Input of an aborted transaction, which nobody may see.
    case abortedInput = "aborted-input"
    /// An input record that shows a defect of the processor: its partition stands still there.
    case poison
    /// A bit of a stored snapshot flips.
    case corruptSnapshot = "corrupt-snapshot"
}

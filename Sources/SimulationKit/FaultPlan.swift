/// How often what goes wrong, in cases per million calls of the log.
public struct FaultPlan: Sendable, Equatable {
    /// The process dies: before the call takes effect, half way through it, or after.
    public var crash = 0
    /// The call has no effect and answers "retry", a few times in a row.
    public var outage = 0
    /// The transaction must be aborted.
    public var abortRequired = 0
    /// The producer's epoch is taken by somebody else; its open transaction is aborted.
    public var fence = 0
    /// A commit is applied or not, and answers with "retry", "abort" or "fenced" all the same.
    public var unknownCommit = 0
    /// The group removes the member, which learns it from its next poll or commit.
    public var expireMember = 0
    /// A partition gives nothing for some polls.
    public var stall = 0
    /// Records that were delivered already come again.
    public var redelivery = 0

    public init() {}

    /// Nothing goes wrong.
    public static let none = FaultPlan()

    /// Everything goes wrong often.
    public static var storm: FaultPlan {
        var plan = FaultPlan()
        plan.crash = 2_500
        plan.outage = 8_000
        plan.abortRequired = 8_000
        plan.fence = 4_000
        plan.unknownCommit = 60_000
        plan.expireMember = 3_000
        plan.stall = 10_000
        plan.redelivery = 10_000
        return plan
    }
}

/// A defect planted in the in-memory log, to see that the oracle finds it.
public enum PlantedDefect: Sendable, Equatable, CaseIterable {
    /// Input offsets are committed on their own, before the outputs.
    case offsetsCommittedBeforeOutputs
    /// Outputs are committed on their own, before the input offsets.
    case outputsCommittedBeforeOffsets
    /// A member that the group has removed may still commit.
    case removedMembersMayCommit
    /// Readers see records of aborted transactions.
    case abortedRecordsVisible
}

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
    /// The group hands partitions to other members while a batch is being produced.
    public var rebalance = 0
    /// The group removes the member, which learns it from its next poll or commit.
    public var expireMember = 0
    /// Another member takes the name of a static one, and is gone: polls, commits, seeks and answers of the first are refused until it joins
    /// again.
    public var takeName = 0
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
        plan.rebalance = 3_000
        plan.expireMember = 3_000
        plan.takeName = 1_000
        plan.stall = 10_000
        plan.redelivery = 10_000
        return plan
    }

    /// This plan with nothing but faults of these kinds.
    func limited(to kinds: Set<FaultKind>) -> FaultPlan {
        var plan = FaultPlan()
        if kinds.contains(.crash) { plan.crash = crash }
        if kinds.contains(.outage) { plan.outage = outage }
        if kinds.contains(.abortRequired) { plan.abortRequired = abortRequired }
        if kinds.contains(.fence) { plan.fence = fence }
        if kinds.contains(.unknownCommit) { plan.unknownCommit = unknownCommit }
        if kinds.contains(.rebalance) { plan.rebalance = rebalance }
        if kinds.contains(.expireMember) { plan.expireMember = expireMember }
        if kinds.contains(.takeName) { plan.takeName = takeName }
        if kinds.contains(.stall) { plan.stall = stall }
        if kinds.contains(.redelivery) { plan.redelivery = redelivery }
        return plan
    }
}

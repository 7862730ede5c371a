public import StreamCore

/// The in-memory log as one process sees it, with faults drawn at every call.
public struct SimulatedLog: Log, ~Copyable {
    enum Call {
        case subscribe
        case poll
        case assign
        case read
        case begin
        case produce
        case commit
        case abort
        case renew
    }

    /// The code of the error that every call of a dead process gives.
    public static let crashCode = "SIMULATED_CRASH"

    let cluster: SimulatedCluster
    let groupID: String
    let transactionalID: String
    /// Static membership: the group waits a session for it to return. Nil is a dynamic member.
    let instanceID: String?
    var epoch = 0
    var member: Int?
    var topics: [String] = []
    var positions: [TopicPartition: Int64] = [:]
    var paused: Set<TopicPartition> = []
    var isCrashed = false
    /// Calls that will still answer "retry".
    var outageCalls = 0
    var mustAbort = false
    /// A commit that was applied but answered "retry".
    var appliedCommit: [PartitionPosition]?
    var transaction: Int?
    /// A rebalance that was reported and not answered yet.
    var unansweredAssignment: [TopicPartition]?
    var unansweredRevocation: [TopicPartition]?
    /// Polls for which a removed member doesn't know that it was: it goes on reading, folding and trying to commit.
    var obliviousPolls: Int?

    public init(cluster: SimulatedCluster, groupID: String, transactionalID: String, instanceID: String? = nil) {
        self.cluster = cluster
        self.groupID = groupID
        self.transactionalID = transactionalID
        self.instanceID = instanceID
        epoch = cluster.withState { state in
            state.fence(transactionalID)
            return state.producers[transactionalID]?.epoch ?? 0
        }
    }

    /// The process dies: nothing it does any more has an effect, and the group notices after the session time-out.
    public mutating func crash() {
        guard !isCrashed else { return }
        isCrashed = true
        guard let member else { return }
        let group = groupID
        cluster.withState { $0.expectDeparture(of: member, from: group) }
    }

    // MARK: Faults

    /// Draws what goes wrong before a call.
    mutating func enter(_ call: Call) throws(LogError) {
        guard !isCrashed else { throw Self.crashed }
        if outageCalls > 0 {
            outageCalls -= 1
            throw LogError(.retry, code: "SIMULATED_OUTAGE", message: "not reachable")
        }
        let (crashes, outage) = cluster.withState { state in
            let plan = state.faults
            if state.crashesHere() { return (true, 0) }
            return (false, state.happens(.outage, plan.outage) ? state.random.number(1...6) : 0)
        }
        if crashes {
            crash()
            throw Self.crashed
        }
        guard outage == 0 else {
            outageCalls = outage - 1
            throw LogError(.retry, code: "SIMULATED_OUTAGE", message: "not reachable")
        }
        if [.begin, .produce, .commit].contains(call) { try enterTransactional() }
        if [.poll, .assign, .commit].contains(call) { try enterGroup(call) }
    }

    /// Refuses what a member does whose name somebody else has taken.
    private mutating func enterGroup(_ call: Call) throws(LogError) {
        guard let member else { return }
        let (group, isStatic, transaction) = (groupID, instanceID != nil, transaction)
        let isReplaced = cluster.withState { state in
            if isStatic, state.happens(.takeName, state.faults.takeName) { state.groups[group]?.takeName(of: member) }
            guard let found = state.groups[group], found.isReplaced(member) else { return false }
            if state.defect == .rejoinKeepsOutputs, let transaction { state.end(transaction, .committed) }
            return state.defect != .removedMembersMayCommit || call != .commit
        }
        guard isReplaced else { return }
        mustAbort = transaction != nil
        throw Self.replaced
    }

    private mutating func enterTransactional() throws(LogError) {
        let name = transactionalID
        let (current, aborts) = cluster.withState { state in
            if state.happens(.fence, state.faults.fence) { state.fence(name) }
            let aborts = state.happens(.abortRequired, state.faults.abortRequired)
            return (state.producers[name]?.epoch ?? 0, aborts)
        }
        guard current == epoch else { throw Self.fenced }
        if aborts, transaction != nil { mustAbort = true }
        if mustAbort { throw Self.abortRequired }
    }

    /// Draws whether the process dies half way or after the effect.
    mutating func maybeCrash() throws(LogError) {
        guard cluster.withState({ $0.crashesHere() }) else { return }
        crash()
        throw Self.crashed
    }

    static var replaced: LogError {
        LogError(.rejoin, code: "FENCED_INSTANCE_ID", message: "another member has the instance id")
    }

    static var crashed: LogError { LogError(.fatal, code: crashCode, message: "the process is dead") }
    static var fenced: LogError { LogError(.fenced, code: "SIMULATED_FENCE", message: "another epoch") }
    static var abortRequired: LogError { LogError(.abortAndRedo, code: "SIMULATED_ABORT", message: "abort required") }

    func violation(_ text: String) {
        cluster.withState { $0.violations.append(text) }
    }
}

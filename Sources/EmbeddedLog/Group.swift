import KafkaProtocol

/// The classic group protocol of one group: who is in it, which generation, and who waits for what. Time comes in as
/// parameters, answers go out as effects.
struct Group: Sendable {
    enum Phase: String, Sendable {
        case empty = "Empty"
        case preparingRebalance = "PreparingRebalance"
        case completingRebalance = "CompletingRebalance"
        case stable = "Stable"
        case dead = "Dead"
    }

    let id: String
    var phase = Phase.empty
    var generation: Int32 = 0
    var protocolType: String?
    var protocolName: String?
    var leader: String?
    var members: [String: GroupMember] = [:]
    /// Member ids given out that have not come back, and until when they may.
    var pendingMembers: [String: Int64] = [:]
    /// Wall clock milliseconds of the last change of phase.
    var phaseTimestamp: Int64 = 0
    var staticMembers: [String: String] = [:]
    var rebalanceDeadline: Int64?
    /// What is left of the first rebalance's waiting, and whether somebody came during the last wait.
    var initialDelay: (left: Int64, step: Int64)?
    var hasNewMember = false
    var syncDeadline: Int64?

    init(id: String) {
        self.id = id
    }

    /// A group as it was stored. Members get a full session to come back in.
    init(id: String, stored: GroupMetadataValue, now: Int64) {
        self.id = id
        generation = stored.generation
        protocolType = stored.protocolType.isEmpty ? nil : stored.protocolType
        protocolName = stored.protocolName
        leader = stored.leader
        phaseTimestamp = stored.currentStateTimestamp
        for entry in stored.members {
            var member = GroupMember(
                id: entry.memberId,
                instanceId: entry.groupInstanceId,
                clientId: entry.clientId,
                clientHost: entry.clientHost,
                sessionTimeout: entry.sessionTimeout,
                rebalanceTimeout: entry.rebalanceTimeout,
                protocolType: stored.protocolType,
                protocols: [GroupProtocol(name: stored.protocolName ?? "", metadata: entry.subscription)]
            )
            member.assignment = entry.assignment
            member.hasSynced = true
            member.sessionDeadline = now + Int64(entry.sessionTimeout)
            members[member.id] = member
            if let instance = member.instanceId { staticMembers[instance] = member.id }
        }
        phase = members.isEmpty ? .empty : .stable
    }

    /// The group as it is stored.
    var stored: GroupMetadataValue {
        var value = GroupMetadataValue()
        value.protocolType = protocolType ?? ""
        value.generation = generation
        value.protocolName = protocolName
        value.leader = leader
        value.currentStateTimestamp = phaseTimestamp
        value.members = members.values.sorted { $0.id < $1.id }.map { member in
            var entry = GroupMetadataValue.MemberMetadata()
            entry.memberId = member.id
            entry.groupInstanceId = member.instanceId
            entry.clientId = member.clientId
            entry.clientHost = member.clientHost
            entry.rebalanceTimeout = member.rebalanceTimeout
            entry.sessionTimeout = member.sessionTimeout
            entry.subscription = member.metadata(for: protocolName)
            entry.assignment = member.assignment
            return entry
        }
        return value
    }

    /// Whether a consumer that uses the consumer protocol may be reading the topic.
    func isSubscribed(to topic: String) -> Bool {
        guard protocolType == "consumer" else { return false }
        return members.values.contains { member in
            member.protocols.contains { offered in
                do throws(WireError) {
                    return try ConsumerProtocolSubscription(decoding: offered.metadata[...]).topics.contains(topic)
                } catch {
                    // What can't be read may be a subscription to anything.
                    return true
                }
            }
        }
    }

    // MARK: Checks

    /// Who sends a request: must be a member of this generation. Static members are also checked by instance.
    func check(member memberId: String, instance: String?) -> ErrorCode {
        if let instance {
            guard let owner = staticMembers[instance] else { return .unknownMemberId }
            guard owner == memberId else { return .fencedInstanceId }
        }
        return members[memberId] == nil ? .unknownMemberId : .none
    }

    /// May this offset commit be accepted?
    func checkCommit(
        member memberId: String,
        instance: String?,
        generation commitGeneration: Int32,
        isTransactional: Bool
    ) -> ErrorCode {
        if phase == .dead { return .coordinatorNotAvailable }
        if commitGeneration < 0, phase == .empty { return .none }
        if commitGeneration >= 0 || !memberId.isEmpty || instance != nil {
            let code = check(member: memberId, instance: instance)
            guard code == .none else { return code }
            guard commitGeneration == generation else { return .illegalGeneration }
        } else if !isTransactional, phase != .empty {
            return .unknownMemberId
        }
        return !isTransactional && phase == .completingRebalance ? .rebalanceInProgress : .none
    }

    /// The member has shown that it lives.
    mutating func touch(_ memberId: String, now: Int64) {
        guard var member = members.removeValue(forKey: memberId) else { return }
        member.sessionDeadline = now + Int64(member.sessionTimeout)
        members[memberId] = member
    }

    func supports(_ type: String, _ protocols: [GroupProtocol]) -> Bool {
        guard !members.isEmpty else { return !type.isEmpty && !protocols.isEmpty }
        guard protocolType == nil || type == protocolType else { return false }
        let common = commonProtocols()
        return protocols.contains { common.contains($0.name) }
    }

    func commonProtocols() -> Set<String> {
        var sets = members.values.map { Set($0.protocols.map { $0.name }) }[...]
        guard let first = sets.popFirst() else { return [] }
        return sets.reduce(first) { $0.intersection($1) }
    }

    /// The protocol that all support and most prefer.
    func selectProtocol() -> String? {
        let candidates = commonProtocols()
        var votes: [String: Int] = [:]
        for member in members.values {
            guard let choice = member.protocols.first(where: { candidates.contains($0.name) }) else { continue }
            votes[choice.name, default: 0] += 1
        }
        return votes.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key
    }

    mutating func become(_ next: Phase, wall: Int64) {
        phase = next
        phaseTimestamp = wall
    }
}

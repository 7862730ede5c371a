import KafkaProtocol

/// From one generation to the next: who is waited for, and for how long.
extension Group {
    mutating func rebalance(initialDelay delay: Int64, now: Now, _ effects: inout Effects) {
        if phase == .completingRebalance { answerSyncs(.rebalanceInProgress, now: now, &effects) }
        if phase != .preparingRebalance {
            syncDeadline = nil
            let longest = members.values.map { Int64($0.rebalanceTimeout) }.max() ?? 0
            if delay > 0 {
                initialDelay = (left: max(0, longest - delay), step: delay)
                rebalanceDeadline = now.monotonic + delay
            } else {
                initialDelay = nil
                rebalanceDeadline = now.monotonic + longest
            }
            hasNewMember = false
            become(.preparingRebalance, wall: now.wall)
        }
        completeJoinIfAllThere(now: now, &effects)
    }

    mutating func completeJoinIfAllThere(now: Now, _ effects: inout Effects) {
        guard phase == .preparingRebalance, initialDelay == nil, pendingMembers.isEmpty else { return }
        guard members.values.allSatisfy({ $0.join != nil }) else { return }
        completeJoin(now: now, &effects)
    }

    /// The rebalance's time is over or everybody is there: the next generation begins.
    mutating func completeJoin(now: Now, _ effects: inout Effects) {
        for member in members.values where member.join == nil && member.instanceId == nil {
            drop(member.id)
        }
        initialDelay = nil
        guard !members.isEmpty else {
            rebalanceDeadline = nil
            becomeEmpty(now: now)
            return
        }
        if leader.flatMap({ members[$0]?.join }) == nil {
            guard let joined = members.values.filter({ $0.join != nil }).map({ $0.id }).min() else {
                // Only static members are left and none has come back yet: wait on.
                rebalanceDeadline = now.monotonic + (members.values.map { Int64($0.rebalanceTimeout) }.max() ?? 0)
                return
            }
            leader = joined
        }
        rebalanceDeadline = nil
        generation += 1
        protocolName = selectProtocol()
        become(.completingRebalance, wall: now.wall)
        let longest = members.values.map { Int64($0.rebalanceTimeout) }.max() ?? 0
        syncDeadline = now.monotonic + longest
        for id in members.keys.sorted() {
            guard var member = members[id] else { continue }
            member.hasSynced = false
            if let reply = member.join {
                let response = joinResponse(for: id)
                effects.add { reply(response) }
                member.join = nil
            }
            member.sessionDeadline = now.monotonic + Int64(member.sessionTimeout)
            members[id] = member
        }
    }

    mutating func becomeEmpty(now: Now) {
        generation += 1
        protocolName = nil
        leader = nil
        syncDeadline = nil
        become(.empty, wall: now.wall)
    }

    mutating func drop(_ memberId: String) {
        guard let member = members.removeValue(forKey: memberId) else { return }
        if let instance = member.instanceId, staticMembers[instance] == memberId { staticMembers[instance] = nil }
        if leader == memberId { leader = members.keys.min() }
    }
}

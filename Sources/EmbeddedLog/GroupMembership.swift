import KafkaProtocol

/// Heartbeats, leaving, and what time does to members.
extension Group {
    mutating func heartbeat(_ request: HeartbeatRequest, now: Now) -> ErrorCode {
        guard phase != .dead else { return .coordinatorNotAvailable }
        let code = check(member: request.memberId, instance: request.groupInstanceId)
        guard code == .none else { return code }
        guard request.generationId == generation else { return .illegalGeneration }
        touch(request.memberId, now: now.monotonic)
        switch phase {
        case .empty, .dead: return .unknownMemberId
        case .preparingRebalance: return .rebalanceInProgress
        case .completingRebalance, .stable: return .none
        }
    }

    /// A member leaves. Returns the error code, and whether the group has become empty and must be stored.
    mutating func leave(
        member memberId: String,
        instance: String?,
        now: Now,
        _ effects: inout Effects
    ) -> (ErrorCode, becameEmpty: Bool) {
        guard phase != .dead else { return (.coordinatorNotAvailable, false) }
        var id = memberId
        if let instance {
            guard let owner = staticMembers[instance] else { return (.unknownMemberId, false) }
            guard memberId.isEmpty || owner == memberId else { return (.fencedInstanceId, false) }
            id = owner
        } else if pendingMembers.removeValue(forKey: memberId) != nil {
            completeJoinIfAllThere(now: now, &effects)
            return (.none, false)
        }
        guard members[id] != nil else { return (.unknownMemberId, false) }
        return (.none, remove(id, now: now, &effects))
    }

    /// Removes a member and rebalances the others. Returns whether the group has become empty.
    mutating func remove(_ id: String, now: Now, _ effects: inout Effects) -> Bool {
        if let member = members[id] {
            if let reply = member.join {
                var response = JoinGroupResponse()
                response.errorCode = ErrorCode.unknownMemberId.rawValue
                let answer = response
                effects.add { reply(answer) }
            }
            if let reply = member.sync { Self.answer(.unknownMemberId, reply, &effects) }
        }
        drop(id)
        switch phase {
        case .stable, .completingRebalance: rebalance(initialDelay: 0, now: now, &effects)
        case .preparingRebalance: completeJoinIfAllThere(now: now, &effects)
        case .empty, .dead: break
        }
        return phase == .empty
    }

    /// Expires members and rebalances whose time is over. Returns whether the group has become empty.
    mutating func tick(now: Now, _ effects: inout Effects) -> Bool {
        let wasEmpty = phase == .empty
        let latePending = pendingMembers.filter { $0.value <= now.monotonic }
        for id in latePending.keys { pendingMembers[id] = nil }
        if !latePending.isEmpty { completeJoinIfAllThere(now: now, &effects) }
        let late = members.values.filter { !$0.isWaiting && $0.sessionDeadline <= now.monotonic }.map { $0.id }
        for id in late.sorted() { _ = remove(id, now: now, &effects) }
        if let deadline = rebalanceDeadline, deadline <= now.monotonic, phase == .preparingRebalance {
            if let delay = initialDelay, hasNewMember, delay.left > 0 {
                hasNewMember = false
                initialDelay = (left: max(0, delay.left - delay.step), step: delay.step)
                rebalanceDeadline = now.monotonic + min(delay.step, delay.left)
            } else {
                pendingMembers = [:]
                completeJoin(now: now, &effects)
            }
        }
        if let deadline = syncDeadline, deadline <= now.monotonic, phase == .completingRebalance {
            syncDeadline = nil
            for id in members.values.filter({ !$0.hasSynced }).map({ $0.id }).sorted() {
                _ = remove(id, now: now, &effects)
            }
        }
        return !wasEmpty && phase == .empty
    }

    /// Marks the group as deleted.
    mutating func kill() {
        phase = .dead
    }
}

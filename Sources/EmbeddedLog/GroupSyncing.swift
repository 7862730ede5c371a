import KafkaProtocol

/// SyncGroup: the leader gives the assignment, and everybody gets a part of it.
extension Group {
    enum SyncOutcome {
        case answered
        /// The leader's assignment must be stored; then call `assign`.
        case store
    }

    mutating func sync(
        _ request: SyncGroupRequest,
        now: Now,
        _ effects: inout Effects,
        reply: @escaping SyncReply
    ) -> SyncOutcome {
        let code = checkSync(request)
        guard code == .none, var member = members[request.memberId] else {
            Self.answer(code, reply, &effects)
            return .answered
        }
        switch phase {
        case .completingRebalance:
            if let earlier = member.sync { Self.answer(.rebalanceInProgress, earlier, &effects) }
            member.sync = reply
            member.hasSynced = true
            members[member.id] = member
            guard leader == member.id else { return .answered }
            for entry in request.assignments {
                members[entry.memberId]?.assignment = entry.assignment
            }
            let assigned = Set(request.assignments.map { $0.memberId })
            for id in members.keys where !assigned.contains(id) { members[id]?.assignment = [] }
            return .store
        case .stable:
            touch(member.id, now: now.monotonic)
            let response = syncResponse(member)
            effects.add { reply(response) }
            return .answered
        case .preparingRebalance:
            Self.answer(.rebalanceInProgress, reply, &effects)
        case .empty, .dead:
            Self.answer(.unknownMemberId, reply, &effects)
        }
        return .answered
    }

    func checkSync(_ request: SyncGroupRequest) -> ErrorCode {
        let code = check(member: request.memberId, instance: request.groupInstanceId)
        guard code == .none else { return code }
        guard request.generationId == generation else { return .illegalGeneration }
        if let type = request.protocolType, type != protocolType { return .inconsistentGroupProtocol }
        if let name = request.protocolName, name != protocolName { return .inconsistentGroupProtocol }
        return .none
    }

    /// The assignment of `stored` generation is durable (or could not be stored): answers who waits for it.
    mutating func assign(generation stored: Int32, isStored: Bool, now: Now, _ effects: inout Effects) {
        guard phase == .completingRebalance, stored == generation else { return }
        guard isStored else {
            answerSyncs(.unknownServerError, now: now, &effects)
            rebalance(initialDelay: 0, now: now, &effects)
            return
        }
        become(.stable, wall: now.wall)
        answerSyncs(.none, now: now, &effects)
    }

    mutating func answerSyncs(_ code: ErrorCode, now: Now, _ effects: inout Effects) {
        for id in members.keys.sorted() {
            guard var member = members[id], let reply = member.sync else { continue }
            member.sync = nil
            member.sessionDeadline = now.monotonic + Int64(member.sessionTimeout)
            if code == .none {
                let response = syncResponse(member)
                effects.add { reply(response) }
            } else {
                member.assignment = []
                Self.answer(code, reply, &effects)
            }
            members[id] = member
        }
    }

    func syncResponse(_ member: GroupMember) -> SyncGroupResponse {
        var response = SyncGroupResponse()
        response.protocolType = protocolType
        response.protocolName = protocolName
        response.assignment = member.assignment
        return response
    }

    static func answer(_ code: ErrorCode, _ reply: @escaping SyncReply, _ effects: inout Effects) {
        var response = SyncGroupResponse()
        response.errorCode = code.rawValue
        let answer = response
        effects.add { reply(answer) }
    }
}

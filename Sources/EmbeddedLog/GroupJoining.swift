import KafkaProtocol

/// JoinGroup: members come, come back, and static members take the place of their former selves.
extension Group {
    /// A JoinGroup as the group sees it.
    struct JoinRequest: Sendable {
        var memberId: String
        var instanceId: String?
        var clientId: String
        var clientHost: String
        var sessionTimeout: Int32
        var rebalanceTimeout: Int32
        var protocolType: String
        var protocols: [GroupProtocol]
        /// Whether a new dynamic member must come back with the id it is given (version 4 and later).
        var requiresKnownMemberId: Bool
        /// Whether the client understands `skip_assignment` (version 9 and later).
        var supportsSkippingAssignment: Bool
        var initialDelay: Int64
        /// A member id that nobody has.
        var newMemberId: String
        var reply: JoinReply
    }

    /// The two clocks at the time of a request, milliseconds.
    struct Now: Sendable {
        var monotonic: Int64
        var wall: Int64
    }

    mutating func join(_ request: JoinRequest, now: Now, _ effects: inout Effects) -> Bool {
        guard phase != .dead else {
            return refuse(request, .unknownMemberId, &effects)
        }
        if request.memberId.isEmpty { return joinAsNew(request, now: now, &effects) }
        if pendingMembers[request.memberId] != nil, members[request.memberId] == nil {
            guard supports(request.protocolType, request.protocols) else {
                return refuse(request, .inconsistentGroupProtocol, &effects)
            }
            addAndRebalance(request, id: request.memberId, now: now, &effects)
            return false
        }
        let code = check(member: request.memberId, instance: request.instanceId)
        guard code == .none else { return refuse(request, code, &effects) }
        guard supportsForMember(request) else { return refuse(request, .inconsistentGroupProtocol, &effects) }
        rejoin(request, now: now, &effects)
        return false
    }

    func supportsForMember(_ request: JoinRequest) -> Bool {
        var others = self
        others.members[request.memberId] = nil
        return others.supports(request.protocolType, request.protocols)
    }

    func refuse(_ request: JoinRequest, _ code: ErrorCode, _ effects: inout Effects) -> Bool {
        var response = JoinGroupResponse()
        response.errorCode = code.rawValue
        response.memberId = request.memberId
        response.generationId = -1
        let answer = response
        effects.add { request.reply(answer) }
        return false
    }

    /// Returns whether the group must be stored.
    mutating func joinAsNew(_ request: JoinRequest, now: Now, _ effects: inout Effects) -> Bool {
        if let instance = request.instanceId, let old = staticMembers[instance] {
            return replaceStatic(request, old: old, now: now, &effects)
        }
        guard supports(request.protocolType, request.protocols) else {
            return refuse(request, .inconsistentGroupProtocol, &effects)
        }
        if request.instanceId == nil, request.requiresKnownMemberId {
            pendingMembers[request.newMemberId] = now.monotonic + Int64(request.sessionTimeout)
            var response = JoinGroupResponse()
            response.errorCode = ErrorCode.memberIdRequired.rawValue
            response.generationId = -1
            response.memberId = request.newMemberId
            let answer = response
            effects.add { request.reply(answer) }
            return false
        }
        addAndRebalance(request, id: request.newMemberId, now: now, &effects)
        return false
    }

    func member(_ request: JoinRequest, id: String, now: Now) -> GroupMember {
        GroupMember(
            id: id,
            instanceId: request.instanceId,
            clientId: request.clientId,
            clientHost: request.clientHost,
            sessionTimeout: request.sessionTimeout,
            rebalanceTimeout: request.rebalanceTimeout,
            protocolType: request.protocolType,
            protocols: request.protocols,
            join: request.reply,
            sessionDeadline: now.monotonic + Int64(request.sessionTimeout)
        )
    }

    mutating func addAndRebalance(_ request: JoinRequest, id: String, now: Now, _ effects: inout Effects) {
        pendingMembers[id] = nil
        let isFirst = members.isEmpty
        members[id] = member(request, id: id, now: now)
        if let instance = request.instanceId { staticMembers[instance] = id }
        if isFirst { protocolType = request.protocolType }
        if leader == nil || isFirst { leader = id }
        hasNewMember = true
        rebalance(initialDelay: isFirst && phase == .empty ? request.initialDelay : 0, now: now, &effects)
    }

    mutating func rejoin(_ request: JoinRequest, now: Now, _ effects: inout Effects) {
        guard let member = members[request.memberId] else { return }
        let isSame = member.protocols == request.protocols
        switch phase {
        case .completingRebalance where isSame:
            answerCurrentGeneration(request, now: now, &effects)
        case .stable where isSame && leader != request.memberId:
            answerCurrentGeneration(request, now: now, &effects)
        default:
            update(request, now: now, &effects)
            rebalance(initialDelay: 0, now: now, &effects)
        }
    }

    mutating func update(_ request: JoinRequest, now: Now, _ effects: inout Effects) {
        guard var member = members[request.memberId] else { return }
        if let earlier = member.join {
            var response = JoinGroupResponse()
            response.errorCode = ErrorCode.unknownMemberId.rawValue
            let answer = response
            effects.add { earlier(answer) }
        }
        member.protocols = request.protocols
        member.sessionTimeout = request.sessionTimeout
        member.rebalanceTimeout = request.rebalanceTimeout
        member.join = request.reply
        members[request.memberId] = member
    }

    mutating func answerCurrentGeneration(_ request: JoinRequest, now: Now, _ effects: inout Effects) {
        touch(request.memberId, now: now.monotonic)
        let response = joinResponse(for: request.memberId)
        effects.add { request.reply(response) }
    }

    func joinResponse(for memberId: String) -> JoinGroupResponse {
        var response = JoinGroupResponse()
        response.generationId = generation
        response.protocolType = protocolType
        response.protocolName = protocolName
        response.leader = leader ?? ""
        response.memberId = memberId
        if leader == memberId { response.members = memberList() }
        return response
    }

    func memberList() -> [JoinGroupResponse.JoinGroupResponseMember] {
        members.values.sorted { $0.id < $1.id }.map { member in
            var entry = JoinGroupResponse.JoinGroupResponseMember()
            entry.memberId = member.id
            entry.groupInstanceId = member.instanceId
            entry.metadata = member.metadata(for: protocolName)
            return entry
        }
    }

    // MARK: Static members

    /// A static member has restarted: it takes the place of its former self, without a rebalance if it reads the same topics. What it owns
    /// has changed as a rule: it owns nothing yet.
    mutating func replaceStatic(
        _ request: JoinRequest,
        old: String,
        now: Now,
        _ effects: inout Effects
    ) -> Bool {
        guard let former = members.removeValue(forKey: old), let instance = request.instanceId else {
            return refuse(request, .unknownMemberId, &effects)
        }
        let wasLeader = leader == old
        let id = request.newMemberId
        fence(former, &effects)
        var member = member(request, id: id, now: now)
        member.assignment = former.assignment
        member.hasSynced = former.hasSynced
        members[id] = member
        staticMembers[instance] = id
        if wasLeader { leader = id }
        guard phase == .stable, hasSameTopics(former, member), selectProtocol() == protocolName else {
            rebalance(initialDelay: 0, now: now, &effects)
            return false
        }
        members[id]?.join = nil
        var response = joinResponse(for: id)
        response.members = []
        if wasLeader, request.supportsSkippingAssignment {
            response.skipAssignment = true
            response.members = memberList()
        } else if wasLeader {
            // The former id as leader keeps an older client from computing a new assignment.
            response.leader = old
        }
        let answer = response
        effects.add { request.reply(answer) }
        return true
    }

    private func hasSameTopics(_ former: GroupMember, _ member: GroupMember) -> Bool {
        let (before, now) = (former.metadata(for: protocolName), member.metadata(for: protocolName))
        guard before != now, protocolType == "consumer" else { return before == now }
        do throws(WireError) {
            let topics = try [before, now].map { (bytes) throws(WireError) in
                Set(try ConsumerProtocolSubscription(decoding: bytes[...]).topics)
            }
            return topics[0] == topics[1]
        } catch {
            return false
        }
    }

    func fence(_ member: GroupMember, _ effects: inout Effects) {
        if let reply = member.join {
            var response = JoinGroupResponse()
            response.errorCode = ErrorCode.fencedInstanceId.rawValue
            response.memberId = member.id
            let answer = response
            effects.add { reply(answer) }
        }
        if let reply = member.sync {
            var response = SyncGroupResponse()
            response.errorCode = ErrorCode.fencedInstanceId.rawValue
            let answer = response
            effects.add { reply(answer) }
        }
    }
}

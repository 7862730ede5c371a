import KafkaProtocol

/// What must happen after the state has been changed, off the lock: answers and writes.
struct Effects: Sendable {
    private var actions: [@Sendable () -> Void] = []

    mutating func add(_ action: @escaping @Sendable () -> Void) {
        actions.append(action)
    }

    func run() {
        for action in actions { action() }
    }
}

typealias JoinReply = @Sendable (JoinGroupResponse) -> Void
typealias SyncReply = @Sendable (SyncGroupResponse) -> Void

/// One member of a consumer group.
struct GroupMember: Sendable {
    var id: String
    var instanceId: String?
    var clientId: String
    var clientHost: String
    var sessionTimeout: Int32
    var rebalanceTimeout: Int32
    var protocolType: String
    /// In the order the member prefers them.
    var protocols: [GroupProtocol]
    var assignment: [UInt8] = []
    /// Present while the member waits in JoinGroup.
    var join: JoinReply?
    /// Present while the member waits in SyncGroup.
    var sync: SyncReply?
    var hasSynced = false
    /// Monotonic milliseconds.
    var sessionDeadline: Int64 = 0

    func metadata(for name: String?) -> [UInt8] {
        protocols.first { $0.name == name }?.metadata ?? []
    }

    /// Alive without heartbeats while its request waits here.
    var isWaiting: Bool { join != nil || sync != nil }
}

/// A protocol a member offers, for example an assignment strategy, and its bytes.
struct GroupProtocol: Sendable, Equatable {
    var name: String
    var metadata: [UInt8]
}

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
    private(set) var phase = Phase.empty
    private(set) var generation: Int32 = 0
    private(set) var protocolType: String?
    private(set) var protocolName: String?
    private(set) var leader: String?
    private(set) var members: [String: GroupMember] = [:]
    /// Member ids given out that have not come back, and until when they may.
    private(set) var pendingMembers: [String: Int64] = [:]
    /// Wall clock milliseconds of the last change of phase.
    private(set) var phaseTimestamp: Int64 = 0
    private var staticMembers: [String: String] = [:]
    private var rebalanceDeadline: Int64?
    /// What is left of the first rebalance's waiting, and whether somebody came during the last wait.
    private var initialDelay: (left: Int64, step: Int64)?
    private var hasNewMember = false
    private var syncDeadline: Int64?

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
                let subscription = try? ConsumerProtocolSubscription(decoding: offered.metadata[...])
                return subscription?.topics.contains(topic) ?? true
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

    private func supports(_ type: String, _ protocols: [GroupProtocol]) -> Bool {
        guard !members.isEmpty else { return !type.isEmpty && !protocols.isEmpty }
        guard protocolType == nil || type == protocolType else { return false }
        let common = commonProtocols()
        return protocols.contains { common.contains($0.name) }
    }

    private func commonProtocols() -> Set<String> {
        var sets = members.values.map { Set($0.protocols.map { $0.name }) }[...]
        guard let first = sets.popFirst() else { return [] }
        return sets.reduce(first) { $0.intersection($1) }
    }

    /// The protocol that all support and most prefer.
    private func selectProtocol() -> String? {
        let candidates = commonProtocols()
        var votes: [String: Int] = [:]
        for member in members.values {
            guard let choice = member.protocols.first(where: { candidates.contains($0.name) }) else { continue }
            votes[choice.name, default: 0] += 1
        }
        return votes.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key
    }

    private mutating func become(_ next: Phase, wall: Int64) {
        phase = next
        phaseTimestamp = wall
    }

    // MARK: Joining

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

    private func supportsForMember(_ request: JoinRequest) -> Bool {
        var others = self
        others.members[request.memberId] = nil
        return others.supports(request.protocolType, request.protocols)
    }

    private func refuse(_ request: JoinRequest, _ code: ErrorCode, _ effects: inout Effects) -> Bool {
        var response = JoinGroupResponse()
        response.errorCode = code.rawValue
        response.memberId = request.memberId
        response.generationId = -1
        let answer = response
        effects.add { request.reply(answer) }
        return false
    }

    /// Returns whether the group must be stored.
    private mutating func joinAsNew(_ request: JoinRequest, now: Now, _ effects: inout Effects) -> Bool {
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

    private func member(_ request: JoinRequest, id: String, now: Now) -> GroupMember {
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

    private mutating func addAndRebalance(_ request: JoinRequest, id: String, now: Now, _ effects: inout Effects) {
        pendingMembers[id] = nil
        let isFirst = members.isEmpty
        members[id] = member(request, id: id, now: now)
        if let instance = request.instanceId { staticMembers[instance] = id }
        if isFirst { protocolType = request.protocolType }
        if leader == nil || isFirst { leader = id }
        hasNewMember = true
        rebalance(initialDelay: isFirst && phase == .empty ? request.initialDelay : 0, now: now, &effects)
    }

    private mutating func rejoin(_ request: JoinRequest, now: Now, _ effects: inout Effects) {
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

    private mutating func update(_ request: JoinRequest, now: Now, _ effects: inout Effects) {
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

    private mutating func answerCurrentGeneration(_ request: JoinRequest, now: Now, _ effects: inout Effects) {
        touch(request.memberId, now: now.monotonic)
        let response = joinResponse(for: request.memberId)
        effects.add { request.reply(response) }
    }

    private func joinResponse(for memberId: String) -> JoinGroupResponse {
        var response = JoinGroupResponse()
        response.generationId = generation
        response.protocolType = protocolType
        response.protocolName = protocolName
        response.leader = leader ?? ""
        response.memberId = memberId
        if leader == memberId { response.members = memberList() }
        return response
    }

    private func memberList() -> [JoinGroupResponse.JoinGroupResponseMember] {
        members.values.sorted { $0.id < $1.id }.map { member in
            var entry = JoinGroupResponse.JoinGroupResponseMember()
            entry.memberId = member.id
            entry.groupInstanceId = member.instanceId
            entry.metadata = member.metadata(for: protocolName)
            return entry
        }
    }

    // MARK: Static members

    /// A static member has restarted: it takes the place of its former self, without a rebalance if nothing changed.
    private mutating func replaceStatic(
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
        guard phase == .stable, former.metadata(for: protocolName) == member.metadata(for: protocolName),
            selectProtocol() == protocolName
        else {
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

    private func fence(_ member: GroupMember, _ effects: inout Effects) {
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

    // MARK: Rebalancing

    private mutating func rebalance(initialDelay delay: Int64, now: Now, _ effects: inout Effects) {
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

    private mutating func completeJoinIfAllThere(now: Now, _ effects: inout Effects) {
        guard phase == .preparingRebalance, initialDelay == nil, pendingMembers.isEmpty else { return }
        guard members.values.allSatisfy({ $0.join != nil }) else { return }
        completeJoin(now: now, &effects)
    }

    /// The rebalance's time is over or everybody is there: the next generation begins.
    private mutating func completeJoin(now: Now, _ effects: inout Effects) {
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

    private mutating func becomeEmpty(now: Now) {
        generation += 1
        protocolName = nil
        leader = nil
        syncDeadline = nil
        become(.empty, wall: now.wall)
    }

    private mutating func drop(_ memberId: String) {
        guard let member = members.removeValue(forKey: memberId) else { return }
        if let instance = member.instanceId, staticMembers[instance] == memberId { staticMembers[instance] = nil }
        if leader == memberId { leader = members.keys.min() }
    }

    // MARK: Syncing

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

    private func checkSync(_ request: SyncGroupRequest) -> ErrorCode {
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

    private mutating func answerSyncs(_ code: ErrorCode, now: Now, _ effects: inout Effects) {
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

    private func syncResponse(_ member: GroupMember) -> SyncGroupResponse {
        var response = SyncGroupResponse()
        response.protocolType = protocolType
        response.protocolName = protocolName
        response.assignment = member.assignment
        return response
    }

    private static func answer(_ code: ErrorCode, _ reply: @escaping SyncReply, _ effects: inout Effects) {
        var response = SyncGroupResponse()
        response.errorCode = code.rawValue
        let answer = response
        effects.add { reply(answer) }
    }

    // MARK: Heartbeat, leaving, time

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
    private mutating func remove(_ id: String, now: Now, _ effects: inout Effects) -> Bool {
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

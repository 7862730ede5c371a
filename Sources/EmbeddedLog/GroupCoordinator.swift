import KafkaProtocol
import LogStorage
import Logging
import Synchronization

/// A partition of a topic, by name.
struct TopicPartition: Hashable, Sendable, Comparable {
    var topic: String
    var partition: Int32

    static func < (left: TopicPartition, right: TopicPartition) -> Bool {
        (left.topic, left.partition) < (right.topic, right.partition)
    }
}

/// An offset a group has committed.
struct CommittedOffset: Sendable, Equatable {
    var offset: Int64
    var leaderEpoch: Int32
    var metadata: String
    /// Wall clock milliseconds.
    var commitTimestamp: Int64
    /// Where in the offsets topic it is stored; of two commits the later one counts.
    var storedAt: Int64
}

/// A group with what it has committed.
struct GroupEntry: Sendable {
    var group: Group
    var offsets: [TopicPartition: CommittedOffset] = [:]
    /// Offsets sent to transactions that have not ended, by producer id.
    var pending: [Int64: [TopicPartition: CommittedOffset]] = [:]

    func hasPending(_ partition: TopicPartition) -> Bool {
        pending.values.contains { $0[partition] != nil }
    }

    /// The later of two commits stays.
    mutating func apply(_ partition: TopicPartition, _ commit: CommittedOffset) {
        if let present = offsets[partition], present.storedAt > commit.storedAt { return }
        offsets[partition] = commit
    }
}

/// The coordinator of all groups: members and generations in memory, assignments and offsets in `__consumer_offsets`.
///
/// A commit is answered, and visible, when its record is durable. The state is one value under one lock; answers and
/// writes happen off it.
final class GroupCoordinator: Sendable {
    struct State: Sendable {
        var groups: [String: GroupEntry] = [:]

        /// Changes the group, creating it if there is none.
        mutating func withGroup<Result>(_ id: String, _ body: (inout GroupEntry) -> Result) -> Result {
            var entry = groups.removeValue(forKey: id) ?? GroupEntry(group: Group(id: id))
            defer { groups[id] = entry }
            return body(&entry)
        }
    }

    let configuration: EmbeddedLogConfiguration
    let log: InternalLog
    let state: Mutex<State>

    /// Reads the groups and offsets back from the log.
    init(configuration: EmbeddedLogConfiguration, log: InternalLog) throws {
        self.configuration = configuration
        self.log = log
        let now = configuration.clock.monotonicMilliseconds()
        var loader = GroupLoader(now: now)
        try log.replay { try loader.apply($0) }
        state = Mutex(State(groups: loader.groups))
    }

    var now: Group.Now {
        Group.Now(
            monotonic: configuration.clock.monotonicMilliseconds(),
            wall: configuration.clock.wallMilliseconds()
        )
    }

    // MARK: Membership

    func join(
        _ request: JoinGroupRequest,
        _ context: RequestContext,
        _ respond: @escaping @Sendable (JoinGroupResponse) -> Void
    ) {
        let refusal = checkJoin(request, context)
        guard refusal == .none else {
            var response = JoinGroupResponse()
            response.errorCode = refusal.rawValue
            response.memberId = request.memberId
            response.generationId = -1
            respond(response)
            return
        }
        let prefix = request.groupInstanceId ?? context.clientId
        let join = Group.JoinRequest(
            memberId: request.memberId,
            instanceId: request.groupInstanceId,
            clientId: context.clientId,
            clientHost: context.clientHost,
            sessionTimeout: request.sessionTimeoutMs,
            rebalanceTimeout: context.version >= 1 ? request.rebalanceTimeoutMs : request.sessionTimeoutMs,
            protocolType: request.protocolType,
            protocols: request.protocols.map { GroupProtocol(name: $0.name, metadata: $0.metadata) },
            requiresKnownMemberId: context.version >= 4,
            supportsSkippingAssignment: context.version >= 9,
            initialDelay: configuration.initialRebalanceDelayMilliseconds,
            newMemberId: prefix + "-" + UUIDText.random(),
            reply: respond
        )
        let now = now
        var effects = Effects()
        let stored: Group? = state.withLock { state in
            state.withGroup(request.groupId) { $0.group.join(join, now: now, &effects) ? $0.group : nil }
        }
        guard let stored else { return effects.run() }
        // Whom the answer reaches must be known after a crash, or its next request is taken for that of a former self.
        let answers = effects
        store(stored) { _ in answers.run() }
    }

    private func checkJoin(_ request: JoinGroupRequest, _ context: RequestContext) -> ErrorCode {
        guard !request.groupId.isEmpty else { return .invalidGroupId }
        let timeouts = configuration.minSessionTimeoutMilliseconds...configuration.maxSessionTimeoutMilliseconds
        guard timeouts.contains(request.sessionTimeoutMs) else { return .invalidSessionTimeout }
        let isKnown = state.withLock { $0.groups[request.groupId] != nil }
        return !isKnown && !request.memberId.isEmpty ? .unknownMemberId : .none
    }

    func sync(
        _ request: SyncGroupRequest,
        _ context: RequestContext,
        _ respond: @escaping @Sendable (SyncGroupResponse) -> Void
    ) {
        let now = now
        var effects = Effects()
        let stored: Group? = state.withLock { state in
            guard state.groups[request.groupId] != nil else {
                var response = SyncGroupResponse()
                let isEmptyId = request.groupId.isEmpty
                response.errorCode = (isEmptyId ? ErrorCode.invalidGroupId : .unknownMemberId).rawValue
                let answer = response
                effects.add { respond(answer) }
                return nil
            }
            return state.withGroup(request.groupId) { entry in
                switch entry.group.sync(request, now: now, &effects, reply: respond) {
                case .answered: nil
                case .store: entry.group
                }
            }
        }
        effects.run()
        guard let stored else { return }
        store(stored) { [self] result in
            var effects = Effects()
            var isStored = true
            if case .failure = result { isStored = false }
            let now = self.now
            state.withLock { state in
                state.withGroup(stored.id) { entry in
                    entry.group.assign(generation: stored.generation, isStored: isStored, now: now, &effects)
                }
            }
            effects.run()
        }
    }

    /// Writes the group as it is to the log.
    func store(_ group: Group, _ completion: @escaping @Sendable (Result<Int64, StorageError>) -> Void) {
        do throws(WireError) {
            let key = try GroupRecords.groupKey(group.id)
            let value = try group.stored.encoded(version: 3)
            let logger = configuration.logger
            log.append([(key, value)]) { result in
                if case .failure(let error) = result {
                    logger.error(
                        "group not stored",
                        metadata: [
                            "code": "ERR_BROKER_GROUP_NOT_STORED", "group": "\(group.id)", "error": "\(error)",
                        ]
                    )
                }
                completion(result)
            }
        } catch {
            completion(.failure(.invalidRecord("group \(group.id): \(error)")))
        }
    }

    func heartbeat(_ request: HeartbeatRequest, _ context: RequestContext) -> HeartbeatResponse {
        var response = HeartbeatResponse()
        let now = now
        response.errorCode = state.withLock { state in
            guard state.groups[request.groupId] != nil else { return ErrorCode.unknownMemberId.rawValue }
            return state.withGroup(request.groupId) { $0.group.heartbeat(request, now: now).rawValue }
        }
        return response
    }

    func leave(
        _ request: LeaveGroupRequest,
        _ context: RequestContext,
        _ respond: @escaping @Sendable (LeaveGroupResponse) -> Void
    ) {
        var leaving = request.members
        if context.version < 3 {
            var member = LeaveGroupRequest.MemberIdentity()
            member.memberId = request.memberId
            leaving = [member]
        }
        let members = leaving
        let now = now
        var effects = Effects()
        var response = LeaveGroupResponse()
        let emptied: Group? = state.withLock { state in
            guard state.groups[request.groupId] != nil else {
                response.members = members.map { Self.left($0, .unknownMemberId) }
                return nil
            }
            return state.withGroup(request.groupId) { entry in
                var becameEmpty = false
                for member in members {
                    let (code, empty) = entry.group.leave(
                        member: member.memberId,
                        instance: member.groupInstanceId,
                        now: now,
                        &effects
                    )
                    becameEmpty = becameEmpty || empty
                    response.members.append(Self.left(member, code))
                }
                return becameEmpty ? entry.group : nil
            }
        }
        if context.version < 3 {
            response.errorCode = response.members.first?.errorCode ?? 0
        }
        effects.run()
        if let emptied { store(emptied) { _ in } }
        respond(response)
    }

    private static func left(
        _ member: LeaveGroupRequest.MemberIdentity,
        _ code: ErrorCode
    ) -> LeaveGroupResponse.MemberResponse {
        var entry = LeaveGroupResponse.MemberResponse()
        entry.memberId = member.memberId
        entry.groupInstanceId = member.groupInstanceId
        entry.errorCode = code.rawValue
        return entry
    }

    /// Expires sessions and rebalances.
    func tick() {
        let now = now
        var effects = Effects()
        let emptied: [Group] = state.withLock { state in
            var emptied: [Group] = []
            for id in Array(state.groups.keys) {
                state.withGroup(id) { entry in
                    if entry.group.tick(now: now, &effects) { emptied.append(entry.group) }
                }
            }
            return emptied
        }
        effects.run()
        for group in emptied { store(group) { _ in } }
    }
}

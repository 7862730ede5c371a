import KafkaProtocol
import LogStorage
import Logging
import Synchronization

extension GroupCoordinator {
    /// What has expired by now is gone, even if the next tick has not come yet.
    func describe(_ request: DescribeGroupsRequest, _ context: RequestContext) -> DescribeGroupsResponse {
        tick()
        var response = DescribeGroupsResponse()
        response.groups = request.groups.map { id in
            var answer = DescribeGroupsResponse.DescribedGroup()
            answer.groupId = id
            if request.includeAuthorizedOperations { answer.authorizedOperations = AuthorizedOperations.group }
            guard let group = state.withLock({ $0.groups[id]?.group }) else {
                answer.groupState = Group.Phase.dead.rawValue
                return answer
            }
            answer.groupState = group.phase.rawValue
            answer.protocolType = group.protocolType ?? ""
            guard group.phase == .stable || !group.members.isEmpty else { return answer }
            answer.protocolData = group.phase == .stable ? group.protocolName ?? "" : ""
            answer.members = group.members.values.sorted { $0.id < $1.id }.map { member in
                var entry = DescribeGroupsResponse.DescribedGroup.DescribedGroupMember()
                entry.memberId = member.id
                entry.groupInstanceId = member.instanceId
                entry.clientId = member.clientId
                entry.clientHost = member.clientHost
                if group.phase == .stable {
                    entry.memberMetadata = member.metadata(for: group.protocolName)
                    entry.memberAssignment = member.assignment
                }
                return entry
            }
            return answer
        }
        return response
    }

    func list(_ request: ListGroupsRequest, _ context: RequestContext) -> ListGroupsResponse {
        tick()
        var response = ListGroupsResponse()
        let states = Set(request.statesFilter.map { $0.lowercased() })
        let types = Set(request.typesFilter.map { $0.lowercased() })
        guard types.isEmpty || types.contains("classic") else { return response }
        let groups = state.withLock { state in state.groups.values.map { $0.group } }
        for group in groups.sorted(by: { $0.id < $1.id }) {
            guard states.isEmpty || states.contains(group.phase.rawValue.lowercased()) else { continue }
            var entry = ListGroupsResponse.ListedGroup()
            entry.groupId = group.id
            entry.protocolType = group.protocolType ?? ""
            entry.groupState = group.phase.rawValue
            entry.groupType = "classic"
            response.groups.append(entry)
        }
        return response
    }

    func delete(
        _ request: DeleteGroupsRequest,
        _ context: RequestContext,
        _ respond: @escaping @Sendable (DeleteGroupsResponse) -> Void
    ) {
        tick()
        let collector = ResultCollector(count: request.groupsNames.count) { codes in
            var response = DeleteGroupsResponse()
            response.results = zip(request.groupsNames, codes).map { id, code in
                var entry = DeleteGroupsResponse.DeletableGroupResult()
                entry.groupId = id
                entry.errorCode = code.rawValue
                return entry
            }
            respond(response)
        }
        for (index, id) in request.groupsNames.enumerated() {
            delete(id) { collector.set(index, $0) }
        }
        if request.groupsNames.isEmpty { respond(DeleteGroupsResponse()) }
    }

    private func delete(_ id: String, _ done: @escaping @Sendable (ErrorCode) -> Void) {
        let (code, partitions): (ErrorCode, [TopicPartition]) = state.withLock { state in
            guard var entry = state.groups[id] else { return (.groupIdNotFound, []) }
            guard entry.group.phase == .empty, entry.group.pendingMembers.isEmpty else { return (.nonEmptyGroup, []) }
            guard entry.pending.isEmpty else { return (.nonEmptyGroup, []) }
            entry.group.kill()
            state.groups[id] = entry
            return (.none, entry.offsets.keys.sorted())
        }
        guard code == .none else {
            done(code)
            return
        }
        do throws(WireError) {
            var records: [(key: [UInt8], value: [UInt8]?)] = []
            for partition in partitions { records.append((try GroupRecords.offsetKey(id, partition), nil)) }
            records.append((try GroupRecords.groupKey(id), nil))
            log.append(records) { [self] result in
                switch result {
                case .success:
                    state.withLock { $0.groups[id] = nil }
                    done(.none)
                case .failure(let error): done(error.coordinatorCode)
                }
            }
        } catch {
            done(.unknownServerError)
        }
    }

    /// Removes what groups without members committed longer ago than the retention. Called at maintenance.
    func expireOffsets() {
        let limit = configuration.clock.wallMilliseconds() - configuration.offsetsRetentionMilliseconds
        let expired: [(String, [TopicPartition])] = state.withLock { state in
            state.groups.compactMap { id, entry in
                guard entry.group.phase == .empty, entry.group.phaseTimestamp < limit else { return nil }
                let old = entry.offsets.filter { $0.value.commitTimestamp < limit && !entry.hasPending($0.key) }
                return old.isEmpty ? nil : (id, old.keys.sorted())
            }
        }
        let logger = configuration.logger
        for (id, partitions) in expired {
            removeOffsets(partitions, of: id) { code in
                guard code != .none else { return }
                logger.error(
                    "offsets not expired",
                    metadata: ["code": "ERR_BROKER_GROUP_NOT_STORED", "group": "\(id)", "error": "\(code)"]
                )
            }
        }
    }
}

/// Gathers one code for each part of a request, and hands them on when all are there.
final class ResultCollector: Sendable {
    private let state: Mutex<(codes: [ErrorCode], left: Int)>
    private let done: @Sendable ([ErrorCode]) -> Void

    init(count: Int, done: @escaping @Sendable ([ErrorCode]) -> Void) {
        state = Mutex((Array(repeating: .none, count: count), count))
        self.done = done
    }

    func set(_ index: Int, _ code: ErrorCode) {
        let codes: [ErrorCode]? = state.withLock { state in
            state.codes[index] = code
            state.left -= 1
            return state.left == 0 ? state.codes : nil
        }
        if let codes { done(codes) }
    }
}

extension GroupCoordinator {
    /// A topic has been deleted: nobody's offsets in it mean anything any more.
    func forget(topic: String) {
        let affected: [(String, [TopicPartition])] = state.withLock { state in
            state.groups.compactMap { id, entry in
                let partitions = entry.offsets.keys.filter { $0.topic == topic }.sorted()
                return partitions.isEmpty ? nil : (id, partitions)
            }
        }
        let logger = configuration.logger
        for (id, partitions) in affected {
            removeOffsets(partitions, of: id) { code in
                guard code != .none else { return }
                logger.error(
                    "offsets not removed",
                    metadata: ["code": "ERR_BROKER_GROUP_NOT_STORED", "group": "\(id)", "error": "\(code)"]
                )
            }
        }
    }
}

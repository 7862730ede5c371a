import KafkaProtocol
import LogStorage
import Synchronization

/// An OffsetCommit or TxnOffsetCommit without its wire form.
struct OffsetCommitment: Sendable {
    var groupId: String
    var memberId: String
    var instanceId: String?
    var generation: Int32
    /// For commits in a transaction.
    var producer: (id: Int64, epoch: Int16)?
    var offsets: [TopicPartition: CommittedOffset]
}

extension GroupCoordinator {
    /// Stores the offsets; `respond` gets one code for all of them, when they are durable.
    func commit(_ commitment: OffsetCommitment, _ respond: @escaping @Sendable (ErrorCode) -> Void) {
        let code = admit(commitment)
        guard code == .none, !commitment.offsets.isEmpty else {
            respond(code)
            return
        }
        do throws(WireError) {
            var records: [(key: [UInt8], value: [UInt8]?)] = []
            for (partition, offset) in commitment.offsets.sorted(by: { $0.key < $1.key }) {
                let key = try GroupRecords.offsetKey(commitment.groupId, partition)
                records.append((key, try GroupRecords.offsetValue(offset)))
            }
            log.append(records, producer: commitment.producer) { [self] result in
                respond(settle(commitment, result))
            }
        } catch {
            respond(.unknownServerError)
        }
    }

    /// Checks the commit against the group, and marks transactional offsets as pending.
    private func admit(_ commitment: OffsetCommitment) -> ErrorCode {
        let now = now
        return state.withLock { state in
            if state.groups[commitment.groupId] == nil, commitment.generation >= 0 { return .illegalGeneration }
            return state.withGroup(commitment.groupId) { entry in
                let code = entry.group.checkCommit(
                    member: commitment.memberId,
                    instance: commitment.instanceId,
                    generation: commitment.generation,
                    isTransactional: commitment.producer != nil
                )
                guard code == .none else { return code }
                entry.group.touch(commitment.memberId, now: now.monotonic)
                if let producer = commitment.producer {
                    entry.pending[producer.id, default: [:]].merge(commitment.offsets) { $1 }
                }
                return .none
            }
        }
    }

    /// The write is over: the offsets count, or wait for the end of their transaction, or are gone.
    private func settle(_ commitment: OffsetCommitment, _ result: Result<Int64, StorageError>) -> ErrorCode {
        state.withLock { state in
            state.withGroup(commitment.groupId) { entry in
                switch result {
                case .success(let baseOffset):
                    for (partition, offset) in commitment.offsets {
                        var stored = offset
                        stored.storedAt = baseOffset
                        if let producer = commitment.producer {
                            entry.pending[producer.id]?[partition] = stored
                        } else {
                            entry.apply(partition, stored)
                        }
                    }
                    return .none
                case .failure(let error):
                    if let producer = commitment.producer {
                        for partition in commitment.offsets.keys { entry.pending[producer.id]?[partition] = nil }
                        if entry.pending[producer.id]?.isEmpty == true { entry.pending[producer.id] = nil }
                    }
                    return error.coordinatorCode
                }
            }
        }
    }

    /// A transaction's marker is durable in the offsets topic.
    func endTransaction(_ producerId: Int64, _ marker: TransactionMarker) {
        state.withLock { state in
            for id in Array(state.groups.keys) {
                state.withGroup(id) { $0.endTransaction(producerId, marker) }
            }
        }
    }

    // MARK: Reading

    func fetchOffsets(_ request: OffsetFetchRequest, _ context: RequestContext) -> OffsetFetchResponse {
        var response = OffsetFetchResponse()
        guard context.version < 8 else {
            response.groups = request.groups.map { group in
                let topics = group.topics?.map { topic in
                    (name: topic.name, partitions: topic.partitionIndexes)
                }
                var entry = OffsetFetchResponse.OffsetFetchResponseGroup()
                entry.groupId = group.groupId
                entry.topics = offsets(of: group.groupId, topics, requireStable: request.requireStable)
                return entry
            }
            return response
        }
        let topics = request.topics?.map { (name: $0.name, partitions: $0.partitionIndexes) }
        let found = offsets(of: request.groupId, topics, requireStable: request.requireStable)
        response.topics = found.map { topic in
            var entry = OffsetFetchResponse.OffsetFetchResponseTopic()
            entry.name = topic.name
            entry.partitions = topic.partitions.map { partition in
                var result = OffsetFetchResponse.OffsetFetchResponseTopic.OffsetFetchResponsePartition()
                result.partitionIndex = partition.partitionIndex
                result.committedOffset = partition.committedOffset
                result.committedLeaderEpoch = partition.committedLeaderEpoch
                result.metadata = partition.metadata
                result.errorCode = partition.errorCode
                return result
            }
            return entry
        }
        return response
    }

    private typealias Topics = OffsetFetchResponse.OffsetFetchResponseGroup.OffsetFetchResponseTopics

    /// - Parameter topics: nil asks for everything the group has committed.
    private func offsets(
        of groupId: String,
        _ topics: [(name: String, partitions: [Int32])]?,
        requireStable: Bool
    ) -> [Topics] {
        let entry = state.withLock { $0.groups[groupId] }
        var wanted: [(name: String, partitions: [Int32])] = topics ?? []
        if topics == nil, let entry {
            let byTopic = Dictionary(grouping: entry.offsets.keys) { $0.topic }
            wanted = byTopic.sorted { $0.key < $1.key }.map { ($0.key, $0.value.map { $0.partition }.sorted()) }
        }
        return wanted.map { name, partitions in
            var topic = Topics()
            topic.name = name
            topic.partitions = partitions.map { partition in
                var result = Topics.OffsetFetchResponsePartitions()
                let key = TopicPartition(topic: name, partition: partition)
                result.partitionIndex = partition
                result.committedOffset = -1
                result.metadata = ""
                if requireStable, entry?.hasPending(key) == true {
                    result.errorCode = ErrorCode.unstableOffsetCommit.rawValue
                } else if let commit = entry?.offsets[key] {
                    result.committedOffset = commit.offset
                    result.committedLeaderEpoch = commit.leaderEpoch
                    result.metadata = commit.metadata
                }
                return result
            }
            return topic
        }
    }

    // MARK: Removing

    func deleteOffsets(
        _ request: OffsetDeleteRequest,
        _ context: RequestContext,
        _ respond: @escaping @Sendable (OffsetDeleteResponse) -> Void
    ) {
        var response = OffsetDeleteResponse()
        let entry = state.withLock { $0.groups[request.groupId] }
        guard let entry, entry.group.phase != .dead else {
            response.errorCode = ErrorCode.groupIdNotFound.rawValue
            respond(response)
            return
        }
        let group = entry.group
        guard group.phase == .empty || group.protocolType == "consumer" else {
            response.errorCode = ErrorCode.nonEmptyGroup.rawValue
            respond(response)
            return
        }
        var removed: [TopicPartition] = []
        for topic in request.topics {
            var answer = OffsetDeleteResponse.OffsetDeleteResponseTopic()
            answer.name = topic.name
            let isSubscribed = group.isSubscribed(to: topic.name)
            for partition in topic.partitions {
                var result = OffsetDeleteResponse.OffsetDeleteResponseTopic.OffsetDeleteResponsePartition()
                result.partitionIndex = partition.partitionIndex
                if isSubscribed {
                    result.errorCode = ErrorCode.groupSubscribedToTopic.rawValue
                } else {
                    removed.append(TopicPartition(topic: topic.name, partition: partition.partitionIndex))
                }
                answer.partitions.append(result)
            }
            response.topics.append(answer)
        }
        let answer = response
        removeOffsets(removed, of: request.groupId) { code in
            var answer = answer
            answer.errorCode = code.rawValue
            respond(answer)
        }
    }

    /// Writes tombstones and forgets the offsets when they are durable.
    func removeOffsets(
        _ partitions: [TopicPartition],
        of groupId: String,
        _ respond: @escaping @Sendable (ErrorCode) -> Void
    ) {
        guard !partitions.isEmpty else {
            respond(.none)
            return
        }
        do throws(WireError) {
            var records: [(key: [UInt8], value: [UInt8]?)] = []
            for partition in partitions { records.append((try GroupRecords.offsetKey(groupId, partition), nil)) }
            log.append(records) { [self] result in
                switch result {
                case .success(let storedAt):
                    state.withLock { state in
                        state.withGroup(groupId) { entry in
                            for partition in partitions where (entry.offsets[partition]?.storedAt ?? -1) < storedAt {
                                entry.offsets[partition] = nil
                            }
                        }
                    }
                    respond(.none)
                case .failure(let error): respond(error.coordinatorCode)
                }
            }
        } catch {
            respond(.unknownServerError)
        }
    }
}

extension StorageError {
    /// What a coordinator answers when its own log refuses a write.
    var coordinatorCode: ErrorCode {
        switch self {
        case .invalidProducerEpoch: .invalidProducerEpoch
        case .messageTooLarge: .invalidCommitOffsetSize
        case .invalidTransactionState: .invalidTransactionState
        default: .coordinatorNotAvailable
        }
    }
}

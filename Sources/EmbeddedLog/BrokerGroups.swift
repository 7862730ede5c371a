import KafkaProtocol

extension Broker {
    func findCoordinator(_ request: FindCoordinatorRequest, _ context: RequestContext) -> FindCoordinatorResponse {
        var response = FindCoordinatorResponse()
        // Key types: 0 group, 1 transaction.
        let isKnownType = request.keyType == 0 || request.keyType == 1
        let code: ErrorCode = isKnownType ? .none : .invalidRequest
        guard context.version >= 4 else {
            response.errorCode = code.rawValue
            response.nodeId = isKnownType ? configuration.nodeId : -1
            response.host = isKnownType ? context.advertisedHost : ""
            response.port = isKnownType ? context.advertisedPort : -1
            return response
        }
        response.coordinators = request.coordinatorKeys.map { key in
            var entry = FindCoordinatorResponse.Coordinator()
            entry.key = key
            entry.errorCode = code.rawValue
            entry.nodeId = isKnownType ? configuration.nodeId : -1
            entry.host = isKnownType ? context.advertisedHost : ""
            entry.port = isKnownType ? context.advertisedPort : -1
            return entry
        }
        return response
    }

    // MARK: Commits

    /// One offset of a commit request, whichever API it came by.
    private struct OffsetItem {
        let partition: Int32
        let offset: Int64
        let leaderEpoch: Int32
        let metadata: String?
    }

    /// What can be committed, and a code for each partition, in order, for what can't.
    private func sort(
        _ topics: [(name: String, items: [OffsetItem])]
    ) -> (offsets: [TopicPartition: CommittedOffset], codes: [[ErrorCode]]) {
        let now = configuration.clock.wallMilliseconds()
        var offsets: [TopicPartition: CommittedOffset] = [:]
        var codes: [[ErrorCode]] = []
        for (name, items) in topics {
            let topic = self.topics.topic(name)
            codes.append(
                items.map { item in
                    guard topic?.log(item.partition) != nil else { return .unknownTopicOrPartition }
                    let metadata = item.metadata ?? ""
                    guard metadata.utf8.count <= configuration.limits.maxOffsetMetadataBytes else {
                        return .offsetMetadataTooLarge
                    }
                    offsets[TopicPartition(topic: name, partition: item.partition)] = CommittedOffset(
                        offset: item.offset,
                        leaderEpoch: item.leaderEpoch,
                        metadata: metadata,
                        commitTimestamp: now,
                        storedAt: -1
                    )
                    return .none
                }
            )
        }
        return (offsets, codes)
    }

    func offsetCommit(
        _ request: OffsetCommitRequest,
        _ context: RequestContext,
        _ respond: @escaping @Sendable (OffsetCommitResponse) -> Void
    ) {
        let (offsets, codes) = sort(
            request.topics.map { topic in
                let items = topic.partitions.map {
                    OffsetItem(
                        partition: $0.partitionIndex,
                        offset: $0.committedOffset,
                        leaderEpoch: $0.committedLeaderEpoch,
                        metadata: $0.committedMetadata
                    )
                }
                return (topic.name, items)
            }
        )
        let commitment = OffsetCommitment(
            groupId: request.groupId,
            memberId: request.memberId,
            instanceId: request.groupInstanceId,
            generation: context.version >= 1 ? request.generationIdOrMemberEpoch : -1,
            producer: nil,
            offsets: offsets
        )
        groups.commit(commitment) { code in
            var response = OffsetCommitResponse()
            for (topic, topicCodes) in zip(request.topics, codes) {
                var answer = OffsetCommitResponse.OffsetCommitResponseTopic()
                answer.name = topic.name
                for (partition, own) in zip(topic.partitions, topicCodes) {
                    var result = OffsetCommitResponse.OffsetCommitResponseTopic.OffsetCommitResponsePartition()
                    result.partitionIndex = partition.partitionIndex
                    result.errorCode = (own == .none ? code : own).rawValue
                    answer.partitions.append(result)
                }
                response.topics.append(answer)
            }
            respond(response)
        }
    }

    func txnOffsetCommit(
        _ request: TxnOffsetCommitRequest,
        _ context: RequestContext,
        _ respond: @escaping @Sendable (TxnOffsetCommitResponse) -> Void
    ) {
        let (offsets, codes) = sort(
            request.topics.map { topic in
                let items = topic.partitions.map {
                    OffsetItem(
                        partition: $0.partitionIndex,
                        offset: $0.committedOffset,
                        leaderEpoch: $0.committedLeaderEpoch,
                        metadata: $0.committedMetadata
                    )
                }
                return (topic.name, items)
            }
        )
        let answer: @Sendable (ErrorCode) -> Void = { code in
            var response = TxnOffsetCommitResponse()
            for (topic, topicCodes) in zip(request.topics, codes) {
                var answer = TxnOffsetCommitResponse.TxnOffsetCommitResponseTopic()
                answer.name = topic.name
                for (partition, own) in zip(topic.partitions, topicCodes) {
                    var result = TxnOffsetCommitResponse.TxnOffsetCommitResponseTopic.TxnOffsetCommitResponsePartition()
                    result.partitionIndex = partition.partitionIndex
                    result.errorCode = (own == .none ? code : own).rawValue
                    answer.partitions.append(result)
                }
                response.topics.append(answer)
            }
            respond(response)
        }
        let refusal = transactions.check(
            transactionalId: request.transactionalId,
            producerId: request.producerId,
            producerEpoch: request.producerEpoch,
            partition: TopicPartition(topic: InternalTopics.offsets, partition: 0)
        )
        guard refusal == .none else {
            answer(refusal)
            return
        }
        let commitment = OffsetCommitment(
            groupId: request.groupId,
            memberId: request.memberId,
            instanceId: request.groupInstanceId,
            generation: request.generationId,
            producer: (request.producerId, request.producerEpoch),
            offsets: offsets
        )
        groups.commit(commitment, answer)
    }
}

import KafkaProtocol

/// AddPartitionsToTxn and AddOffsetsToTxn: what a transaction is going to write to.
extension TransactionCoordinator {
    func addPartitions(
        _ request: AddPartitionsToTxnRequest,
        _ context: RequestContext,
        _ respond: @escaping @Sendable (AddPartitionsToTxnResponse) -> Void
    ) {
        let wanted = request.v3AndBelowTopics.flatMap { topic in
            topic.partitions.map { TopicPartition(topic: topic.name, partition: $0) }
        }
        let unknown = Set(wanted.filter { topics.log($0.topic, $0.partition) == nil })
        let answer: @Sendable (ErrorCode) -> Void = { code in
            var response = AddPartitionsToTxnResponse()
            response.resultsByTopicV3AndBelow = request.v3AndBelowTopics.map { topic in
                var entry = AddPartitionsToTxnResponse.AddPartitionsToTxnTopicResult()
                entry.name = topic.name
                entry.resultsByPartition = topic.partitions.map { partition in
                    var result = AddPartitionsToTxnResponse.AddPartitionsToTxnTopicResult
                        .AddPartitionsToTxnPartitionResult()
                    let isUnknown = unknown.contains(TopicPartition(topic: topic.name, partition: partition))
                    result.partitionIndex = partition
                    result.partitionErrorCode = (isUnknown ? .unknownTopicOrPartition : code).rawValue
                    return result
                }
                return entry
            }
            respond(response)
        }
        guard unknown.isEmpty else { return answer(.operationNotAttempted) }
        let fenced: ErrorCode = context.version < 2 ? .invalidProducerEpoch : .producerFenced
        let id = request.v3AndBelowTransactionalId
        let producer = (request.v3AndBelowProducerId, request.v3AndBelowProducerEpoch)
        add(Set(wanted), to: id, producer) { answer($0 == .producerFenced ? fenced : $0) }
    }

    func addOffsets(
        _ request: AddOffsetsToTxnRequest,
        _ context: RequestContext,
        _ respond: @escaping @Sendable (AddOffsetsToTxnResponse) -> Void
    ) {
        let fenced: ErrorCode = context.version < 2 ? .invalidProducerEpoch : .producerFenced
        let partition = TopicPartition(topic: InternalTopics.offsets, partition: 0)
        add([partition], to: request.transactionalId, (request.producerId, request.producerEpoch)) { code in
            var response = AddOffsetsToTxnResponse()
            response.errorCode = (code == .producerFenced ? fenced : code).rawValue
            respond(response)
        }
    }

    func add(
        _ partitions: Set<TopicPartition>,
        to id: String,
        _ producer: (id: Int64, epoch: Int16),
        _ completion: @escaping @Sendable (ErrorCode) -> Void
    ) {
        guard !id.isEmpty else { return completion(.invalidRequest) }
        let now = now
        let decision = decide(id) { present in
            guard let present else { return .answer(.invalidProducerIdMapping) }
            let code = present.check(producerId: producer.id, epoch: producer.epoch)
            guard code == .none else { return .answer(code) }
            guard !present.isChanging else { return .answer(.concurrentTransactions) }
            switch present.phase {
            case .prepareCommit, .prepareAbort: return .answer(.concurrentTransactions)
            case .dead, .prepareEpochFence: return .answer(.producerFenced)
            case .ongoing where partitions.isSubset(of: present.partitions): return .answer(.none)
            default: return .change(present.adding(partitions, now: now))
            }
        }
        switch decision {
        case .answer(let code): completion(code)
        case .change(let next): store(next, completion)
        }
    }
}

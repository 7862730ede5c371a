import KafkaProtocol
import Synchronization

extension TransactionCoordinator {
    func describe(
        _ request: DescribeTransactionsRequest,
        _ context: RequestContext
    ) -> DescribeTransactionsResponse {
        var response = DescribeTransactionsResponse()
        response.transactionStates = request.transactionalIds.map { id in
            var entry = DescribeTransactionsResponse.TransactionState()
            entry.transactionalId = id
            guard let present = state.withLock({ $0[id] }) else {
                entry.errorCode = ErrorCode.transactionalIdNotFound.rawValue
                return entry
            }
            entry.transactionState = present.phase.name
            entry.transactionTimeoutMs = present.timeout
            entry.transactionStartTimeMs = present.startTimestamp
            entry.producerId = present.producerId
            entry.producerEpoch = present.epoch
            entry.topics = Dictionary(grouping: present.partitions) { $0.topic }.sorted { $0.key < $1.key }
                .map { name, partitions in
                    var topic = DescribeTransactionsResponse.TransactionState.TopicData()
                    topic.topic = name
                    topic.partitions = partitions.map { $0.partition }.sorted()
                    return topic
                }
            return entry
        }
        return response
    }

    func list(_ request: ListTransactionsRequest, _ context: RequestContext) -> ListTransactionsResponse {
        var response = ListTransactionsResponse()
        let known = Set((Int8(0)...7).compactMap { TransactionState.Phase(rawValue: $0)?.name })
        response.unknownStateFilters = request.stateFilters.filter { !known.contains($0) }
        let wall = configuration.clock.wallMilliseconds()
        let states = state.withLock { Array($0.values) }
        for state in states.sorted(by: { $0.id < $1.id }) where state.phase != .dead {
            let age = state.startTimestamp < 0 ? -1 : wall - state.startTimestamp
            guard request.stateFilters.isEmpty || request.stateFilters.contains(state.phase.name),
                request.producerIdFilters.isEmpty || request.producerIdFilters.contains(state.producerId),
                request.durationFilter < 0 || age > request.durationFilter
            else { continue }
            var entry = ListTransactionsResponse.TransactionState()
            entry.transactionalId = state.id
            entry.producerId = state.producerId
            entry.transactionState = state.phase.name
            response.transactionStates.append(entry)
        }
        return response
    }
}

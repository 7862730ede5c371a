import KafkaProtocol
import LogStorage

extension Broker {
    /// The special timestamps of ListOffsets.
    private enum OffsetQuery {
        static let latest: Int64 = -1
        static let earliest: Int64 = -2
        static let maximumTimestamp: Int64 = -3
        static let earliestLocal: Int64 = -4
        static let latestTiered: Int64 = -5

        /// Whether a request of this version may ask for it. Other negative timestamps have no meaning yet.
        static func isKnown(_ timestamp: Int64, version: Int16) -> Bool {
            switch timestamp {
            case earliest...: true
            case maximumTimestamp: version >= 7
            case earliestLocal: version >= 8
            case latestTiered: version >= 9
            default: false
            }
        }
    }

    /// The answer for one partition.
    private struct FoundOffset {
        let offset: Int64
        let timestamp: Int64
        let leaderEpoch: Int32

        init(offset: Int64, timestamp: Int64, leaderEpoch: Int32) {
            self.offset = offset
            self.timestamp = timestamp
            self.leaderEpoch = leaderEpoch
        }

        init(_ found: TimestampedOffset) {
            self.init(offset: found.offset, timestamp: found.timestampMilliseconds, leaderEpoch: found.leaderEpoch)
        }
    }

    /// A search by timestamp reads and decompresses, so it does not hold up the connection's event loop.
    func listOffsets(
        _ request: ListOffsetsRequest,
        _ context: RequestContext,
        _ respond: @escaping @Sendable (ListOffsetsResponse) -> Void
    ) {
        let isSearch = request.topics.contains { topic in
            topic.partitions.contains { $0.timestamp >= 0 || $0.timestamp == OffsetQuery.maximumTimestamp }
        }
        guard isSearch else { return respond(listOffsets(request, context)) }
        runBlocking { [self] in respond(listOffsets(request, context)) }
    }

    private func listOffsets(_ request: ListOffsetsRequest, _ context: RequestContext) -> ListOffsetsResponse {
        var response = ListOffsetsResponse()
        let isolation = IsolationLevel(rawValue: request.isolationLevel) ?? .readUncommitted
        let repeated = context.version == 0 ? [] : Self.repeatedPartitions(request)
        response.topics = request.topics.map { topic in
            var answer = ListOffsetsResponse.ListOffsetsTopicResponse()
            answer.name = topic.name
            answer.partitions = topic.partitions.map { partition in
                var result = ListOffsetsResponse.ListOffsetsTopicResponse.ListOffsetsPartitionResponse()
                result.partitionIndex = partition.partitionIndex
                do throws(ErrorCode) {
                    let name = TopicPartition(topic: topic.name, partition: partition.partitionIndex)
                    guard !repeated.contains(name) else { throw .invalidRequest }
                    guard OffsetQuery.isKnown(partition.timestamp, version: context.version) else {
                        throw .unsupportedVersion
                    }
                    guard let log = topics.log(topic.name, partition.partitionIndex) else {
                        throw .unknownTopicOrPartition
                    }
                    try checkEpoch(partition.currentLeaderEpoch, log)
                    let found = try search(log, partition.timestamp, isolation)
                    if let found {
                        result.offset = found.offset
                        result.timestamp = found.timestamp
                        result.leaderEpoch = found.leaderEpoch
                    }
                    if context.version == 0 { result.oldStyleOffsets = found.map { [$0.offset] } ?? [] }
                } catch {
                    result.errorCode = error.rawValue
                }
                return result
            }
            return answer
        }
        return response
    }

    private static func repeatedPartitions(_ request: ListOffsetsRequest) -> Set<TopicPartition> {
        var seen: Set<TopicPartition> = []
        var repeated: Set<TopicPartition> = []
        for topic in request.topics {
            for partition in topic.partitions {
                let name = TopicPartition(topic: topic.name, partition: partition.partitionIndex)
                if !seen.insert(name).inserted { repeated.insert(name) }
            }
        }
        return repeated
    }

    private func search(
        _ log: PartitionLog,
        _ timestamp: Int64,
        _ isolation: IsolationLevel
    ) throws(ErrorCode) -> FoundOffset? {
        let end = isolation == .readCommitted ? log.lastStableOffset : log.highWatermark
        do throws(StorageError) {
            switch timestamp {
            case OffsetQuery.latest:
                return FoundOffset(offset: end, timestamp: -1, leaderEpoch: log.leaderEpoch)
            case OffsetQuery.earliest, OffsetQuery.earliestLocal:
                let start = log.logStartOffset
                let epoch = log.leaderEpoch(atOffset: start)
                return FoundOffset(offset: start, timestamp: -1, leaderEpoch: epoch)
            case OffsetQuery.maximumTimestamp:
                return try log.offsetOfMaximumTimestamp().map(FoundOffset.init)
            case OffsetQuery.latestTiered:
                return FoundOffset(offset: -1, timestamp: -1, leaderEpoch: -1)
            case ..<0:
                return nil
            default:
                return try log.offset(forTimestamp: timestamp, isolation: isolation).map(FoundOffset.init)
            }
        } catch {
            throw error.code
        }
    }

    func offsetForLeaderEpoch(
        _ request: OffsetForLeaderEpochRequest,
        _ context: RequestContext
    ) -> OffsetForLeaderEpochResponse {
        var response = OffsetForLeaderEpochResponse()
        response.topics = request.topics.map { topic in
            var answer = OffsetForLeaderEpochResponse.OffsetForLeaderTopicResult()
            answer.topic = topic.topic
            answer.partitions = topic.partitions.map { partition in
                var result = OffsetForLeaderEpochResponse.OffsetForLeaderTopicResult.EpochEndOffset()
                result.partition = partition.partition
                do throws(ErrorCode) {
                    guard let log = topics.log(topic.topic, partition.partition) else {
                        throw .unknownTopicOrPartition
                    }
                    try checkEpoch(partition.currentLeaderEpoch, log)
                    if let found = log.endOffset(forLeaderEpoch: partition.leaderEpoch) {
                        result.leaderEpoch = found.leaderEpoch
                        result.endOffset = found.endOffset
                    }
                } catch {
                    result.errorCode = error.rawValue
                }
                return result
            }
            return answer
        }
        return response
    }

    func deleteRecords(
        _ request: DeleteRecordsRequest,
        _ context: RequestContext,
        _ respond: @escaping @Sendable (DeleteRecordsResponse) -> Void
    ) {
        runBlocking { [self] in
            var response = DeleteRecordsResponse()
            response.topics = request.topics.map { topic in
                var answer = DeleteRecordsResponse.DeleteRecordsTopicResult()
                answer.name = topic.name
                answer.partitions = topic.partitions.map { partition in
                    var result = DeleteRecordsResponse.DeleteRecordsTopicResult.DeleteRecordsPartitionResult()
                    result.partitionIndex = partition.partitionIndex
                    result.lowWatermark = -1
                    do throws(StorageError) {
                        guard let log = topics.log(topic.name, partition.partitionIndex) else {
                            throw .unknownTopic(topic.name)
                        }
                        guard log.config.cleanupPolicy != .compact, !InternalTopics.names.contains(topic.name) else {
                            result.errorCode = ErrorCode.policyViolation.rawValue
                            return result
                        }
                        result.lowWatermark = try log.deleteRecords(before: partition.offset)
                    } catch {
                        result.errorCode = error.code.rawValue
                    }
                    return result
                }
                return answer
            }
            respond(response)
        }
    }

    func describeProducers(
        _ request: DescribeProducersRequest,
        _ context: RequestContext
    ) -> DescribeProducersResponse {
        var response = DescribeProducersResponse()
        response.topics = request.topics.map { topic in
            var answer = DescribeProducersResponse.TopicResponse()
            answer.name = topic.name
            answer.partitions = topic.partitionIndexes.map { index in
                var result = DescribeProducersResponse.TopicResponse.PartitionResponse()
                result.partitionIndex = index
                guard let log = topics.log(topic.name, index) else {
                    result.errorCode = ErrorCode.unknownTopicOrPartition.rawValue
                    return result
                }
                result.activeProducers = log.latestProducers.map { producer in
                    var entry = DescribeProducersResponse.TopicResponse.PartitionResponse.ProducerState()
                    entry.producerId = producer.producerId
                    entry.producerEpoch = Int32(producer.producerEpoch)
                    entry.lastSequence = producer.lastSequence
                    entry.lastTimestamp = producer.lastTimestampMilliseconds
                    entry.coordinatorEpoch = producer.coordinatorEpoch
                    entry.currentTxnStartOffset = producer.currentTransactionStartOffset
                    return entry
                }
                return result
            }
            return answer
        }
        return response
    }
}

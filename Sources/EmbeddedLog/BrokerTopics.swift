import KafkaProtocol
import LogStorage
import NIOPosix

/// Why an administrative request about one topic is refused.
struct TopicRefusal: Error {
    let code: ErrorCode
    let message: String

    init(_ code: ErrorCode, _ message: String) {
        self.code = code
        self.message = message
    }

    init(_ error: StorageError) {
        code = error.code
        message = "\(error)"
    }
}

extension Broker {
    /// Runs what waits for the disk off the event loops. After shutdown it is dropped: the connections are closed then.
    func runBlocking(_ work: @escaping @Sendable () -> Void) {
        blockingThreads.submit { state in
            guard case .active = state else { return }
            work()
        }
    }

    // MARK: Creating

    func createTopics(
        _ request: CreateTopicsRequest,
        _ context: RequestContext,
        _ respond: @escaping @Sendable (CreateTopicsResponse) -> Void
    ) {
        runBlocking { [self] in
            var response = CreateTopicsResponse()
            let repeated = Dictionary(grouping: request.topics) { $0.name }.filter { $0.value.count > 1 }
            for wanted in request.topics {
                var result = CreateTopicsResponse.CreatableTopicResult()
                result.name = wanted.name
                do throws(TopicRefusal) {
                    guard repeated[wanted.name] == nil else {
                        throw TopicRefusal(.invalidRequest, "Duplicate topic name.")
                    }
                    try create(wanted, validateOnly: request.validateOnly, &result)
                } catch {
                    result.errorCode = error.code.rawValue
                    result.errorMessage = error.message
                    result.numPartitions = -1
                    result.replicationFactor = -1
                }
                response.topics.append(result)
            }
            respond(response)
        }
    }

    private func create(
        _ wanted: CreateTopicsRequest.CreatableTopic,
        validateOnly: Bool,
        _ result: inout CreateTopicsResponse.CreatableTopicResult
    ) throws(TopicRefusal) {
        guard Self.isValidTopicName(wanted.name) else {
            throw TopicRefusal(.invalidTopic, "Topic name is invalid: '\(wanted.name)'")
        }
        guard topics.topic(wanted.name) == nil else {
            throw TopicRefusal(.topicAlreadyExists, "Topic '\(wanted.name)' already exists.")
        }
        if let other = topics.topic(collidingWith: wanted.name) {
            throw TopicRefusal(.invalidTopic, "Topic '\(wanted.name)' collides with existing topic: \(other)")
        }
        let partitions = try partitionCount(wanted)
        var overrides: [String: String] = [:]
        for config in wanted.configs {
            guard let value = config.value else {
                throw TopicRefusal(.invalidConfig, "Null value not supported for topic configs: \(config.name)")
            }
            overrides[config.name] = value
        }
        let config = try validated(overrides)
        if !validateOnly {
            do throws(StorageError) {
                try create(wanted.name, partitions: partitions, overrides: overrides)
            } catch {
                throw TopicRefusal(error)
            }
        }
        result.topicId = topics.topic(wanted.name)?.id ?? KafkaUUID()
        result.numPartitions = partitions
        result.replicationFactor = 1
        result.configs = TopicConfigEntry.all(of: config).map { entry in
            var answer = CreateTopicsResponse.CreatableTopicResult.CreatableTopicConfigs()
            answer.name = entry.name
            answer.value = entry.value
            answer.configSource = entry.source(overrides: overrides)
            return answer
        }
    }

    private func partitionCount(_ wanted: CreateTopicsRequest.CreatableTopic) throws(TopicRefusal) -> Int32 {
        var count = wanted.numPartitions == -1 ? configuration.defaultPartitions : wanted.numPartitions
        if !wanted.assignments.isEmpty {
            guard wanted.numPartitions == -1, wanted.replicationFactor == -1 else {
                throw TopicRefusal(
                    .invalidRequest,
                    "Both numPartitions or replicationFactor and replicasAssignments were set."
                )
            }
            let isOurs = wanted.assignments.allSatisfy { $0.brokerIds == [configuration.nodeId] }
            let numbers = wanted.assignments.map { $0.partitionIndex }.sorted()
            guard isOurs, numbers == Array(0..<Int32(wanted.assignments.count)) else {
                throw TopicRefusal(
                    .invalidReplicaAssignment,
                    "The assignment must name this broker for each partition."
                )
            }
            count = Int32(wanted.assignments.count)
        }
        guard count > 0 else {
            throw TopicRefusal(.invalidPartitions, "Number of partitions must be larger than 0, or -1 for the default.")
        }
        guard topics.partitionCount + Int(count) <= configuration.limits.maxPartitions else {
            throw TopicRefusal(
                .policyViolation,
                "The broker keeps \(configuration.limits.maxPartitions) partitions at most."
            )
        }
        guard wanted.replicationFactor == -1 || wanted.replicationFactor == 1 else {
            throw TopicRefusal(
                .invalidReplicationFactor,
                "Replication factor: \(wanted.replicationFactor) larger than available brokers: 1."
            )
        }
        return count
    }

    private func validated(_ overrides: [String: String]) throws(TopicRefusal) -> LogConfig {
        do throws(StorageError) {
            return try configuration.topicDefaults.applying(overrides)
        } catch {
            guard case .invalidConfig(let name, let reason) = error else { throw TopicRefusal(error) }
            throw TopicRefusal(.invalidConfig, "\(name): \(reason)")
        }
    }

    /// Creates the topic on disk and shows it to clients. Blocks for the disk.
    func create(_ name: String, partitions: Int32, overrides: [String: String]) throws(StorageError) {
        try directory.createTopic(
            TopicDescription(name: name, id: .random(), partitionCount: partitions, overrides: overrides)
        )
        topics.reload()
        if let topic = topics.topic(name) { watch(topic) }
    }

    // MARK: Deleting and growing

    func deleteTopics(
        _ request: DeleteTopicsRequest,
        _ context: RequestContext,
        _ respond: @escaping @Sendable (DeleteTopicsResponse) -> Void
    ) {
        runBlocking { [self] in
            var response = DeleteTopicsResponse()
            let wanted: [(name: String?, id: KafkaUUID)] =
                context.version >= 6
                ? request.topics.map { ($0.name, $0.topicId) } : request.topicNames.map { ($0, KafkaUUID()) }
            for (name, id) in wanted {
                var result = DeleteTopicsResponse.DeletableTopicResult()
                result.name = name
                result.topicId = id
                do throws(TopicRefusal) {
                    let topic = name.flatMap { topics.topic($0) } ?? topics.topic(id)
                    guard let topic else {
                        throw name == nil
                            ? TopicRefusal(.unknownTopicId, "This server does not host this topic ID.")
                            : TopicRefusal(.unknownTopicOrPartition, "This server does not host this topic-partition.")
                    }
                    result.name = topic.name
                    result.topicId = topic.id
                    try delete(topic)
                } catch {
                    result.errorCode = error.code.rawValue
                    result.errorMessage = error.message
                }
                response.responses.append(result)
            }
            respond(response)
        }
    }

    private func delete(_ topic: Topic) throws(TopicRefusal) {
        guard !topic.isInternal else {
            throw TopicRefusal(.invalidRequest, "\(topic.name) is an internal topic.")
        }
        do throws(StorageError) {
            try directory.deleteTopic(topic.name)
        } catch {
            throw TopicRefusal(error)
        }
        topics.reload()
        for log in topic.logs { fetchWaiters.wake(log) }
        groups.forget(topic: topic.name)
    }

    func createPartitions(
        _ request: CreatePartitionsRequest,
        _ context: RequestContext,
        _ respond: @escaping @Sendable (CreatePartitionsResponse) -> Void
    ) {
        runBlocking { [self] in
            var response = CreatePartitionsResponse()
            for wanted in request.topics {
                var result = CreatePartitionsResponse.CreatePartitionsTopicResult()
                result.name = wanted.name
                do throws(TopicRefusal) {
                    try grow(wanted, validateOnly: request.validateOnly)
                } catch {
                    result.errorCode = error.code.rawValue
                    result.errorMessage = error.message
                }
                response.results.append(result)
            }
            respond(response)
        }
    }

    private func grow(
        _ wanted: CreatePartitionsRequest.CreatePartitionsTopic,
        validateOnly: Bool
    ) throws(TopicRefusal) {
        guard let topic = topics.topic(wanted.name) else {
            throw TopicRefusal(.unknownTopicOrPartition, "The topic '\(wanted.name)' does not exist.")
        }
        guard !topic.isInternal else {
            throw TopicRefusal(.invalidRequest, "\(topic.name) is an internal topic.")
        }
        let present = topic.description.partitionCount
        guard wanted.count > present else {
            throw TopicRefusal(
                .invalidPartitions,
                "The topic \(topic.name) currently has \(present) partition(s); \(wanted.count) would not be an increase."
            )
        }
        let added = Int(wanted.count - present)
        if let assignments = wanted.assignments {
            guard assignments.count == added, assignments.allSatisfy({ $0.brokerIds == [configuration.nodeId] }) else {
                throw TopicRefusal(
                    .invalidReplicaAssignment,
                    "The assignment must name this broker for each partition."
                )
            }
        }
        guard topics.partitionCount + added <= configuration.limits.maxPartitions else {
            throw TopicRefusal(
                .policyViolation,
                "The broker keeps \(configuration.limits.maxPartitions) partitions at most."
            )
        }
        guard !validateOnly else { return }
        do throws(StorageError) {
            try directory.setPartitionCount(wanted.count, topic: topic.name)
        } catch {
            throw TopicRefusal(error)
        }
        topics.reload()
        if let grown = topics.topic(topic.name) { watch(grown) }
    }
}

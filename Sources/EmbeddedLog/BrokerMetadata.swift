import Glibc
import KafkaProtocol
import LogStorage
import Logging

extension Broker {
    /// The cluster's name in metadata.
    static let clusterId = "meterlog-embedded-log"

    func metadata(
        _ request: MetadataRequest,
        _ context: RequestContext,
        _ respond: @escaping @Sendable (MetadataResponse) -> Void
    ) {
        let named = request.topics?.filter { $0.topicId.isZero }.compactMap { $0.name } ?? []
        let missing = named.filter { topics.topic($0) == nil }
        let mayCreate = configuration.autoCreateTopics && (context.version < 4 || request.allowAutoTopicCreation)
        guard mayCreate, !missing.isEmpty else {
            respond(metadata(request, context))
            return
        }
        runBlocking { [self] in
            for name in missing {
                guard !InternalTopics.names.contains(name), topics.topic(collidingWith: name) == nil else { continue }
                do throws(StorageError) {
                    try create(name, partitions: configuration.defaultPartitions, overrides: [:])
                } catch {
                    configuration.logger.info("topic not created", metadata: ["topic": "\(name)", "error": "\(error)"])
                }
            }
            respond(metadata(request, context))
        }
    }

    private func metadata(_ request: MetadataRequest, _ context: RequestContext) -> MetadataResponse {
        var response = MetadataResponse()
        var broker = MetadataResponse.MetadataResponseBroker()
        broker.nodeId = configuration.nodeId
        broker.host = context.advertisedHost
        broker.port = context.advertisedPort
        response.brokers = [broker]
        response.clusterId = Self.clusterId
        response.controllerId = configuration.nodeId
        if request.includeClusterAuthorizedOperations {
            response.clusterAuthorizedOperations = AuthorizedOperations.cluster
        }
        let includesOperations = request.includeTopicAuthorizedOperations
        let wanted = request.topics.flatMap { context.version == 0 && $0.isEmpty ? nil : $0 }
        guard let wanted else {
            response.topics = topics.all.map { describe($0, includesOperations) }
            return response
        }
        response.topics = wanted.map { entry in
            // Java clients that ask by id send an empty name beside it.
            if entry.topicId.isZero, let name = entry.name {
                return topics.topic(name).map { describe($0, includesOperations) }
                    ?? unknown(entry, Self.codeOfUnknown(name))
            }
            return topics.topic(entry.topicId).map { describe($0, includesOperations) }
                ?? unknown(entry, .unknownTopicId)
        }
        return response
    }

    private static func codeOfUnknown(_ name: String) -> ErrorCode {
        isValidTopicName(name) ? .unknownTopicOrPartition : .invalidTopic
    }

    /// Kafka's rule: 1 to 249 of the ASCII letters and digits, `.`, `_` and `-`; not `.` or `..`.
    static func isValidTopicName(_ name: String) -> Bool {
        let isAllowed = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"): true
            default: false
            }
        }
        return isAllowed && (1...249).contains(name.utf8.count) && name != "." && name != ".."
    }

    private func unknown(
        _ entry: MetadataRequest.MetadataRequestTopic,
        _ code: ErrorCode
    ) -> MetadataResponse.MetadataResponseTopic {
        var topic = MetadataResponse.MetadataResponseTopic()
        topic.errorCode = code.rawValue
        topic.name = entry.topicId.isZero ? entry.name : nil
        topic.topicId = entry.topicId
        return topic
    }

    private func describe(_ topic: Topic, _ includesOperations: Bool) -> MetadataResponse.MetadataResponseTopic {
        var answer = MetadataResponse.MetadataResponseTopic()
        answer.name = topic.name
        answer.topicId = topic.id
        answer.isInternal = topic.isInternal
        if includesOperations { answer.topicAuthorizedOperations = AuthorizedOperations.topic }
        answer.partitions = topic.logs.map { log in
            var partition = MetadataResponse.MetadataResponseTopic.MetadataResponsePartition()
            partition.partitionIndex = log.partition
            partition.leaderId = configuration.nodeId
            partition.leaderEpoch = log.leaderEpoch
            partition.replicaNodes = [configuration.nodeId]
            partition.isrNodes = [configuration.nodeId]
            return partition
        }
        return answer
    }

    func describeCluster(_ request: DescribeClusterRequest, _ context: RequestContext) -> DescribeClusterResponse {
        var response = DescribeClusterResponse()
        response.endpointType = request.endpointType
        if request.includeClusterAuthorizedOperations {
            response.clusterAuthorizedOperations = AuthorizedOperations.cluster
        }
        response.clusterId = Self.clusterId
        response.controllerId = configuration.nodeId
        var broker = DescribeClusterResponse.DescribeClusterBroker()
        broker.brokerId = configuration.nodeId
        broker.host = context.advertisedHost
        broker.port = context.advertisedPort
        response.brokers = [broker]
        return response
    }

    func describeLogDirs(_ request: DescribeLogDirsRequest, _ context: RequestContext) -> DescribeLogDirsResponse {
        var response = DescribeLogDirsResponse()
        var result = DescribeLogDirsResponse.DescribeLogDirsResult()
        result.logDir = directory.path
        var space = statvfs()
        if statvfs(directory.path, &space) == 0 {
            result.totalBytes = Int64(clamping: UInt64(space.f_blocks) * UInt64(space.f_frsize))
            result.usableBytes = Int64(clamping: UInt64(space.f_bavail) * UInt64(space.f_frsize))
        }
        let wanted: [(name: String, partitions: Set<Int32>?)] =
            request.topics?.map { ($0.topic, Set($0.partitions)) } ?? topics.all.map { ($0.name, nil) }
        for (name, partitions) in wanted {
            guard let topic = topics.topic(name) else { continue }
            var entry = DescribeLogDirsResponse.DescribeLogDirsResult.DescribeLogDirsTopic()
            entry.name = name
            for log in topic.logs where partitions?.contains(log.partition) ?? true {
                var partition = DescribeLogDirsResponse.DescribeLogDirsResult.DescribeLogDirsTopic
                    .DescribeLogDirsPartition()
                partition.partitionIndex = log.partition
                partition.partitionSize = log.byteCount
                entry.partitions.append(partition)
            }
            result.topics.append(entry)
        }
        response.results = [result]
        return response
    }
}

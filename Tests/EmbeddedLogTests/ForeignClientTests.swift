import EmbeddedLog
import KafkaProtocol
import Testing

/// What clients of Apache Kafka rely on beside the main paths.
@Suite("Foreign clients")
struct ForeignClientTests {
    @Test("records without a key in a compacted topic are named one by one")
    func recordErrors() async throws {
        try await TestBroker.with { broker in
            let client = try broker.connect()
            try client.createTopic("t", configs: ["cleanup.policy": "compact"])
            var builder = RecordBatchBuilder(baseTimestamp: 1_700_000_000_000, producer: nil)
            for key in [nil, "k", nil] { builder.append(key: key.map { Array($0.utf8) }, value: [1]) }
            let request = client.produceRequest("t", builder.build())
            let result = try #require(
                client.call(request, version: 9).responses.first?.partitionResponses.first
            )
            #expect(result.errorCode == ErrorCode.invalidRecord.rawValue)
            #expect(result.recordErrors.map { $0.batchIndex } == [0, 2])
            #expect(result.baseOffset == -1)
            #expect(result.errorMessage?.isEmpty == false)
            #expect(try client.values("t").isEmpty)
        }
    }

    @Test("a partition takes one batch a request, and zstd only from version 7 on")
    func batchRules() async throws {
        try await TestBroker.with { broker in
            let client = try broker.connect()
            try client.createTopic("t")
            let two = TestClient.batch(["a"]) + TestClient.batch(["b"])
            #expect(try code(of: two, version: 7, client) == .invalidRecord)
            var zstd = TestClient.batch(["a"])
            // The codec is the low bits of the attributes, which the checksum covers.
            zstd[22] |= 4
            #expect(try code(of: zstd, version: 6, client) == .unsupportedCompressionType)
            #expect(try code(of: zstd, version: 7, client) == .corruptMessage)
            #expect(try code(of: TestClient.batch(["a"]), version: 3, client) == ErrorCode.none)
        }
    }

    private func code(of records: [UInt8], version: Int16, _ client: TestClient) throws -> ErrorCode? {
        let response = try client.call(client.produceRequest("t", records), version: version)
        return response.responses.first?.partitionResponses.first.flatMap { ErrorCode(rawValue: $0.errorCode) }
    }

    @Test(
        "special timestamps of ListOffsets have a meaning from a version on",
        arguments: [
            (Int64(-1), Int16(1), ErrorCode.none), (-2, 1, .none), (-3, 6, .unsupportedVersion), (-3, 7, .none),
            (-4, 7, .unsupportedVersion), (-4, 8, .none), (-5, 8, .unsupportedVersion), (-5, 9, .none),
            (-6, 9, .unsupportedVersion), (-3, 0, .unsupportedVersion),
        ]
    )
    func offsetQueries(timestamp: Int64, version: Int16, expected: ErrorCode) async throws {
        try await TestBroker.with { broker in
            let client = try broker.connect()
            try client.createTopic("t")
            #expect(try listOffsets([timestamp], version: version, client) == [expected])
        }
    }

    @Test("a partition asked for twice in ListOffsets is refused")
    func repeatedOffsetQuery() async throws {
        try await TestBroker.with { broker in
            let client = try broker.connect()
            try client.createTopic("t")
            #expect(try listOffsets([-1, -2], version: 5, client) == [.invalidRequest, .invalidRequest])
        }
    }

    private func listOffsets(_ timestamps: [Int64], version: Int16, _ client: TestClient) throws -> [ErrorCode?] {
        var topic = ListOffsetsRequest.ListOffsetsTopic()
        topic.name = "t"
        topic.partitions = timestamps.map { timestamp in
            var partition = ListOffsetsRequest.ListOffsetsTopic.ListOffsetsPartition()
            partition.timestamp = timestamp
            partition.currentLeaderEpoch = -1
            partition.maxNumOffsets = 1
            return partition
        }
        var request = ListOffsetsRequest()
        request.replicaId = -1
        request.topics = [topic]
        let partitions = try client.call(request, version: version).topics.first?.partitions ?? []
        return partitions.map { ErrorCode(rawValue: $0.errorCode) }
    }

    @Test("who asks for its authorized operations is told all of them")
    func authorizedOperations() async throws {
        try await TestBroker.with { broker in
            let client = try broker.connect()
            try client.createTopic("t")
            var metadata = MetadataRequest(topics: nil)
            metadata.includeTopicAuthorizedOperations = true
            let topics = try client.call(metadata, version: 12).topics
            // READ, WRITE, CREATE, DELETE, ALTER, DESCRIBE, DESCRIBE_CONFIGS, ALTER_CONFIGS.
            #expect(topics.first { $0.name == "t" }?.topicAuthorizedOperations == 0b1101_1111_1000)
            metadata.includeTopicAuthorizedOperations = false
            #expect(try client.call(metadata, version: 12).topics.first?.topicAuthorizedOperations == .min)
            var cluster = DescribeClusterRequest()
            #expect(try client.call(cluster, version: 0).clusterAuthorizedOperations == .min)
            cluster.includeClusterAuthorizedOperations = true
            #expect(try client.call(cluster, version: 0).clusterAuthorizedOperations == 0b1_1111_1010_0000)
            var groups = DescribeGroupsRequest()
            groups.groups = ["g"]
            groups.includeAuthorizedOperations = true
            #expect(try client.call(groups, version: 5).groups.first?.authorizedOperations == 0b1_0100_1000)
        }
    }

    @Test("topics are found by id, whatever name stands beside it")
    func metadataById() async throws {
        try await TestBroker.with { broker in
            let client = try broker.connect()
            try client.createTopic("t")
            let present = try client.call(MetadataRequest(topics: nil), version: 12).topics
            let id = try #require(present.first { $0.name == "t" }?.topicId)
            var wanted = MetadataRequest.MetadataRequestTopic()
            wanted.name = ""
            wanted.topicId = id
            var stranger = wanted
            stranger.topicId = KafkaUUID(high: 1, low: 2)
            var request = MetadataRequest()
            request.topics = [wanted, stranger]
            let topics = try client.call(request, version: 12).topics
            #expect(topics.map { $0.name } == ["t", nil])
            #expect(topics.map { $0.errorCode } == [0, ErrorCode.unknownTopicId.rawValue])
            #expect(topics.last?.topicId == stranger.topicId)
        }
    }

    @Test("a name that differs from another topic's only in dots and underscores is refused")
    func collidingNames() async throws {
        try await TestBroker.with { configuration in
            configuration.autoCreateTopics = true
        } _: { broker in
            let client = try broker.connect()
            #expect(try client.createTopic("a.b_c") == ErrorCode.none)
            #expect(try client.createTopic("a_b.c") == .invalidTopic)
            #expect(try client.createTopic("a-b-c") == ErrorCode.none)
            var wanted = MetadataRequest.MetadataRequestTopic()
            wanted.name = "a.b.c"
            var request = MetadataRequest()
            request.topics = [wanted]
            request.allowAutoTopicCreation = true
            #expect(try client.call(request, version: 9).topics.first?.errorCode != 0)
            #expect(try client.call(MetadataRequest(topics: nil), version: 9).topics.count == 4)
        }
    }
}

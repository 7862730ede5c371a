import EmbeddedLog
import KafkaProtocol
import Testing

@Suite("Topics")
struct TopicTests {
    @Test("create, describe, grow, delete")
    func life() async throws {
        try await TestBroker.with { broker in
            let client = try broker.connect()
            #expect(try client.createTopic("t", partitions: 2, configs: ["retention.ms": "5000"]) == ErrorCode.none)
            #expect(try client.createTopic("t") == .topicAlreadyExists)
            #expect(try partitions("t", client) == 2)
            #expect(try config("t", "retention.ms", client) == "5000")
            var growth = CreatePartitionsRequest.CreatePartitionsTopic()
            growth.name = "t"
            growth.count = 2
            var request = CreatePartitionsRequest()
            request.topics = [growth]
            #expect(
                try client.call(request, version: 3).results.first?.errorCode == ErrorCode.invalidPartitions.rawValue
            )
            request.topics[0].count = 5
            #expect(try client.call(request, version: 3).results.first?.errorCode == 0)
            #expect(try partitions("t", client) == 5)
            var deletion = DeleteTopicsRequest()
            deletion.topicNames = ["t", "none"]
            let codes = try client.call(deletion, version: 5).responses.map { $0.errorCode }
            #expect(codes == [0, ErrorCode.unknownTopicOrPartition.rawValue])
            #expect(try partitions("t", client) == nil)
        }
    }

    private func partitions(_ name: String, _ client: TestClient) throws -> Int? {
        try client.call(MetadataRequest(topics: nil), version: 5).topics.first { $0.name == name }?.partitions.count
    }

    private func config(_ topic: String, _ name: String, _ client: TestClient) throws -> String? {
        var resource = DescribeConfigsRequest.DescribeConfigsResource()
        resource.resourceType = 2
        resource.resourceName = topic
        var request = DescribeConfigsRequest()
        request.resources = [resource]
        return try client.call(request, version: 4).results.first?.configs.first { $0.name == name }?.value
    }

    @Test(
        "settings are honoured or refused",
        arguments: [
            (["nonsense": "1"], ErrorCode.invalidConfig), (["retention.ms": "soon"], .invalidConfig),
            (["cleanup.policy": "shred"], .invalidConfig), (["cleanup.policy": "compact"], .none),
        ]
    )
    func configs(configs: [String: String], code: ErrorCode) async throws {
        try await TestBroker.with { broker in
            let client = try broker.connect()
            #expect(try client.createTopic("t", configs: configs) == code)
        }
    }

    @Test(
        "bad names are refused",
        arguments: ["", ".", "..", "a/b", "a b", "ä", String(repeating: "x", count: 250)]
    )
    func names(name: String) async throws {
        try await TestBroker.with { broker in
            let client = try broker.connect()
            #expect(try client.createTopic(name) == .invalidTopic)
        }
    }

    @Test("settings change one by one or as a whole")
    func alter() async throws {
        try await TestBroker.with { broker in
            let client = try broker.connect()
            try client.createTopic("t", configs: ["retention.ms": "5000"])
            var change = IncrementalAlterConfigsRequest.AlterConfigsResource.AlterableConfig()
            change.name = "segment.bytes"
            change.value = "2000000"
            var resource = IncrementalAlterConfigsRequest.AlterConfigsResource()
            resource.resourceType = 2
            resource.resourceName = "t"
            resource.configs = [change]
            var request = IncrementalAlterConfigsRequest()
            request.resources = [resource]
            #expect(try client.call(request, version: 1).responses.first?.errorCode == 0)
            #expect(try config("t", "retention.ms", client) == "5000")
            #expect(try config("t", "segment.bytes", client) == "2000000")
            request.resources[0].configs[0].value = "x"
            let refused = try client.call(request, version: 1).responses.first?.errorCode
            #expect(refused == ErrorCode.invalidConfig.rawValue)
            var whole = AlterConfigsRequest.AlterConfigsResource()
            whole.resourceType = 2
            whole.resourceName = "t"
            var replacement = AlterConfigsRequest()
            replacement.resources = [whole]
            #expect(try client.call(replacement, version: 2).responses.first?.errorCode == 0)
            #expect(try config("t", "retention.ms", client) == "604800000")
        }
    }

    @Test("an unknown topic is created on first use only where that is asked for", arguments: [true, false])
    func autoCreate(isOn: Bool) async throws {
        try await TestBroker.with {
            $0.autoCreateTopics = isOn
        } _: { broker in
            let client = try broker.connect()
            var topic = MetadataRequest.MetadataRequestTopic()
            topic.name = "fresh"
            let request = MetadataRequest(topics: [topic])
            let code = try client.call(request, version: 5).topics.first?.errorCode
            #expect(code == (isOn ? ErrorCode.none : .unknownTopicOrPartition).rawValue)
        }
    }

    @Test("a topic and its settings outlive the broker")
    func restart() async throws {
        let directory = try TestBroker.makeDirectory()
        let first = try await TestBroker.start(directory: directory)
        let client = try first.connect()
        try client.createTopic("t", partitions: 3, configs: ["retention.ms": "77000"])
        try client.produce("t", ["kept"], partition: 2)
        try await first.stop()
        let second = try await TestBroker.start(directory: directory)
        let again = try second.connect()
        #expect(try partitions("t", again) == 3)
        #expect(try config("t", "retention.ms", again) == "77000")
        #expect(try again.values("t", partition: 2) == ["kept"])
        try await second.stop()
        try TestBroker.removeDirectory(directory)
    }
}

extension MetadataRequest {
    init(topics: [MetadataRequestTopic]?) {
        self.init()
        self.topics = topics
    }
}

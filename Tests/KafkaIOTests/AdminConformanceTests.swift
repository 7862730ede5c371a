import KafkaIO
import StreamCore
import Testing

/// Administration against a real broker, named by `METERLOG_TEST_KAFKA_BROKERS`.
@Suite(
    "Kafka administration conformance",
    .enabled(if: Conformance.brokers != nil, "METERLOG_TEST_KAFKA_BROKERS is not set"),
    .ownThread,
    .timeLimit(.minutes(1))
)
struct AdminConformanceTests {
    let admin: KafkaAdmin
    let name = uniqueName("test-admin")

    init() throws {
        let brokers = try #require(Conformance.brokers)
        admin = try KafkaAdmin(settings: KafkaSettings(brokers: [brokers], clientID: "admin"))
    }

    private func value(_ config: String) throws -> KafkaConfigEntry? {
        try admin.configs(ofTopics: [name])[name]?.first { $0.name == config }
    }

    @Test("topics are created, listed, changed, grown and deleted")
    func lifeOfATopic() throws {
        try admin.createTopics([
            NewKafkaTopic(name: name, partitionCount: 2, configs: ["retention.ms": "-1", "cleanup.policy": "compact"])
        ])
        let created = try admin.topics().first { $0.name == name }
        #expect(created == KafkaTopic(name: name, partitionCount: 2, replicationFactor: 1))
        #expect(try value("retention.ms") == KafkaConfigEntry(name: "retention.ms", value: "-1", isSetOnTopic: true))
        #expect(try value("cleanup.policy")?.value == "compact")

        let again = #expect(throws: KafkaError.self) {
            try admin.createTopics([NewKafkaTopic(name: name, partitionCount: 2)])
        }
        #expect(again?.code == "TOPIC_ALREADY_EXISTS")
        #expect(again?.reaction == .reject)

        try admin.setConfigs(ofTopic: name, ["retention.ms": "86400000"])
        #expect(try value("retention.ms")?.value == "86400000")
        #expect(try value("cleanup.policy")?.value == "compact")

        try admin.growPartitions(of: name, to: 3)
        #expect(try admin.topics().first { $0.name == name }?.partitionCount == 3)
        let fewer = #expect(throws: KafkaError.self) { try admin.growPartitions(of: name, to: 2) }
        #expect(fewer?.reaction == .reject)

        try admin.deleteTopics([name])
        let gone = #expect(throws: KafkaError.self) { try admin.deleteTopics([name]) }
        #expect(gone?.code == "UNKNOWN_TOPIC_OR_PART")
    }

    @Test("a setting that the broker doesn't know is refused")
    func unknownConfig() {
        let error = #expect(throws: KafkaError.self) {
            try admin.createTopics([NewKafkaTopic(name: name, partitionCount: 1, configs: ["no.such": "1"])])
        }
        #expect(error?.reaction == .reject, "\(String(describing: error))")
    }

    @Test("a group that committed offsets is listed")
    func groups() throws {
        try admin.createTopics([NewKafkaTopic(name: name, partitionCount: 1)])
        let brokers = try #require(Conformance.brokers)
        var driver = try LogDriver(brokers, group: name, transactionalID: name)
        try driver.log.subscribe(to: [name])
        try driver.run { $0.owned.count == 1 }
        #expect(try admin.groups().contains(name))
        driver.log.close()
    }

    @Test("offsets of a group that doesn't exist are nil")
    func noGroup() throws {
        try admin.createTopics([NewKafkaTopic(name: name, partitionCount: 1)])
        #expect(try admin.committedOffsets(ofGroup: uniqueName("nobody"), [TopicPartition(name, 0)]) == [nil])
        try admin.deleteTopics([name])
    }
}

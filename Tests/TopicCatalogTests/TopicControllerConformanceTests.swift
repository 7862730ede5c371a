import Foundation
import KafkaIO
import Testing
import TopicCatalog

/// Applying declarations to a real broker, named by `METERLOG_TEST_KAFKA_BROKERS`.
@Suite(
    "Topic controller conformance",
    .enabled(if: brokers != nil, "METERLOG_TEST_KAFKA_BROKERS is not set"),
    .timeLimit(.minutes(1))
)
struct TopicControllerConformanceTests {
    let admin: KafkaAdmin
    let name = "test-catalog-\(UInt32.random(in: 0...UInt32.max))"

    init() throws {
        let brokers = try #require(brokers)
        admin = try KafkaAdmin(settings: KafkaSettings(brokers: [brokers], clientID: "catalog"))
    }

    private func catalog(partitions: Int32, days: Int) throws -> TopicCatalog {
        let yaml = """
            name: \(name)
            description: A topic of the tests.
            owner: tests
            consumers: []
            partitions: \(partitions)
            key: none
            schema: verbatim
            cleanup: delete
            retention: \(days) days
            max-message-bytes: 2000000
            configs:
              segment.bytes: 1048576

            """
        return try TopicCatalog.parse(files: [("\(name).yaml", yaml)])
    }

    private func controller(partitions: Int32, days: Int) throws -> TopicController {
        TopicController(admin: admin, catalog: try catalog(partitions: partitions, days: days))
    }

    @Test("apply creates, corrects and grows; check then finds nothing")
    func life() throws {
        let first = try controller(partitions: 2, days: 30)
        let created = try first.apply()
        #expect(created.count == 1)
        #expect(try first.check().steps == [])
        #expect(try first.apply() == [])

        let second = try controller(partitions: 3, days: 90)
        #expect(try second.check().steps.count == 2)
        let corrected = try second.apply()
        #expect(corrected.count == 1)
        let growth = TopicPlan.Step.growPartitions(topic: name, from: 2, to: 3)
        #expect(try second.check().steps == [growth])
        #expect(try second.apply(growingPartitions: true) == [growth])
        #expect(try second.check().isEmpty)
        #expect(try second.list().first { $0.name == name }?.topic?.partitionCount == 3)

        let third = try controller(partitions: 1, days: 90)
        #expect(try third.apply(growingPartitions: true) == [])
        #expect(try third.check().steps.map(\.isUnfixable) == [true])
        try admin.deleteTopics([name])
    }
}

private let brokers = ProcessInfo.processInfo.environment["METERLOG_TEST_KAFKA_BROKERS"]

import Foundation
import KafkaIO
import SimulationKit
import StreamCore
import Testing

/// Kafka's log is held to what the in-memory log is held to (`SimulatedLogConformanceTests`), on the broker that
/// `METERLOG_TEST_KAFKA_BROKERS` names.
@Suite(
    "Log conformance on a broker",
    .enabled(if: Conformance.brokers != nil, "METERLOG_TEST_KAFKA_BROKERS is not set"),
    .ownThread,
    .timeLimit(.minutes(2))
)
struct KafkaLogConformanceTests {
    /// What can't be arranged on a broker from outside: `ops/runtime-torture` kills processes in the middle of commits.
    private static let checks = ConformanceCheck.allCases.filter { $0 != .unknownOutcome }

    @Test(arguments: checks)
    func holds(check: ConformanceCheck) throws {
        let brokers = try #require(Conformance.brokers)
        #expect(try LogConformance.run(check, in: .kafka(brokers)) == [])
    }
}

extension ConformanceWorld where L == KafkaLog {
    /// A member that doesn't poll for longer than this leaves the group.
    private static var pollIntervalMilliseconds: Int { 6_000 }

    static func kafka(_ brokers: String) -> ConformanceWorld<KafkaLog> {
        ConformanceWorld(
            open: { try open($0, brokers) },
            createTopic: { name, partitions, isCompacted in
                let admin = try KafkaAdmin(settings: KafkaSettings(brokers: [brokers], clientID: "conformance"))
                var configs = ["max.message.bytes": "4194304"]
                configs["cleanup.policy"] = isCompacted ? "compact" : "delete"
                if !isCompacted { configs["retention.ms"] = "-1" }
                let topic = NewKafkaTopic(
                    name: name,
                    partitionCount: Int32(partitions),
                    replicationFactor: 1,
                    configs: configs
                )
                try admin.createTopics([topic])
            },
            append: { try append($0, to: $1, brokers) },
            outlastMembers: { _ in usleep(UInt32(pollIntervalMilliseconds + 1_500) * 1_000) },
            uniqueName: KafkaIOTests.uniqueName
        )
    }

    private static func open(_ identity: Identity, _ brokers: String) throws -> KafkaLog {
        let settings = KafkaSettings(
            brokers: [brokers],
            clientID: identity.transactionalID,
            consumerProperties: [
                "session.timeout.ms": "6000", "heartbeat.interval.ms": "300",
                "max.poll.interval.ms": String(pollIntervalMilliseconds),
            ]
        )
        let options = KafkaLog.Options(
            groupID: identity.groupID,
            transactionalID: identity.transactionalID,
            groupInstanceID: identity.instanceID,
            requestTimeoutMilliseconds: 10_000
        )
        return try KafkaLog(settings: settings, options: options)
    }

    private static func append(_ records: [SimulatedRecord], to partition: TopicPartition, _ brokers: String) throws {
        let producer = try KafkaProducer(settings: KafkaSettings(brokers: [brokers], clientID: "append"))
        for record in records {
            try producer.enqueue(
                KafkaRecord(
                    topic: partition.topic,
                    partition: partition.partition,
                    key: record.key,
                    value: record.value,
                    headers: record.headers.map { KafkaHeader($0.name, $0.value) },
                    timestampMilliseconds: record.timestampMilliseconds
                )
            )
        }
        #expect(producer.flush(timeoutMilliseconds: 20_000))
        #expect(producer.counts.delivered == Int64(records.count))
        producer.close(timeoutMilliseconds: 1000)
    }
}

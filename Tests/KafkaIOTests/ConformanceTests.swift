import Foundation
import KafkaIO
import StreamCore
import Testing

/// What the mock cluster can't show: run against a real broker, named by `METERLOG_TEST_KAFKA_BROKERS` (host:port).
///
/// Any engine that Meterlog is to run on must pass these.
@Suite(
    "Kafka conformance",
    .enabled(if: Conformance.brokers != nil, "METERLOG_TEST_KAFKA_BROKERS is not set"),
    .ownThread,
    .timeLimit(.minutes(2))
)
struct ConformanceTests {
    let brokers: String
    let group = uniqueName("group")
    let input = uniqueName("test-in")
    let output = uniqueName("test-out")
    let admin: KafkaAdmin

    init() throws {
        brokers = try #require(Conformance.brokers)
        admin = try KafkaAdmin(settings: KafkaSettings(brokers: [brokers], clientID: "conformance"))
        try admin.createTopics([
            NewKafkaTopic(
                name: input,
                partitionCount: 2,
                replicationFactor: 1,
                configs: ["max.message.bytes": "4194304", "retention.ms": "-1"]
            ),
            NewKafkaTopic(
                name: output,
                partitionCount: 1,
                replicationFactor: 1,
                configs: ["max.message.bytes": "4194304", "retention.ms": "-1"]
            ),
        ])
    }

    private var out: TopicPartition { TopicPartition(output, 0) }

    private func driver(_ name: String, instance: String? = nil) throws -> LogDriver {
        try LogDriver(brokers, group: group, transactionalID: "\(group)-\(name)", instance: instance)
    }

    private func fill(_ range: Range<Int>) throws {
        let producer = try KafkaProducer(settings: KafkaSettings(brokers: [brokers], clientID: "fill"))
        for index in range {
            try producer.enqueue(
                KafkaRecord(
                    topic: input,
                    partition: Int32(index % 2),
                    key: bytes("k\(index)"),
                    value: bytes("v\(index)"),
                    timestampMilliseconds: 1_700_000_000_000 + Int64(index) * 1000
                )
            )
        }
        #expect(producer.flush(timeoutMilliseconds: 20_000))
        #expect(producer.counts.delivered == Int64(range.count))
        producer.close(timeoutMilliseconds: 1000)
    }

    @Test("a successor goes on exactly where the committed transaction ended")
    func resume() throws {
        try fill(0..<10)
        var first = try driver("a")
        try first.log.subscribe(to: [input])
        try first.run { $0.values.count >= 10 }
        #expect(Set(first.values) == Set((0..<10).map { "v\($0)" }))
        try first.commit()
        let partitions = [TopicPartition(input, 0), TopicPartition(input, 1)]
        #expect(try first.log.committedOffsets(of: partitions) == [5, 5])
        #expect(try admin.committedOffsets(ofGroup: group, partitions) == [5, 5])
        first.log.close()

        try fill(10..<12)
        var second = try driver("a")
        try second.log.subscribe(to: [input])
        try second.run { $0.values.count >= 2 }
        try second.step(timeoutMilliseconds: 1000)
        #expect(Set(second.values) == ["v10", "v11"])
        second.log.close()
    }

    @Test("records of an open or aborted transaction are not seen, those of a committed one are")
    func visibility() throws {
        var driver = try driver("a")
        try driver.log.beginTransaction()
        try driver.log.produce(topic: output, partition: 0, key: bytes("k"), value: bytes("aborted"))
        try driver.log.abort()

        try driver.log.beginTransaction()
        try driver.log.produce(topic: output, partition: 0, key: bytes("k"), value: bytes("open"))
        // Longer than the linger, so that the record is on the broker while the transaction is open.
        usleep(300_000)
        #expect(try readToEnd(brokers, [out]) == [])
        #expect(try driver.log.watermarks(of: out).high <= 1)
        #expect(try readToEnd(brokers, [out], isolation: .uncommitted).contains("open"))
        try driver.log.commit([])
        #expect(try readToEnd(brokers, [out]) == ["open"])

        try driver.log.beginTransaction()
        try driver.log.produce(topic: output, partition: 0, key: bytes("k"), value: bytes("flushed, then aborted"))
        usleep(300_000)
        try driver.log.abort()
        #expect(try readToEnd(brokers, [out]) == ["open"])
        driver.log.close()
    }

    @Test("offsets of an aborted transaction are not committed, and the batch can be read again")
    func abortAndRedo() throws {
        try fill(0..<4)
        var driver = try driver("a")
        try driver.log.subscribe(to: [input])
        try driver.run { $0.values.count >= 4 }
        try driver.log.beginTransaction()
        try driver.log.produce(topic: output, partition: 0, key: [], value: bytes("dropped"))
        try driver.log.abort()
        let partitions = [TopicPartition(input, 0), TopicPartition(input, 1)]
        #expect(try driver.log.committedOffsets(of: partitions) == [nil, nil])
        driver.values = []
        try driver.log.seek(to: partitions.map { PartitionPosition($0, nextOffset: 0) })
        try driver.run { $0.values.count >= 4 }
        #expect(driver.values.count == 4)
        try driver.commit()
        #expect(try driver.log.committedOffsets(of: partitions) == [2, 2])
        driver.log.close()
    }

    @Test("a second producer of the same transactional id fences the first")
    func fencing() throws {
        var first = try driver("same")
        try first.log.beginTransaction()
        try first.log.produce(topic: output, partition: 0, key: [], value: bytes("of the zombie"))
        usleep(200_000)

        var second = try driver("same")
        try second.log.beginTransaction()
        try second.log.produce(topic: output, partition: 0, key: [], value: bytes("of the successor"))
        try second.log.commit([])

        let error = #expect(throws: LogError.self) { try first.log.commit([]) }
        #expect(error?.reaction == .fenced, "\(String(describing: error))")
        #expect(try readToEnd(brokers, [out]) == ["of the successor"])

        try first.log.renewProducer()
        try first.log.beginTransaction()
        try first.log.produce(topic: output, partition: 0, key: [], value: bytes("renewed"))
        try first.log.commit([])
        #expect(try readToEnd(brokers, [out]) == ["of the successor", "renewed"])
        first.log.close()
        second.log.close()
    }

    @Test("two members share the partitions without reading anything twice")
    func rebalance() throws {
        try fill(0..<10)
        var first = try driver("a")
        try first.log.subscribe(to: [input])
        try first.run { $0.values.count == 10 }

        var second = try driver("b")
        try second.log.subscribe(to: [input])
        for _ in 0..<400 where first.owned.count != 1 || second.owned.count != 1 {
            try first.step(timeoutMilliseconds: 25)
            try second.step(timeoutMilliseconds: 25)
        }
        #expect(first.owned.count == 1)
        #expect(second.owned.count == 1)
        #expect(first.owned.isDisjoint(with: second.owned))
        #expect(first.lost == 0)
        try second.step(timeoutMilliseconds: 500)
        // The first committed before it gave the partition back, so nothing was read twice.
        #expect(second.values == [])

        first.log.close()
        try second.run { $0.owned.count == 2 }
        #expect(second.owned.count == 2)
        try second.step(timeoutMilliseconds: 500)
        #expect(second.values.count <= 5)
        second.log.close()
    }

    @Test("a static member that returns within its session gets its partitions back")
    func staticMember() throws {
        try fill(0..<4)
        var first = try driver("a", instance: "\(group)-0")
        try first.log.subscribe(to: [input])
        try first.run { $0.values.count >= 4 }
        try first.commit()
        first.log.close()
        var second = try driver("a", instance: "\(group)-0")
        try second.log.subscribe(to: [input])
        try fill(4..<6)
        try second.run { $0.values.count >= 2 }
        #expect(second.owned.count == 2)
        #expect(Set(second.values) == ["v4", "v5"])
        second.log.close()
    }

    @Test("tombstones, empty values, headers and 1 MB payloads come back as they were sent")
    func bytesComeBack() async throws {
        let producer = try KafkaProducer(settings: KafkaSettings(brokers: [brokers], clientID: "bytes"))
        let large = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ ($0 >> 8)) }
        let headers = [KafkaHeader("ml-id", "7"), KafkaHeader("empty", []), KafkaHeader("ml-id", [0, 255])]
        let values: [[UInt8]?] = [large, [], nil, bytes("ü")]
        for (index, value) in values.enumerated() {
            let stored = try await producer.send(
                KafkaRecord(
                    topic: output,
                    key: bytes("key"),
                    value: value,
                    headers: headers,
                    timestampMilliseconds: 1_700_000_000_000 + Int64(index)
                )
            )
            #expect(stored == StoredPosition(partition: 0, offset: Int64(index)))
        }
        producer.close(timeoutMilliseconds: 1000)
        let records = try readRecords(brokers, out)
        #expect(records.map(\.value) == values)
        #expect(records.allSatisfy { $0.headers == headers })
        #expect(records.map(\.timestampMilliseconds) == (0..<4).map { 1_700_000_000_000 + $0 })
    }

    @Test("a record larger than the topic allows is rejected")
    func tooLarge() async throws {
        let producer = try KafkaProducer(settings: KafkaSettings(brokers: [brokers], clientID: "large"))
        let error = await #expect(throws: KafkaError.self) {
            try await producer.send(
                KafkaRecord(
                    topic: output,
                    key: nil,
                    value: [UInt8](repeating: 7, count: 5_000_000),
                    timestampMilliseconds: 1
                )
            )
        }
        #expect(error?.reaction == .reject, "\(String(describing: error))")
        producer.close(timeoutMilliseconds: 1000)
    }

    @Test("compression by the client comes back uncompressed", arguments: ["gzip", "snappy", "lz4", "zstd"])
    func compression(codec: String) async throws {
        let settings = KafkaSettings(
            brokers: [brokers],
            clientID: "codec",
            producerProperties: ["compression.type": codec]
        )
        let producer = try KafkaProducer(settings: settings)
        let value = bytes(String(repeating: "interval;", count: 5000))
        _ = try await producer.send(
            KafkaRecord(topic: output, key: nil, value: value, timestampMilliseconds: 1_700_000_000_000)
        )
        producer.close(timeoutMilliseconds: 1000)
        #expect(try readRecords(brokers, out).map(\.value) == [value])
    }

    @Test("offsets can be found by time")
    func offsetsByTime() throws {
        try fill(0..<10)
        let reader = try KafkaReader(settings: KafkaSettings(brokers: [brokers], clientID: "times"))
        let partitions = [TopicPartition(input, 0), TopicPartition(input, 1)]
        let found = try reader.offsets(of: partitions, atOrAfterMilliseconds: 1_700_000_004_000)
        #expect(found == [2, 2])
        #expect(try reader.offsets(of: partitions, atOrAfterMilliseconds: 1_800_000_000_000) == [nil, nil])
    }

    @Test("a position whose records are deleted is an error, or skipped when asked")
    func missingRecords() throws {
        try fill(0..<10)
        let partition = TopicPartition(input, 0)
        try admin.deleteRecords(before: [PartitionPosition(partition, nextOffset: 3)])
        #expect(try admin.watermarks(of: partition) == (low: 3, high: 5))
        let settings = KafkaSettings(brokers: [brokers], clientID: "missing")
        var strict = try KafkaReader(settings: settings)
        try strict.assign([PartitionPosition(partition, nextOffset: 0)])
        var batch = InputBatch()
        let error = #expect(throws: LogError.self) {
            for _ in 0..<50 { _ = try strict.poll(into: &batch, timeoutMilliseconds: 100) }
        }
        #expect(error?.reaction == .fatal, "\(String(describing: error))")

        var lenient = try KafkaReader(settings: settings, options: .init(missingRecords: .earliest))
        try lenient.assign([PartitionPosition(partition, nextOffset: 0)])
        for _ in 0..<50 where batch.isEmpty { _ = try lenient.poll(into: &batch, timeoutMilliseconds: 100) }
        #expect(batch.entries.first?.offset == 3)
    }

    @Test("a member that slept through its session can't commit what another one owns now")
    func zombie() throws {
        try fill(0..<4)
        let partitions = [TopicPartition(input, 0), TopicPartition(input, 1)]
        var zombie = try LogDriver(
            brokers,
            group: group,
            transactionalID: "\(group)-zombie",
            maxPollIntervalMilliseconds: 6000
        )
        try zombie.log.subscribe(to: [input])
        try zombie.run { $0.values.count >= 4 }

        // Longer than max.poll.interval.ms: the library leaves the group in the background.
        usleep(7_500_000)
        var heir = try driver("b")
        try heir.log.subscribe(to: [input])
        try heir.run { $0.values.count >= 4 }
        try heir.commit()

        zombie.next = Dictionary(partitions.map { ($0, 1) }) { first, _ in first }
        let error = #expect(throws: LogError.self) { try zombie.commit() }
        #expect(error?.reaction == .fenced, "\(String(describing: error))")
        #expect(try heir.log.committedOffsets(of: partitions) == [2, 2])
        zombie.log.close()
        heir.log.close()
    }
}

enum Conformance {
    static let brokers = ProcessInfo.processInfo.environment["METERLOG_TEST_KAFKA_BROKERS"]
}

import KafkaIO
import StreamCore
import Testing

/// Producer and reader against librdkafka's mock cluster.
@Suite("Kafka producer and reader on the mock cluster", .ownThread)
struct MockProducerTests {
    let cluster: KafkaMockCluster
    let settings: KafkaSettings

    init() throws {
        cluster = try KafkaMockCluster(brokerCount: 1)
        cluster.createTopic("raw", partitions: 4)
        settings = KafkaSettings(brokers: [cluster.brokers], clientID: "test")
    }

    private func record(_ key: String?, _ value: [UInt8]?, headers: [KafkaHeader] = []) -> KafkaRecord {
        KafkaRecord(
            topic: "raw",
            key: key.map(bytes),
            value: value,
            headers: headers,
            timestampMilliseconds: 1_700_000_000_000
        )
    }

    @Test("a record is acknowledged with the partition of its key's hash")
    func acknowledged() async throws {
        let producer = try KafkaProducer(settings: settings)
        for key in ["a", "meter-1", "meter-2", "0123456789abcdef"] {
            let position = try await producer.send(record(key, bytes("x")))
            #expect(position.partition == Partitioner.partition(ofKey: bytes(key).span, count: 4))
            #expect(position.offset >= 0)
        }
        let chosen = try await producer.send(
            KafkaRecord(topic: "raw", partition: 3, key: nil, value: bytes("y"), timestampMilliseconds: 1)
        )
        #expect(chosen.partition == 3)
        producer.close(timeoutMilliseconds: 1000)
    }

    @Test("bytes, headers, tombstones and timestamps come back as they were sent")
    func roundTrip() async throws {
        let producer = try KafkaProducer(settings: settings)
        let headers = [KafkaHeader("ml-id", "7"), KafkaHeader("empty", []), KafkaHeader("ml-id", [0, 255])]
        let large = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let partition = try await producer.send(record("k", large, headers: headers)).partition
        _ = try await producer.send(record("k", []))
        _ = try await producer.send(record("k", nil))
        producer.close(timeoutMilliseconds: 1000)

        let records = try readRecords(cluster.brokers, TopicPartition("raw", partition))
        #expect(records.map(\.value) == [large, [], nil])
        #expect(records.map(\.headers) == [headers, [], []])
        #expect(records.map(\.key) == [bytes("k"), bytes("k"), bytes("k")])
        #expect(records.allSatisfy { $0.timestampMilliseconds == 1_700_000_000_000 })
    }

    @Test("a full queue is told at once, and every record still gets its answer")
    func queueFull() async throws {
        cluster.setBroker(1, isUp: false)
        let producer = try KafkaProducer(
            settings: settings,
            limits: .init(maxRecords: 10, deliveryTimeoutMilliseconds: 60_000)
        )
        let reactions = await withTaskGroup(of: KafkaError.Reaction?.self) { group in
            for index in 0..<15 {
                group.addTask {
                    do throws(KafkaError) {
                        _ = try await producer.send(record("k\(index)", bytes("x")))
                        return nil
                    } catch {
                        return error.reaction
                    }
                }
            }
            var first: [KafkaError.Reaction?] = []
            for await reaction in group {
                first.append(reaction)
                if first.count == 5 { producer.close(timeoutMilliseconds: 0) }
            }
            return first
        }
        #expect(reactions.prefix(5).allSatisfy { $0 == .queueFull })
        #expect(reactions.dropFirst(5).allSatisfy { $0 == .retry })
    }

    @Test("no broker: the delivery timeout ends the wait with retry")
    func deliveryTimeout() async throws {
        cluster.setBroker(1, isUp: false)
        let producer = try KafkaProducer(settings: settings, limits: .init(deliveryTimeoutMilliseconds: 1000))
        let error = await #expect(throws: KafkaError.self) { try await producer.send(record("k", bytes("x"))) }
        #expect(error?.reaction == .retry)
        #expect(error?.code == "_MSG_TIMED_OUT")
        producer.close(timeoutMilliseconds: 0)
        let closed = await #expect(throws: KafkaError.self) { try await producer.send(record("k", bytes("x"))) }
        #expect(closed?.code == "CLOSED")
    }

    @Test("a record that is too large is rejected")
    func tooLarge() async throws {
        var small = settings
        small.maxMessageBytes = 1000
        let producer = try KafkaProducer(settings: small)
        let error = await #expect(throws: KafkaError.self) {
            try await producer.send(record("k", [UInt8](repeating: 0, count: 2000)))
        }
        #expect(error?.reaction == .reject)
        producer.close(timeoutMilliseconds: 0)
    }

    @Test("a broker that comes back is found again")
    func brokerReturns() async throws {
        let producer = try KafkaProducer(settings: settings)
        _ = try await producer.send(record("k", bytes("before")))
        cluster.setBroker(1, isUp: false)
        async let position = producer.send(record("k", bytes("meanwhile")))
        try await Task.sleep(for: .milliseconds(300))
        cluster.setBroker(1, isUp: true)
        #expect(try await position.offset == 1)
        producer.close(timeoutMilliseconds: 0)
    }

    @Test("the reader knows ends, watermarks and silence")
    func reader() async throws {
        let producer = try KafkaProducer(settings: settings)
        for index in 0..<5 {
            let record = KafkaRecord(
                topic: "raw",
                partition: 0,
                key: nil,
                value: bytes("v\(index)"),
                timestampMilliseconds: 1000 * Int64(index + 1)
            )
            _ = try await producer.send(record)
        }
        producer.close(timeoutMilliseconds: 1000)
        let partition = TopicPartition("raw", 0)
        var reader = try KafkaReader(settings: settings)
        #expect(try reader.watermarks(of: partition).high == 5)
        #expect(
            try readToEnd(cluster.brokers, [partition, TopicPartition("raw", 1)]) == ["v0", "v1", "v2", "v3", "v4"]
        )
        try reader.assign([PartitionPosition(partition, nextOffset: 3)])
        var batch = InputBatch()
        var values: [String] = []
        for _ in 0..<100 where !reader.isAtEnd {
            _ = try reader.poll(into: &batch, timeoutMilliseconds: 100)
            values += batch.entries.map { String(decoding: batch.bytes[$0.value], as: UTF8.self) }
        }
        #expect(values == ["v3", "v4"])
        #expect(reader.end(of: partition) == 5)
    }

    @Test("limits bound a poll")
    func limits() async throws {
        let producer = try KafkaProducer(settings: settings)
        for index in 0..<100 {
            try producer.enqueue(
                KafkaRecord(topic: "raw", partition: 0, key: nil, value: bytes("\(index)"), timestampMilliseconds: 1)
            )
        }
        #expect(producer.flush(timeoutMilliseconds: 5000))
        var reader = try KafkaReader(settings: settings)
        try reader.assign([PartitionPosition(TopicPartition("raw", 0), nextOffset: 0)])
        var batch = InputBatch()
        var total = 0
        for _ in 0..<1000 where total < 100 {
            _ = try reader.poll(into: &batch, limits: PollLimits(maxRecords: 7), timeoutMilliseconds: 200)
            #expect(batch.count <= 7)
            total += batch.count
        }
        #expect(total == 100)
    }
}

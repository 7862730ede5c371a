import KafkaIO
import StreamCore
import Synchronization
import Testing

/// The stream log against librdkafka's mock cluster, which takes offsets of transactions without storing them: what depends on them
/// is tested by `ConformanceTests` with a real broker.
@Suite("Kafka log on the mock cluster", .ownThread)
struct MockLogTests {
    let cluster: KafkaMockCluster
    let group = uniqueName("group")

    init() throws {
        cluster = try KafkaMockCluster(brokerCount: 1)
        cluster.createTopic("in", partitions: 2)
        cluster.createTopic("out", partitions: 1)
    }

    private func driver(_ name: String, requestTimeoutMilliseconds: Int32 = 10_000) throws -> LogDriver {
        try LogDriver(
            cluster.brokers,
            group: group,
            transactionalID: name,
            requestTimeoutMilliseconds: requestTimeoutMilliseconds
        )
    }

    private func fill(_ count: Int) async throws {
        let producer = try KafkaProducer(settings: KafkaSettings(brokers: [cluster.brokers], clientID: "fill"))
        for index in 0..<count {
            try producer.enqueue(
                KafkaRecord(
                    topic: "in",
                    partition: Int32(index % 2),
                    key: bytes("k\(index)"),
                    value: bytes("v\(index)"),
                    timestampMilliseconds: 1_700_000_000_000 + Int64(index)
                )
            )
        }
        #expect(producer.flush(timeoutMilliseconds: 10_000))
        #expect(producer.counts.delivered == Int64(count))
        producer.close(timeoutMilliseconds: 1000)
    }

    @Test("reads, produces and commits in one transaction")
    func consumeProduceCommit() async throws {
        try await fill(10)
        var first = try driver("tx-1")
        try first.log.subscribe(to: ["in"])
        try first.run { $0.values.count >= 10 }
        #expect(Set(first.values) == Set((0..<10).map { "v\($0)" }))

        try first.log.beginTransaction()
        var effects = Effects(outputs: [.init(topic: "out", partitionCount: 1)], counterCount: 0)
        effects.emit(to: 0, key: bytes("key"), timestampMilliseconds: 1_700_000_000_123) { $0 += bytes("result") }
        effects.emit(to: 0, partition: 0, key: [], timestampMilliseconds: 1) { _ in }
        try first.log.produce(effects)
        try first.log.produce(topic: "out", partition: 0, key: bytes("gone"), value: nil)
        try first.log.commit(first.next.map { PartitionPosition($0.key, nextOffset: $0.value) })
        first.log.close()

        try checkOutput()
    }

    private func checkOutput() throws {
        var reader = try KafkaReader(settings: KafkaSettings(brokers: [cluster.brokers], clientID: "check"))
        var seen: [String] = []
        try reader.readAll(TopicPartition("out", 0)) { batch in
            for entry in batch.entries {
                let key = String(decoding: batch.bytes[entry.key], as: UTF8.self)
                let value = String(decoding: batch.bytes[entry.value], as: UTF8.self)
                seen.append("\(key)=\(value)\(entry.isTombstone ? " (tombstone)" : "")")
            }
            if let first = batch.entries.first { #expect(first.timestampMilliseconds == 1_700_000_000_123) }
        }
        #expect(seen == ["key=result", "=", "gone= (tombstone)"])
    }

    @Test("two members share the partitions, and the rest moves when one leaves", .timeLimit(.minutes(1)))
    func rebalance() async throws {
        try await fill(10)
        var first = try driver("tx-1")
        try first.log.subscribe(to: ["in"])
        try first.run { $0.owned.count == 2 && $0.values.count == 10 }
        #expect(first.owned.count == 2)

        var second = try driver("tx-2")
        try second.log.subscribe(to: ["in"])
        for _ in 0..<200 where first.owned.count != 1 || second.owned.count != 1 {
            try first.step(timeoutMilliseconds: 50)
            try second.step(timeoutMilliseconds: 50)
        }
        #expect(first.owned.count == 1)
        #expect(second.owned.count == 1)
        #expect(first.owned.isDisjoint(with: second.owned))
        #expect(first.lost == 0)

        first.log.close()
        try second.run { $0.owned.count == 2 }
        #expect(second.owned.count == 2)
        second.log.close()
    }

    @Test("seek goes back for the batch to be read again")
    func seek() async throws {
        try await fill(10)
        var driver = try driver("tx-1")
        try driver.log.subscribe(to: ["in"])
        try driver.run { $0.values.count >= 10 }
        driver.values = []
        try driver.log.seek(to: [
            PartitionPosition(TopicPartition("in", 0), nextOffset: 3),
            PartitionPosition(TopicPartition("in", 1), nextOffset: 4),
        ])
        try driver.run { $0.values.count >= 3 }
        #expect(driver.values.sorted() == ["v6", "v8", "v9"])
        driver.log.close()
    }

    @Test("offsets never committed are nil; watermarks count records")
    func offsets() async throws {
        try await fill(10)
        var driver = try driver("tx-1")
        let partition = TopicPartition("in", 0)
        #expect(try driver.log.committedOffsets(of: [partition]) == [nil])
        let marks = try driver.log.watermarks(of: partition)
        #expect(marks.low == 0)
        #expect(marks.high == 5)
        driver.log.close()
    }

    @Test("closing with an unanswered assignment ends", .timeLimit(.minutes(1)))
    func closeUnanswered() async throws {
        var driver = try driver("tx-1")
        try driver.log.subscribe(to: ["in"])
        var batch = InputBatch()
        var outcome = PollOutcome.idle
        for _ in 0..<100 where outcome == .idle {
            outcome = try driver.log.poll(into: &batch, limits: PollLimits(), timeoutMilliseconds: 100)
        }
        guard case .assigned(let partitions) = outcome else {
            Issue.record("no assignment: \(outcome)")
            return
        }
        #expect(partitions.count == 2)
        driver.log.close()
    }

    @Test("joining again after fencing starts as a new member")
    func subscribeAgain() async throws {
        try await fill(4)
        var driver = try driver("tx-1")
        try driver.log.subscribe(to: ["in"])
        try driver.run { $0.values.count >= 4 }
        try driver.log.renewProducer()
        try driver.log.subscribe(to: ["in"])
        driver.owned = []
        driver.values = []
        try driver.run { $0.values.count >= 4 }
        #expect(driver.owned.count == 2)
        #expect(driver.values.count == 4)
        driver.log.close()
    }

    /// Request kinds of the Kafka protocol.
    enum Request {
        static let txnOffsetCommit: Int16 = 28
        static let endTxn: Int16 = 26
        static let addOffsetsToTxn: Int16 = 25
        static let initProducerID: Int16 = 22
        static let heartbeat: Int16 = 12
    }

    @Test(
        "errors of the coordinator become reactions",
        arguments: [
            (Request.endTxn, Int32(47), LogError.Reaction.fenced),  // INVALID_PRODUCER_EPOCH
            (Request.endTxn, Int32(90), .fenced),  // PRODUCER_FENCED
            (Request.endTxn, Int32(49), .fenced),  // INVALID_PRODUCER_ID_MAPPING
            (Request.endTxn, Int32(53), .fatal),  // TRANSACTIONAL_ID_AUTHORIZATION_FAILED
            (Request.txnOffsetCommit, Int32(22), .fenced),  // ILLEGAL_GENERATION
            (Request.txnOffsetCommit, Int32(25), .fenced),  // UNKNOWN_MEMBER_ID
            (Request.txnOffsetCommit, Int32(30), .fatal),  // GROUP_AUTHORIZATION_FAILED
            (Request.addOffsetsToTxn, Int32(49), .fenced),  // INVALID_PRODUCER_ID_MAPPING
        ]
    )
    func reactions(request: Int16, code: Int32, expected: LogError.Reaction) async throws {
        var driver = try driver("tx-1")
        try driver.log.beginTransaction()
        cluster.failNext(apiKey: request, with: [code])
        let error = #expect(throws: LogError.self) { try driver.log.commit(positions) }
        #expect(error?.reaction == expected, "\(String(describing: error))")
        driver.log.close()
    }

    @Test(
        "passing trouble is overcome inside the commit",
        arguments: [
            (Request.endTxn, [Int32(16), 15]),  // NOT_COORDINATOR, COORDINATOR_NOT_AVAILABLE
            (Request.txnOffsetCommit, [Int32(14)]),  // COORDINATOR_LOAD_IN_PROGRESS
            (Request.addOffsetsToTxn, [Int32(51)]),  // CONCURRENT_TRANSACTIONS
        ]
    )
    func passingTrouble(request: Int16, codes: [Int32]) async throws {
        var driver = try driver("tx-1")
        try driver.log.beginTransaction()
        cluster.failNext(apiKey: request, with: codes)
        try driver.log.commit(positions)
        // The next transaction begins only when the last one ended.
        try driver.log.beginTransaction()
        driver.log.close()
    }

    @Test("after an abort a new transaction can be made; aborting twice does nothing")
    func abortAndRedo() throws {
        var driver = try driver("tx-1")
        try driver.log.beginTransaction()
        try driver.log.produce(topic: "out", partition: 0, key: bytes("a"), value: bytes("dropped"))
        try driver.log.abort()
        try driver.log.abort()
        try driver.log.beginTransaction()
        try driver.log.produce(topic: "out", partition: 0, key: bytes("a"), value: bytes("kept"))
        try driver.log.commit(positions)
        driver.log.close()
        // What was aborted never left the queue, so even this broker doesn't have it.
        #expect(try readToEnd(cluster.brokers, [TopicPartition("out", 0)]).last == "kept")
    }

    @Test("a fenced producer is replaced and goes on")
    func renew() throws {
        var driver = try driver("tx-1")
        try driver.log.beginTransaction()
        cluster.failNext(apiKey: Request.endTxn, with: [90])
        let error = #expect(throws: LogError.self) { try driver.log.commit(positions) }
        #expect(error?.reaction == .fenced)
        try driver.log.renewProducer()
        try driver.log.beginTransaction()
        try driver.log.produce(topic: "out", partition: 0, key: bytes("a"), value: bytes("after"))
        try driver.log.commit(positions)
        driver.log.close()
        #expect(try readToEnd(cluster.brokers, [TopicPartition("out", 0)]) == ["after"])
    }

    @Test("a member that was thrown out can't commit, and hears that its partitions are lost")
    func thrownOut() async throws {
        try await fill(2)
        var driver = try driver("tx-1")
        try driver.log.subscribe(to: ["in"])
        try driver.run { $0.values.count >= 2 }
        cluster.failNext(apiKey: Request.heartbeat, with: [25, 25, 25])  // UNKNOWN_MEMBER_ID
        try await Task.sleep(for: .seconds(1))
        let error = #expect(throws: LogError.self) { try driver.commit() }
        #expect(error?.reaction == .fenced)
        #expect(error?.code == "_ASSIGNMENT_LOST")
        try driver.log.abort()
        try driver.run { $0.lost == 1 }
        #expect(driver.lost == 1)
        try driver.run { $0.owned.count == 2 }
        #expect(driver.owned.count == 2)
        driver.log.close()
    }

    @Test("a broker that is down: retry, within the bound")
    func brokerDown() throws {
        cluster.setBroker(1, isUp: false)
        var driver = try driver("tx-1", requestTimeoutMilliseconds: 500)
        let error = #expect(throws: LogError.self) {
            try driver.log.committedOffsets(of: [TopicPartition("in", 0)])
        }
        #expect(error?.reaction == .retry, "\(String(describing: error))")
        driver.log.close()
    }

    private var positions: [PartitionPosition] { [PartitionPosition(TopicPartition("in", 0), nextOffset: 1)] }

    @Test("a broker that is away does not hold up a stop", .timeLimit(.minutes(1)))
    func stopWithoutBroker() throws {
        let options = KafkaLog.Options(
            groupID: group,
            transactionalID: "tx-stop",
            transactionTimeoutMilliseconds: 600_000,
            requestTimeoutMilliseconds: 600_000
        )
        let settings = KafkaSettings(brokers: [cluster.brokers], clientID: "stop")
        let stopped = StopFlag()
        var log = try KafkaLog(settings: settings, options: options, isStopRequested: { stopped.isSet })
        try log.subscribe(to: ["in"])
        let partition = TopicPartition("in", 0)
        #expect(try log.watermarks(of: partition).high == 0)
        cluster.setBroker(1, isUp: false)
        stopped.set()
        for _ in 0..<2 {
            let error = #expect(throws: LogError.self) { _ = try log.watermarks(of: partition) }
            #expect(error?.reaction == .retry)
        }
        let error = #expect(throws: LogError.self) { _ = try log.committedOffsets(of: [partition]) }
        #expect(error?.reaction == .retry)
        log.close()
        var late = try KafkaLog(settings: settings, options: options, isStopRequested: { stopped.isSet })
        let refusal = #expect(throws: LogError.self) { try late.subscribe(to: ["in"]) }
        #expect(refusal?.reaction == .retry, "fencing earlier lives waits for the broker")
        late.close()
    }
}

/// The wish to end, as a process gives it to its logs.
private final class StopFlag: Sendable {
    private let flag = Atomic<Bool>(false)

    var isSet: Bool { flag.load(ordering: .acquiring) }

    func set() { flag.store(true, ordering: .releasing) }
}

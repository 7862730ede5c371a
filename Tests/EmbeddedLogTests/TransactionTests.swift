import EmbeddedLog
import KafkaProtocol
import Testing

extension TestClient {
    fileprivate func initialize(_ id: String, timeout: Int32 = 60_000) throws -> TestProducer {
        var request = InitProducerIdRequest()
        request.transactionalId = id
        request.transactionTimeoutMs = timeout
        let response = try call(request, version: 4)
        guard response.errorCode == 0 else { throw TestFailure("InitProducerId: \(response.errorCode)") }
        return TestProducer(id: response.producerId, epoch: response.producerEpoch, transactionalId: id)
    }

    fileprivate func add(_ topic: String, to producer: TestProducer) throws -> ErrorCode? {
        var entry = AddPartitionsToTxnRequest.AddPartitionsToTxnTopic()
        entry.name = topic
        entry.partitions = [0]
        var request = AddPartitionsToTxnRequest()
        request.v3AndBelowTransactionalId = producer.transactionalId ?? ""
        request.v3AndBelowProducerId = producer.id
        request.v3AndBelowProducerEpoch = producer.epoch
        request.v3AndBelowTopics = [entry]
        let response = try call(request, version: 3)
        let result = response.resultsByTopicV3AndBelow.first?.resultsByPartition.first
        return result.flatMap { ErrorCode(rawValue: $0.partitionErrorCode) }
    }

    fileprivate func end(_ producer: TestProducer, commit: Bool) throws -> ErrorCode? {
        var request = EndTxnRequest()
        request.transactionalId = producer.transactionalId ?? ""
        request.producerId = producer.id
        request.producerEpoch = producer.epoch
        request.committed = commit
        return ErrorCode(rawValue: try call(request, version: 3).errorCode)
    }

    fileprivate func commitOffset(
        _ producer: TestProducer,
        _ topic: String,
        _ offset: Int64,
        generation: Int32 = -1
    ) throws -> ErrorCode? {
        var partition = TxnOffsetCommitRequest.TxnOffsetCommitRequestTopic.TxnOffsetCommitRequestPartition()
        partition.committedOffset = offset
        var entry = TxnOffsetCommitRequest.TxnOffsetCommitRequestTopic()
        entry.name = topic
        entry.partitions = [partition]
        var request = TxnOffsetCommitRequest()
        request.transactionalId = producer.transactionalId ?? ""
        request.groupId = "g"
        request.producerId = producer.id
        request.producerEpoch = producer.epoch
        request.generationId = generation
        request.topics = [entry]
        let result = try call(request, version: 3).topics.first?.partitions.first
        return result.flatMap { ErrorCode(rawValue: $0.errorCode) }
    }

    fileprivate func addOffsets(_ producer: TestProducer) throws -> ErrorCode? {
        var request = AddOffsetsToTxnRequest()
        request.transactionalId = producer.transactionalId ?? ""
        request.producerId = producer.id
        request.producerEpoch = producer.epoch
        request.groupId = "g"
        return ErrorCode(rawValue: try call(request, version: 3).errorCode)
    }
}

@Suite("Transactions")
struct TransactionTests {
    /// What a consumer of committed records sees, as soon as it is `expected`, or after two seconds. The end of a
    /// transaction is answered when it is durable; the last stable offset moves a moment after.
    private func shown(_ expected: [String], _ client: TestClient) async throws -> [String] {
        for _ in 0..<100 where try client.values("t", committed: true) != expected {
            try await Task.sleep(for: .milliseconds(20))
        }
        return try client.values("t", committed: true)
    }

    @Test("committed records show after the commit, aborted ones never")
    func visibility() async throws {
        try await TestBroker.with { broker in
            let client = try broker.connect()
            try client.createTopic("t")
            var producer = try client.initialize("x")
            #expect(try client.add("t", to: producer) == ErrorCode.none)
            #expect(try client.produce("t", ["a", "b"], producer: producer).code == ErrorCode.none)
            producer.sequence = 2
            #expect(try client.values("t", committed: true).isEmpty)
            #expect(try client.values("t") == ["a", "b"])
            #expect(try client.end(producer, commit: true) == ErrorCode.none)
            #expect(try await shown(["a", "b"], client) == ["a", "b"])

            #expect(try client.add("t", to: producer) == ErrorCode.none)
            #expect(try client.produce("t", ["never"], producer: producer).code == ErrorCode.none)
            #expect(try client.produce("t", ["plain"]).code == ErrorCode.none)
            #expect(try client.values("t", committed: true) == ["a", "b"])
            #expect(try client.end(producer, commit: false) == ErrorCode.none)
            #expect(try await shown(["a", "b", "plain"], client) == ["a", "b", "plain"])
            #expect(try client.end(producer, commit: true) == .invalidTransactionState)
        }
    }

    @Test("records outside an open transaction are refused")
    func unverified() async throws {
        try await TestBroker.with { broker in
            let client = try broker.connect()
            try client.createTopic("t")
            let producer = try client.initialize("x")
            #expect(try client.produce("t", ["a"], producer: producer).code == .invalidTransactionState)
            #expect(try client.end(producer, commit: true) == .invalidTransactionState)
            #expect(try client.add("none", to: producer) == .unknownTopicOrPartition)
        }
    }

    @Test("a second producer with the same id fences the first and aborts what it left open")
    func fencing() async throws {
        try await TestBroker.with { broker in
            let client = try broker.connect()
            try client.createTopic("t")
            let old = try client.initialize("x")
            #expect(try client.add("t", to: old) == ErrorCode.none)
            #expect(try client.produce("t", ["zombie"], producer: old).code == ErrorCode.none)
            let new = try client.initialize("x")
            #expect(new.id == old.id && new.epoch > old.epoch)
            #expect(try client.end(old, commit: true) == .producerFenced)
            #expect(try client.add("t", to: old) == .producerFenced)
            #expect(try client.produce("t", ["zombie"], producer: old).code == .invalidProducerEpoch)
            #expect(try client.add("t", to: new) == ErrorCode.none)
            #expect(try client.produce("t", ["new"], producer: new).code == ErrorCode.none)
            #expect(try client.end(new, commit: true) == ErrorCode.none)
            #expect(try await shown(["new"], client) == ["new"])
        }
    }

    @Test("offsets sent to a transaction count with its commit, and not with its abort")
    func offsets() async throws {
        try await TestBroker.with { broker in
            let client = try broker.connect()
            try client.createTopic("t")
            let producer = try client.initialize("x")
            #expect(try client.commitOffset(producer, "t", 5) == .invalidTransactionState)
            #expect(try client.addOffsets(producer) == ErrorCode.none)
            #expect(try client.commitOffset(producer, "t", 5) == ErrorCode.none)
            #expect(try client.commitOffset(producer, "t", 6, generation: 3) == .unknownMemberId)
            #expect(try committed("g", "t", client).offset == -1)
            #expect(try committed("g", "t", client, stable: true).code == .unstableOffsetCommit)
            #expect(try client.end(producer, commit: true) == ErrorCode.none)
            #expect(try committed("g", "t", client, stable: true).offset == 5)
            #expect(try client.addOffsets(producer) == ErrorCode.none)
            #expect(try client.commitOffset(producer, "t", 9) == ErrorCode.none)
            #expect(try client.end(producer, commit: false) == ErrorCode.none)
            #expect(try committed("g", "t", client, stable: true).offset == 5)
        }
    }

    @Test("a transaction that takes too long is aborted and its producer fenced")
    func timeout() async throws {
        let time = ManualClock()
        try await TestBroker.with {
            $0.clock = time.clock
        } _: { broker in
            let client = try broker.connect()
            try client.createTopic("t")
            let producer = try client.initialize("x", timeout: 5_000)
            #expect(try client.add("t", to: producer) == ErrorCode.none)
            #expect(try client.produce("t", ["late"], producer: producer).code == ErrorCode.none)
            time.advance(milliseconds: 5_001)
            var listed = "Ongoing"
            for _ in 0..<100 where listed != "CompleteAbort" {
                try await Task.sleep(for: .milliseconds(20))
                listed =
                    try client.call(ListTransactionsRequest(), version: 0).transactionStates.first?
                    .transactionState ?? "none"
            }
            #expect(listed == "CompleteAbort")
            #expect(try client.end(producer, commit: true) == .producerFenced)
            #expect(try client.values("t", committed: true).isEmpty)
            #expect(try client.produce("t", ["plain"]).code == ErrorCode.none)
            #expect(try await shown(["plain"], client) == ["plain"])
        }
    }

    @Test("an open transaction and its pending offsets outlive the broker, and can be ended after")
    func restart() async throws {
        let directory = try TestBroker.makeDirectory()
        let first = try await TestBroker.start(directory: directory)
        var client = try first.connect()
        try client.createTopic("t")
        var producer = try client.initialize("x")
        #expect(try client.add("t", to: producer) == ErrorCode.none)
        #expect(try client.addOffsets(producer) == ErrorCode.none)
        #expect(try client.produce("t", ["a"], producer: producer).code == ErrorCode.none)
        #expect(try client.commitOffset(producer, "t", 7) == ErrorCode.none)
        try await first.stop()
        let second = try await TestBroker.start(directory: directory)
        client = try second.connect()
        #expect(try client.values("t", committed: true).isEmpty)
        #expect(try committed("g", "t", client, stable: true).code == .unstableOffsetCommit)
        producer.sequence = 1
        #expect(try client.produce("t", ["b"], producer: producer).code == ErrorCode.none)
        #expect(try client.end(producer, commit: true) == ErrorCode.none)
        #expect(try await shown(["a", "b"], client) == ["a", "b"])
        #expect(try committed("g", "t", client, stable: true).offset == 7)
        let next = try client.initialize("x")
        #expect(next.id == producer.id && next.epoch == producer.epoch + 1)
        try await second.stop()
        try TestBroker.removeDirectory(directory)
    }

    @Test("bad InitProducerId requests get Kafka's codes")
    func badInitializations() async throws {
        try await TestBroker.with { broker in
            let client = try broker.connect()
            var request = InitProducerIdRequest()
            request.transactionalId = ""
            request.transactionTimeoutMs = 1_000
            #expect(try client.call(request, version: 4).errorCode == ErrorCode.invalidRequest.rawValue)
            request.transactionalId = "x"
            request.transactionTimeoutMs = 0
            let code = ErrorCode.invalidTransactionTimeout.rawValue
            #expect(try client.call(request, version: 4).errorCode == code)
            request.transactionTimeoutMs = 900_001
            #expect(try client.call(request, version: 4).errorCode == code)
        }
    }

    @Test("an operator's marker ends a transaction; an older epoch's does not")
    func transactionMarkers() async throws {
        try await TestBroker.with { broker in
            let client = try broker.connect()
            try client.createTopic("t")
            let producer = try client.initialize("x")
            #expect(try client.add("t", to: producer) == ErrorCode.none)
            #expect(try client.produce("t", ["a"], producer: producer).code == ErrorCode.none)
            #expect(try client.produce("t", ["b"]).code == ErrorCode.none)
            #expect(try client.values("t", committed: true).isEmpty)
            var marker = WriteTxnMarkersRequest.WritableTxnMarker()
            marker.producerId = producer.id
            marker.producerEpoch = producer.epoch - 1
            var topic = WriteTxnMarkersRequest.WritableTxnMarker.WritableTxnMarkerTopic()
            topic.name = "t"
            topic.partitionIndexes = [0, 7]
            marker.topics = [topic]
            #expect(try codes(of: marker, client) == [.invalidProducerEpoch, .unknownTopicOrPartition])
            marker.producerEpoch = producer.epoch
            #expect(try codes(of: marker, client) == [ErrorCode.none, .unknownTopicOrPartition])
            #expect(try client.values("t", committed: true) == ["b"])
        }
    }

    private func codes(
        of marker: WriteTxnMarkersRequest.WritableTxnMarker,
        _ client: TestClient
    ) throws -> [ErrorCode?] {
        var request = WriteTxnMarkersRequest()
        request.markers = [marker]
        let partitions = try client.call(request, version: 1).markers.first?.topics.first?.partitions ?? []
        return partitions.map { ErrorCode(rawValue: $0.errorCode) }
    }
}

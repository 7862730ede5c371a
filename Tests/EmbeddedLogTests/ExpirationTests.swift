import EmbeddedLog
import Foundation
import KafkaProtocol
import Telemetry
import Testing

/// What nobody has used for long is forgotten.
@Suite("Expiration")
struct ExpirationTests {
    private static func transactionalIds(_ client: TestClient) throws -> [String] {
        try client.call(ListTransactionsRequest(), version: 0).transactionStates.map(\.transactionalId).sorted()
    }

    private static func eventually(_ isTrue: () throws -> Bool) async throws -> Bool {
        for _ in 0..<500 {
            if try isTrue() { return true }
            try await Task.sleep(for: .milliseconds(10))
        }
        return false
    }

    private static func producer(_ client: TestClient, _ id: String) throws -> TestProducer {
        var request = InitProducerIdRequest()
        request.transactionalId = id
        request.transactionTimeoutMs = 600_000
        let response = try client.call(request, version: 4)
        #expect(response.errorCode == 0)
        return TestProducer(id: response.producerId, epoch: response.producerEpoch, transactionalId: id)
    }

    private static func begin(_ client: TestClient, _ producer: TestProducer) throws {
        var topic = AddPartitionsToTxnRequest.AddPartitionsToTxnTopic()
        topic.name = "t"
        topic.partitions = [0]
        var request = AddPartitionsToTxnRequest()
        request.v3AndBelowTransactionalId = producer.transactionalId ?? ""
        request.v3AndBelowProducerId = producer.id
        request.v3AndBelowProducerEpoch = producer.epoch
        request.v3AndBelowTopics = [topic]
        let response = try client.call(request, version: 3)
        #expect(response.resultsByTopicV3AndBelow.first?.resultsByPartition.first?.partitionErrorCode == 0)
    }

    @Test("idle transactional ids go, also after a restart; one with a transaction under way stays")
    func transactionalIds() async throws {
        let clock = ManualClock()
        let metrics = MetricsRegistry()
        func adjust(_ configuration: inout EmbeddedLogConfiguration) {
            configuration.clock = clock.clock
            configuration.metrics = metrics
            configuration.maintenanceIntervalMilliseconds = 20
            configuration.transactionalIdExpirationMilliseconds = 600_000
        }
        let first = try await TestBroker.start(adjust)
        let client = try first.connect()
        try client.createTopic("t")
        let idle = try Self.producer(client, "idle")
        clock.advance(milliseconds: 400_000)
        let open = try Self.producer(client, "open")
        try Self.begin(client, open)
        _ = try Self.producer(client, "recent")
        #expect(try Self.transactionalIds(client) == ["idle", "open", "recent"])
        clock.advance(milliseconds: 300_000)
        #expect(try await Self.eventually { try Self.transactionalIds(client) == ["open", "recent"] })
        #expect(metrics.total("meterlog_broker_transactional_ids_expired_total") == 1)
        var stale = EndTxnRequest()
        stale.transactionalId = "idle"
        stale.producerId = idle.id
        stale.producerEpoch = idle.epoch
        #expect(try client.call(stale, version: 3).errorCode == ErrorCode.invalidProducerIdMapping.rawValue)
        try await first.stop()

        let second = try await TestBroker.start(directory: first.directory, adjust)
        let again = try second.connect()
        #expect(try Self.transactionalIds(again) == ["open", "recent"])
        let renewed = try Self.producer(again, "idle")
        #expect(renewed.id != idle.id)
        try await second.stop()
        try TestBroker.removeDirectory(first.directory)
    }

    @Test("an idle producer's sequence numbers are forgotten after the configured time")
    func producerIds() async throws {
        let clock = ManualClock()
        try await TestBroker.with {
            $0.clock = clock.clock
            $0.maintenanceIntervalMilliseconds = 20
            $0.producerIdExpirationMilliseconds = 60_000
        } _: { broker in
            let client = try broker.connect()
            try client.createTopic("t")
            let identity = try client.call(InitProducerIdRequest(), version: 4)
            let producer = TestProducer(id: identity.producerId, epoch: identity.producerEpoch)
            #expect(try client.produce("t", ["a"], producer: producer).code == ErrorCode.none)
            var request = DescribeProducersRequest.TopicRequest()
            request.name = "t"
            request.partitionIndexes = [0]
            var describe = DescribeProducersRequest()
            describe.topics = [request]
            func known() throws -> Int? {
                try client.call(describe, version: 0).topics.first?.partitions.first?.activeProducers.count
            }
            #expect(try known() == 1)
            clock.advance(milliseconds: 61_000)
            #expect(try await Self.eventually { try known() == 0 })
        }
    }
}

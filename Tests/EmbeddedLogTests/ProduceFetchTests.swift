import EmbeddedLog
import KafkaProtocol
import Testing

@Suite("Produce and fetch")
struct ProduceFetchTests {
    @Test("records come back in order, with the offsets the producer was told")
    func roundTrip() async throws {
        try await TestBroker.with { broker in
            let client = try broker.connect()
            try client.createTopic("t")
            #expect(try client.produce("t", ["a", "b"]).baseOffset == 0)
            #expect(try client.produce("t", ["c"]).baseOffset == 2)
            #expect(try client.values("t") == ["a", "b", "c"])
            let later = try client.fetch(client.fetchRequest("t", from: 2))
            #expect(try TestClient.values(later) == ["c"])
            #expect(later.highWatermark == 3)
            #expect(
                try client.fetch(client.fetchRequest("t", from: 9)).errorCode == ErrorCode.offsetOutOfRange.rawValue
            )
        }
    }

    @Test("pipelined requests are answered in order and appended in order")
    func pipelining() async throws {
        try await TestBroker.with { broker in
            let client = try broker.connect()
            try client.createTopic("t")
            for number in 0..<100 {
                try client.send(client.produceRequest("t", TestClient.batch(["\(number)"])), version: 7)
            }
            for number in 0..<100 {
                let response = try client.receive(ProduceResponse.self, version: 7)
                #expect(response.responses.first?.partitionResponses.first?.baseOffset == Int64(number))
            }
            #expect(try client.values("t") == (0..<100).map { "\($0)" })
        }
    }

    @Test("acks=0 is stored and not answered; if it is refused the connection closes")
    func noAcknowledgement() async throws {
        try await TestBroker.with { broker in
            let client = try broker.connect()
            try client.createTopic("t")
            try client.send(client.produceRequest("t", TestClient.batch(["x"]), acks: 0), version: 7)
            let found = try client.fetch(client.fetchRequest("t", minBytes: 1, maxWait: 5_000))
            #expect(try TestClient.values(found) == ["x"])
            try client.send(client.produceRequest("nowhere", TestClient.batch(["x"]), acks: 0), version: 7)
            #expect(client.isClosedByBroker())
        }
    }

    @Test("a waiting fetch is answered by the next record, or when its time is over")
    func longPoll() async throws {
        try await TestBroker.with { broker in
            let producer = try broker.connect()
            try producer.createTopic("t")
            let consumer = try broker.connect()
            let start = ContinuousClock.now
            let empty = try consumer.fetch(consumer.fetchRequest("t", maxWait: 200))
            #expect(ContinuousClock.now - start >= .milliseconds(190))
            #expect(empty.records?.bytes.isEmpty == true)
            try consumer.send(consumer.fetchRequest("t", maxWait: 9_000), version: 11)
            try producer.produce("t", ["now"])
            let woken = try consumer.receive(FetchResponse.self, version: 11)
            let partition = try #require(woken.responses.first?.partitions.first)
            #expect(try TestClient.values(partition) == ["now"])
            #expect(ContinuousClock.now - start < .seconds(5))
        }
    }

    @Test("Kafka's codes for what can't be stored")
    func refusals() async throws {
        try await TestBroker.with { broker in
            let client = try broker.connect()
            try client.createTopic("t", configs: ["max.message.bytes": "1000"])
            #expect(try client.produce("none", ["x"]).code == .unknownTopicOrPartition)
            #expect(try client.produce("t", ["x"], partition: 7).code == .unknownTopicOrPartition)
            #expect(try client.produce("__consumer_offsets", ["x"]).code == .invalidTopic)
            #expect(try client.produce("t", [String(repeating: "x", count: 2_000)]).code == .messageTooLarge)
            var damaged = TestClient.batch(["x"])
            damaged[damaged.count - 1] ^= 1
            func code(_ request: ProduceRequest) throws -> Int16? {
                try client.call(request, version: 9).responses.first?.partitionResponses.first?.errorCode
            }
            #expect(try code(client.produceRequest("t", damaged)) == ErrorCode.corruptMessage.rawValue)
            let oneOfTwo = client.produceRequest("t", TestClient.batch(["x"]), acks: 2)
            #expect(try code(oneOfTwo) == ErrorCode.invalidRequiredAcks.rawValue)
            #expect(try client.values("t").isEmpty)
        }
    }

    @Test("an idempotent producer: a repeat is answered as before, a gap and an old epoch are refused")
    func idempotence() async throws {
        try await TestBroker.with { broker in
            let client = try broker.connect()
            try client.createTopic("t")
            let granted = try client.call(InitProducerIdRequest(), version: 4)
            #expect(granted.errorCode == 0)
            var producer = TestProducer(id: granted.producerId, epoch: granted.producerEpoch)
            #expect(try client.produce("t", ["a", "b"], producer: producer).baseOffset == 0)
            let again = try client.produce("t", ["a", "b"], producer: producer)
            #expect(again.code == ErrorCode.none && again.baseOffset == 0)
            producer.sequence = 5
            #expect(try client.produce("t", ["c"], producer: producer).code == .outOfOrderSequenceNumber)
            producer.sequence = 2
            #expect(try client.produce("t", ["c"], producer: producer).baseOffset == 2)
            #expect(try client.values("t") == ["a", "b", "c"])
            let other = try client.call(InitProducerIdRequest(), version: 4)
            #expect(other.producerId != granted.producerId)
        }
    }

    @Test("fetch by topic id; an unknown id is named as such")
    func topicIds() async throws {
        try await TestBroker.with { broker in
            let client = try broker.connect()
            try client.createTopic("t")
            try client.produce("t", ["a"])
            let id = try #require(client.call(MetadataRequest(), version: 12).topics.first { $0.name == "t" }).topicId
            #expect(!id.isZero)
            var request = client.fetchRequest("")
            request.topics[0].topicId = id
            let found = try client.call(request, version: 13).responses.first?.partitions.first
            #expect(try TestClient.values(#require(found)) == ["a"])
            request.topics[0].topicId = KafkaUUID(high: 1, low: 2)
            let unknown = try client.call(request, version: 13).responses.first?.partitions.first
            #expect(unknown?.errorCode == ErrorCode.unknownTopicId.rawValue)
        }
    }

    @Test("offsets by position and by time")
    func listOffsets() async throws {
        try await TestBroker.with { broker in
            let client = try broker.connect()
            try client.createTopic("t")
            try client.produce("t", ["a", "b", "c"])
            func offset(_ timestamp: Int64) throws -> Int64? {
                var partition = ListOffsetsRequest.ListOffsetsTopic.ListOffsetsPartition()
                partition.timestamp = timestamp
                var topic = ListOffsetsRequest.ListOffsetsTopic()
                topic.name = "t"
                topic.partitions = [partition]
                var request = ListOffsetsRequest()
                request.replicaId = -1
                request.topics = [topic]
                return try client.call(request, version: 7).topics.first?.partitions.first?.offset
            }
            #expect(try offset(-1) == 3)
            #expect(try offset(-2) == 0)
            #expect(try offset(1_600_000_000_000) == 0)
            #expect(try offset(1_900_000_000_000) == -1)
        }
    }
}

import EmbeddedLog
import Foundation
import KafkaIO
import KafkaProtocol
import StreamCore
import Testing

/// Searches by timestamp and compaction look into compressed batches as librdkafka writes them.
@Suite("Compressed batches", .serialized, .timeLimit(.minutes(1)))
struct CompressedBatchTests {
    private static let base: Int64 = 1_700_000_000_000

    /// One batch of 100 records, ten milliseconds apart, compressed by librdkafka.
    private static func fill(_ brokers: String, _ codec: String, keys: Int = 100) throws {
        let producer = try KafkaProducer(
            settings: KafkaSettings(
                brokers: [brokers],
                clientID: "fill",
                producerProperties: ["compression.type": codec, "batch.num.messages": "1000"]
            )
        )
        for number in 0..<100 {
            try producer.enqueue(
                KafkaRecord(
                    topic: "t",
                    partition: 0,
                    key: Array("k\(number % keys)".utf8),
                    value: Array("value \(number), and some more that can be compressed".utf8),
                    timestampMilliseconds: base + Int64(number) * 10
                )
            )
        }
        #expect(producer.flush(timeoutMilliseconds: 20_000))
        producer.close(timeoutMilliseconds: 1_000)
    }

    private static func search(_ client: TestClient, _ timestamp: Int64) throws -> (offset: Int64, timestamp: Int64) {
        var partition = ListOffsetsRequest.ListOffsetsTopic.ListOffsetsPartition()
        partition.timestamp = timestamp
        partition.currentLeaderEpoch = -1
        var topic = ListOffsetsRequest.ListOffsetsTopic()
        topic.name = "t"
        topic.partitions = [partition]
        var request = ListOffsetsRequest()
        request.replicaId = -1
        request.topics = [topic]
        let result = try #require(client.call(request, version: 7).topics.first?.partitions.first)
        #expect(result.errorCode == 0)
        return (result.offset, result.timestamp)
    }

    private static func batches(_ client: TestClient) throws -> [RecordBatchHeader] {
        var request = client.fetchRequest("t")
        request.topics[0].partitions[0].partitionMaxBytes = 10_000_000
        let bytes = Array(try client.fetch(request).records?.bytes ?? [])
        return try bytes.withUnsafeBytes { all in
            var headers: [RecordBatchHeader] = []
            var cursor = 0
            while cursor < all.count {
                let header = try RecordBatchHeader(parsing: UnsafeRawBufferPointer(rebasing: all[cursor...]))
                headers.append(header)
                cursor += header.totalByteCount
            }
            return headers
        }
    }

    @Test("the first record at or after a time is found in its batch", arguments: ["none", "gzip", "snappy", "lz4"])
    func exact(codec: String) async throws {
        try await TestBroker.with { broker in
            let client = try broker.connect()
            try client.createTopic("t")
            let brokers = "127.0.0.1:\(broker.port)"
            try await onOwnThread { try Self.fill(brokers, codec) }
            let headers = try Self.batches(client)
            #expect(headers.contains { $0.recordCount > 10 })
            #expect(headers.allSatisfy { "\($0.compression)" == codec })
            for (asked, offset) in [(0, 0), (1, 1), (10, 1), (505, 51), (990, 99)] as [(Int64, Int64)] {
                let found = try Self.search(client, Self.base + asked)
                #expect(found.offset == offset, "\(asked)")
                #expect(found.timestamp == Self.base + offset * 10, "\(asked)")
            }
            #expect(try Self.search(client, Self.base + 991) == (-1, -1))
            #expect(try Self.search(client, -3) == (99, Self.base + 990))
        }
    }

    @Test("in a batch of zstd the answer is its first offset: nothing later is missed")
    func zstd() async throws {
        try await TestBroker.with { broker in
            let client = try broker.connect()
            try client.createTopic("t")
            let brokers = "127.0.0.1:\(broker.port)"
            guard KafkaSettings.libraryFeatures.contains("zstd") else { return }
            try await onOwnThread { try Self.fill(brokers, "zstd") }
            let headers = try Self.batches(client)
            #expect(headers.allSatisfy { $0.compression == .zstd })
            let found = try Self.search(client, Self.base + 505)
            let batch = try #require(headers.first { $0.maxTimestamp >= Self.base + 505 })
            #expect(found.offset == batch.baseOffset)
        }
    }

    @Test(
        "compaction keeps the last record of each key, whatever its batch is compressed with",
        arguments: ["snappy", "lz4", "zstd"]
    )
    func compaction(codec: String) async throws {
        guard codec != "zstd" || KafkaSettings.libraryFeatures.contains("zstd") else { return }
        let clock = ManualClock()
        try await TestBroker.with {
            $0.clock = clock.clock
            $0.maintenanceIntervalMilliseconds = 50
        } _: { broker in
            let client = try broker.connect()
            try client.createTopic(
                "t",
                configs: ["cleanup.policy": "compact", "segment.bytes": "1024", "min.cleanable.dirty.ratio": "0"]
            )
            let brokers = "127.0.0.1:\(broker.port)"
            try await onOwnThread {
                for _ in 0..<6 { try Self.fill(brokers, codec, keys: 10) }
            }
            var latest: [String: String] = [:]
            // The broker works at it; all that was there before the last segment is compacted in the end.
            for _ in 0..<100 {
                try await Task.sleep(for: .milliseconds(20))
                let count = try await Self.records(brokers, into: &latest)
                if codec == "zstd" || count < 300 { break }
            }
            #expect(latest.count == 10)
            for key in 0..<10 {
                #expect(latest["k\(key)"] == "value \(90 + key), and some more that can be compressed")
            }
            if codec != "zstd" { #expect(try await Self.records(brokers, into: &latest) < 300) }
        }
    }

    /// Reads the topic as a consumer does; `latest` gets the last value of each key. Returns how many records there are.
    private static func records(_ brokers: String, into latest: inout [String: String]) async throws -> Int {
        let all = try await onOwnThread { try readRecords(brokers, TopicPartition("t", 0)) }
        for record in all { latest[record.key] = record.value }
        return all.count
    }
}

import Glibc
import KafkaProtocol
import StreamCore

/// A Kafka client of the plainest kind: one blocking socket. Each read gives up after ten seconds.
final class TestClient {
    private let descriptor: Int32
    private var nextCorrelation: Int32 = 0

    init(port: Int) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw TestFailure("socket: \(errno)") }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw TestFailure("connect: \(errno)") }
        var timeout = timeval(tv_sec: 10, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit {
        close(descriptor)
    }

    /// Sends the request and waits for its response.
    func call<Request: KafkaRequest>(_ request: Request, version: Int16) throws -> Request.Response {
        try send(request, version: version)
        return try receive(Request.Response.self, version: version)
    }

    func send(_ request: some KafkaRequest, version: Int16) throws {
        nextCorrelation += 1
        let frame = try EncodedFrame(request, version: version, correlationId: nextCorrelation, clientId: "test")
        try send(frame.bytes)
    }

    func send(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                let rest = buffer.baseAddress.map { $0 + sent }
                return Glibc.send(descriptor, rest, bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw TestFailure("send: \(errno)") }
            sent += count
        }
    }

    func receive<Response: KafkaResponse>(_ type: Response.Type, version: Int16) throws -> Response {
        try Response.decode(frame: receiveFrame()[...], version: version).response
    }

    /// The next frame, without its length.
    func receiveFrame() throws -> [UInt8] {
        let length = try receive(4).reduce(0) { $0 << 8 | Int($1) }
        return try receive(length)
    }

    /// Whether the broker has closed the connection; waits for it.
    ///
    /// - Parameter limit: bytes that may come before, such as an alert of TLS.
    func isClosedByBroker(afterAtMost limit: Int = 0) -> Bool {
        var byte: UInt8 = 0
        for _ in 0..<limit where recv(descriptor, &byte, 1, 0) <= 0 { return errno != EAGAIN }
        return recv(descriptor, &byte, 1, 0) <= 0 && errno != EAGAIN
    }

    private func receive(_ count: Int) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var received = 0
        while received < count {
            let part = bytes.withUnsafeMutableBytes { buffer in
                recv(descriptor, buffer.baseAddress.map { $0 + received }, count - received, 0)
            }
            guard part > 0 else { throw TestFailure(part == 0 ? "connection closed" : "recv: \(errno)") }
            received += part
        }
        return bytes
    }
}

// MARK: Shorthands

/// A producer as batches show it.
struct TestProducer {
    var id: Int64
    var epoch: Int16
    var sequence: Int32 = 0
    var transactionalId: String?
}

extension TestClient {
    @discardableResult
    func createTopic(_ name: String, partitions: Int32 = 1, configs: [String: String] = [:]) throws -> ErrorCode? {
        var topic = CreateTopicsRequest.CreatableTopic()
        topic.name = name
        topic.numPartitions = partitions
        topic.replicationFactor = 1
        topic.configs = configs.map { key, value in
            var config = CreateTopicsRequest.CreatableTopic.CreatableTopicConfig()
            config.name = key
            config.value = value
            return config
        }
        var request = CreateTopicsRequest()
        request.topics = [topic]
        return try call(request, version: 7).topics.first.flatMap { ErrorCode(rawValue: $0.errorCode) }
    }

    static func batch(_ values: [String], _ producer: TestProducer? = nil) -> [UInt8] {
        let identity = producer.map {
            RecordBatchBuilder.Producer(
                id: $0.id,
                epoch: $0.epoch,
                baseSequence: $0.sequence,
                isTransactional: $0.transactionalId != nil
            )
        }
        var builder = RecordBatchBuilder(baseTimestamp: 1_700_000_000_000, producer: identity)
        for value in values { builder.append(key: Array("k".utf8), value: Array(value.utf8)) }
        return builder.build()
    }

    func produceRequest(
        _ topic: String,
        _ records: [UInt8],
        partition: Int32 = 0,
        acks: Int16 = -1,
        transactionalId: String? = nil
    ) -> ProduceRequest {
        var data = ProduceRequest.TopicProduceData.PartitionProduceData()
        data.index = partition
        data.records = RecordData(records[...])
        var topicData = ProduceRequest.TopicProduceData()
        topicData.name = topic
        topicData.partitionData = [data]
        var request = ProduceRequest()
        request.transactionalId = transactionalId
        request.acks = acks
        request.timeoutMs = 5_000
        request.topicData = [topicData]
        return request
    }

    /// Produces and gives the error code and base offset.
    @discardableResult
    func produce(
        _ topic: String,
        _ values: [String],
        partition: Int32 = 0,
        producer: TestProducer? = nil
    ) throws -> (code: ErrorCode?, baseOffset: Int64) {
        let request = produceRequest(
            topic,
            Self.batch(values, producer),
            partition: partition,
            transactionalId: producer?.transactionalId
        )
        let response = try call(request, version: 9)
        guard let result = response.responses.first?.partitionResponses.first else { throw TestFailure("no result") }
        return (ErrorCode(rawValue: result.errorCode), result.baseOffset)
    }

    /// Commits for a group that has no members.
    func commitOffset(_ offset: Int64, ofGroup group: String, _ partition: TopicPartition) throws -> ErrorCode? {
        var committed = OffsetCommitRequest.OffsetCommitRequestTopic.OffsetCommitRequestPartition()
        committed.partitionIndex = partition.partition
        committed.committedOffset = offset
        var topic = OffsetCommitRequest.OffsetCommitRequestTopic()
        topic.name = partition.topic
        topic.partitions = [committed]
        var request = OffsetCommitRequest()
        request.groupId = group
        request.generationIdOrMemberEpoch = -1
        request.topics = [topic]
        let result = try call(request, version: 7).topics.first?.partitions.first
        return result.flatMap { ErrorCode(rawValue: $0.errorCode) }
    }

    /// The committed offset; -1 without one.
    func committedOffset(ofGroup group: String, _ partition: TopicPartition) throws -> Int64 {
        var topic = OffsetFetchRequest.OffsetFetchRequestTopic()
        topic.name = partition.topic
        topic.partitionIndexes = [partition.partition]
        var request = OffsetFetchRequest()
        request.groupId = group
        request.topics = [topic]
        let response = try call(request, version: 5)
        guard response.errorCode == 0, let found = response.topics.first?.partitions.first, found.errorCode == 0 else {
            throw TestFailure("no committed offset: \(response)")
        }
        return found.committedOffset
    }

    func fetchRequest(
        _ topic: String,
        from offset: Int64 = 0,
        partition: Int32 = 0,
        isolation: Int8 = 0,
        minBytes: Int32 = 1,
        maxWait: Int32 = 0
    ) -> FetchRequest {
        var wanted = FetchRequest.FetchTopic.FetchPartition()
        wanted.partition = partition
        wanted.fetchOffset = offset
        wanted.partitionMaxBytes = 1_048_576
        var topicEntry = FetchRequest.FetchTopic()
        topicEntry.topic = topic
        topicEntry.partitions = [wanted]
        var request = FetchRequest()
        request.replicaId = -1
        request.maxWaitMs = maxWait
        request.minBytes = minBytes
        request.isolationLevel = isolation
        request.topics = [topicEntry]
        return request
    }

    typealias FetchedPartition = FetchResponse.FetchableTopicResponse.PartitionData

    func fetch(_ request: FetchRequest) throws -> FetchedPartition {
        guard let result = try call(request, version: 11).responses.first?.partitions.first else {
            throw TestFailure("no partition")
        }
        return result
    }

    /// The values a consumer shows: of committed transactions only, if `committed`.
    func values(
        _ topic: String,
        partition: Int32 = 0,
        from start: Int64 = 0,
        committed: Bool = false
    ) throws -> [String] {
        var values: [String] = []
        var offset = start
        // A response ends where a segment ends.
        while true {
            let isolation: Int8 = committed ? 1 : 0
            let part = try fetch(fetchRequest(topic, from: offset, partition: partition, isolation: isolation))
            guard let last = try Self.lastOffset(part) else { return values }
            values += try Self.values(part, committed: committed)
            offset = last + 1
        }
    }

    private static func lastOffset(_ fetched: FetchedPartition) throws -> Int64? {
        var last: Int64?
        try Array(fetched.records?.bytes ?? []).withUnsafeBytes { all in
            var cursor = 0
            while cursor < all.count {
                let header = try RecordBatchHeader(parsing: UnsafeRawBufferPointer(rebasing: all[cursor...]))
                last = header.lastOffset
                cursor += header.totalByteCount
            }
        }
        return last
    }

    static func values(_ fetched: FetchedPartition, committed: Bool = false) throws -> [String] {
        let bytes = Array(fetched.records?.bytes ?? [])
        var aborted = committed ? fetched.abortedTransactions ?? [] : []
        var open: Set<Int64> = []
        var values: [String] = []
        try bytes.withUnsafeBytes { all in
            var cursor = 0
            while cursor < all.count {
                let rest = UnsafeRawBufferPointer(rebasing: all[cursor...])
                let header = try RecordBatchHeader(validating: rest)
                let batch = UnsafeRawBufferPointer(rebasing: rest[..<header.totalByteCount])
                cursor += header.totalByteCount
                for entry in aborted where entry.firstOffset <= header.lastOffset { open.insert(entry.producerId) }
                aborted.removeAll { $0.firstOffset <= header.lastOffset }
                if header.isControl {
                    open.remove(header.producerId)
                    continue
                }
                if header.isTransactional, open.contains(header.producerId) { continue }
                var records = try RecordIterator(batch: batch)
                while let record = try records.next() {
                    values.append(record.value.map { String(decoding: batch[$0], as: UTF8.self) } ?? "<null>")
                }
            }
        }
        return values
    }
}

import Foundation
import KafkaIO
import KafkaProtocol
import StreamCore
import Testing

/// The broker as a process on a disk in trouble: full, read-only, damaged, cut.
@Suite("Broker on a disk in trouble", .serialized)
struct BrokerDiskTests {
    /// The program; none unless `METERLOG_BINARY` says where it is.
    private static let binaries = ProcessInfo.processInfo.environment["METERLOG_BINARY"].map { [$0] } ?? []
    private static let topic = TopicPartition("disk", 0)
    /// Each record's value: its number, and enough to fill a disk.
    private static func value(_ number: Int) -> String { "\(number) " + String(repeating: "x", count: 20_000) }
    private static func numbers(_ values: [String]) -> [Int] {
        values.compactMap { $0.split(separator: " ").first.flatMap { Int($0) } }
    }

    /// Runs `body` with a folder that goes when nothing was wrong.
    private static func withFolder(_ body: (String) throws -> Void) throws {
        let folder = try TestBroker.makeDirectory()
        try body(folder)
        try TestBroker.removeDirectory(folder)
    }

    private static func createTopic(_ client: TestClient) throws {
        let code = try client.createTopic(topic.topic, configs: ["segment.bytes": "1048576"])
        try #require(code == ErrorCode.none)
    }

    /// Writes numbers from `first` on, one a request, until one is refused or `limit` are written.
    /// - Returns: the numbers acknowledged, and the code of the refusal.
    private static func write(
        _ client: TestClient,
        from first: Int,
        limit: Int
    ) throws -> (acknowledged: Int, refusal: ErrorCode?) {
        for number in first..<(first + limit) {
            let code = try client.produce(topic.topic, [value(number)]).code
            if code != ErrorCode.none { return (number - first, code) }
        }
        return (limit, nil)
    }

    @Test(
        "a full disk: refused, nothing acknowledged is lost, read on; with room again it goes on",
        arguments: binaries
    )
    func fullDisk(binary: String) async throws {
        guard SmallDisk.isAllowed else {
            print("not tested: a full disk, as mounting a file system is not allowed here")
            return
        }
        try await onOwnThread { try Self.withFolder { try Self.fullDisk(binary, $0) } }
    }

    private static func fullDisk(_ binary: String, _ folder: String) throws {
        let disk = try #require(try SmallDisk(megabytes: 16, at: folder + "/data"))
        let broker = try BrokerProcess(binary: binary, directory: folder)
        defer {
            broker.kill()
            #expect(throws: Never.self) { try disk.unmount() }
        }
        try broker.start()
        let client = try TestClient(port: broker.port)
        try createTopic(client)
        let (stored, refusal) = try write(client, from: 0, limit: 10_000)
        #expect(refusal == .storageError && stored > 400)
        // What is refused is told as something to try again: librdkafka goes on trying until its own time is over.
        let settings = KafkaSettings(brokers: ["127.0.0.1:\(broker.port)"], clientID: "disk")
        let producer = try KafkaProducer(settings: settings, limits: .init(deliveryTimeoutMilliseconds: 2_000))
        try producer.enqueue(
            KafkaRecord(
                topic: topic.topic,
                partition: 0,
                key: nil,
                value: Array(value(0).utf8),
                timestampMilliseconds: 0
            )
        )
        _ = producer.flush(timeoutMilliseconds: 10_000)
        #expect(producer.counts.delivered == 0 && producer.counts.firstFailure?.reaction == .retry)
        producer.close(timeoutMilliseconds: 0)
        #expect(try numbers(client.values(topic.topic)) == Array(0..<stored))

        // Room by a larger disk, without a restart.
        try disk.resize(megabytes: 20)
        let (more, refusedAgain) = try write(client, from: stored, limit: 100)
        #expect(more == 100 && refusedAgain == nil)

        // Full again, and room by deleting old records.
        let (rest, _) = try write(client, from: stored + more, limit: 10_000)
        let end = stored + more + rest
        let admin = try KafkaAdmin(settings: settings)
        try admin.deleteRecords(before: [PartitionPosition(topic, nextOffset: Int64(end / 2))])
        let (last, refusedLast) = try write(client, from: end, limit: 50)
        #expect(last == 50 && refusedLast == nil)

        broker.kill()
        try broker.start()
        let after = try numbers(TestClient(port: broker.port).values(topic.topic, from: Int64(end / 2)))
        #expect(after == Array(end / 2..<end + last))
        #expect(broker.stop() == 0)
    }

    @Test(
        "a disk that takes no writes: served, not written; writable again after a restart",
        arguments: binaries
    )
    func readOnlyDisk(binary: String) async throws {
        guard SmallDisk.isAllowed else {
            print("not tested: a read-only disk, as mounting a file system is not allowed here")
            return
        }
        try await onOwnThread { try Self.withFolder { try Self.readOnlyDisk(binary, $0) } }
    }

    private static func readOnlyDisk(_ binary: String, _ folder: String) throws {
        let disk = try #require(try SmallDisk(megabytes: 16, at: folder + "/data"))
        let broker = try BrokerProcess(binary: binary, directory: folder)
        defer {
            broker.kill()
            #expect(throws: Never.self) { try disk.unmount() }
        }
        try broker.start()
        try createTopic(TestClient(port: broker.port))
        let (stored, _) = try write(TestClient(port: broker.port), from: 0, limit: 100)
        // Once as a shutdown leaves it, once as a crash does.
        for isCrash in [false, true] {
            if isCrash { broker.kill() } else { #expect(broker.stop() == 0) }
            try disk.setReadOnly(true)
            try broker.start()
            let client = try TestClient(port: broker.port)
            #expect(try numbers(client.values(topic.topic)) == Array(0..<stored))
            #expect(try client.produce(topic.topic, [value(0)]).code == .storageError)
            #expect(try client.createTopic("another") != ErrorCode.none)
            let settings = KafkaSettings(brokers: ["127.0.0.1:\(broker.port)"], clientID: "disk")
            #expect(try KafkaAdmin(settings: settings).committedOffsets(ofGroup: "none", [topic]) == [nil])
            #expect(try broker.log.contains("the disk takes no writes"))
            broker.kill()
            try disk.setReadOnly(false)
            try broker.start()
        }
        let client = try TestClient(port: broker.port)
        let (more, _) = try write(client, from: stored, limit: 10)
        #expect(try more == 10 && numbers(client.values(topic.topic)) == Array(0..<stored + 10))
        #expect(broker.stop() == 0)
    }

    @Test("damage in the middle: named, not handed out; what is intact is served", arguments: binaries)
    func damagedSegment(binary: String) async throws {
        try await onOwnThread { try Self.withFolder { try Self.damagedSegment(binary, $0) } }
    }

    private static func damagedSegment(_ binary: String, _ folder: String) throws {
        let broker = try BrokerProcess(binary: binary, directory: folder)
        defer { broker.kill() }
        try broker.start()
        try createTopic(TestClient(port: broker.port))
        let (stored, _) = try write(TestClient(port: broker.port), from: 0, limit: 300)
        #expect(broker.stop() == 0)
        // A segment of the middle, and a byte in the middle of a record in it.
        let segments = try segments(folder)
        try #require(segments.count > 4)
        let hurt = segments[2]
        let file = try FileHandle(forUpdating: URL(fileURLWithPath: hurt.path))
        try file.seek(toOffset: 500_000)
        try file.write(contentsOf: [0x5a])
        try file.close()

        try broker.start()
        let client = try TestClient(port: broker.port)
        var intact: [Int] = []
        var refused: [Int64] = []
        for offset in 0..<Int64(stored) {
            var request = client.fetchRequest(topic.topic, from: offset)
            request.topics[0].partitions[0].partitionMaxBytes = 1
            let fetched = try client.fetch(request)
            if fetched.errorCode == ErrorCode.storageError.rawValue {
                refused.append(offset)
            } else {
                // Values are read under their checksum.
                try intact.append(#require(numbers(TestClient.values(fetched)).first))
            }
        }
        #expect(refused.count >= 1 && refused.count <= 2)
        #expect(refused.allSatisfy { $0 > hurt.base && $0 < hurt.base + 60 })
        #expect(intact == (0..<stored).filter { !refused.contains(Int64($0)) })
        let named = try broker.log.contains("firstOffset: \(refused[0]), lastOffset: \(refused[refused.count - 1])")
        #expect(named, "the log names \(refused)")
        // Nothing more is written behind what is hurt, and the reason is said.
        let request = client.produceRequest(topic.topic, TestClient.batch([value(0)]))
        let answer = try client.call(request, version: 9).responses.first?.partitionResponses.first
        #expect(answer?.errorCode == ErrorCode.storageError.rawValue)
        #expect(answer?.errorMessage?.contains("\(refused[0])") ?? false)
        #expect(broker.stop() == 0)
    }

    @Test("a torn tail is cut at the last whole batch, wherever it is torn", arguments: binaries)
    func tornTail(binary: String) async throws {
        try await onOwnThread { try Self.withFolder { try Self.tornTail(binary, $0) } }
    }

    private static func tornTail(_ binary: String, _ folder: String) throws {
        let broker = try BrokerProcess(binary: binary, directory: folder)
        defer { broker.kill() }
        try broker.start()
        try createTopic(TestClient(port: broker.port))
        var ends: [Int] = []
        for number in 0..<8 {
            let client = try TestClient(port: broker.port)
            #expect(try client.produce(topic.topic, ["\(number)"]).code == ErrorCode.none)
            ends.append(TestClient.batch(["\(number)"]).count + (ends.last ?? 0))
        }
        broker.kill()
        let data = folder + "/data"
        let saved = folder + "/saved"
        try FileManager.default.copyItem(atPath: data, toPath: saved)
        // Each byte of the last two batches is too much for processes; the storage's own tests have them all.
        for size in stride(from: ends[5], through: ends[7], by: 7) {
            try FileManager.default.removeItem(atPath: data)
            try FileManager.default.copyItem(atPath: saved, toPath: data)
            let last = try #require(try segments(folder).last)
            try FileHandle(forUpdating: URL(fileURLWithPath: last.path)).truncate(atOffset: UInt64(size))
            try broker.start()
            let whole = ends.count { $0 <= size }
            let client = try TestClient(port: broker.port)
            #expect(try numbers(client.values(topic.topic)) == Array(0..<whole), "cut at \(size)")
            let next = try client.produce(topic.topic, ["\(whole)"])
            #expect(next.code == ErrorCode.none && next.baseOffset == Int64(whole))
            broker.kill()
        }
    }

    private static func segments(_ folder: String) throws -> [(base: Int64, path: String)] {
        let path = "\(folder)/data/topics/\(topic.topic)/0"
        return try FileManager.default.contentsOfDirectory(atPath: path).filter { $0.hasSuffix(".log") }.sorted()
            .compactMap { name in Int64(name.dropLast(4)).map { ($0, path + "/" + name) } }
    }
}

import EmbeddedLog
import Foundation
import KafkaIO
import KafkaProtocol
import StreamCore
import Testing

/// The broker as the project's own client sees it, which is librdkafka.
@Suite("With librdkafka", .serialized, .timeLimit(.minutes(2)))
struct LibrdkafkaTests {
    /// A broker with a topic `in` of two partitions and a topic `out` of one; `body` may block.
    private func withTopics(_ body: @escaping @Sendable (_ brokers: String) throws -> Void) async throws {
        try await TestBroker.with { broker in
            let brokers = "\(broker.host):\(broker.port)"
            try await onOwnThread {
                try Self.createTopics(brokers)
                try body(brokers)
            }
        }
    }

    private static func admin(_ brokers: String) throws -> KafkaAdmin {
        try KafkaAdmin(settings: KafkaSettings(brokers: [brokers], clientID: "admin"))
    }

    private static func createTopics(_ brokers: String) throws {
        try admin(brokers).createTopics([
            NewKafkaTopic(name: "in", partitionCount: 2, configs: ["retention.ms": "-1"]),
            NewKafkaTopic(name: "out", partitionCount: 1),
        ])
    }

    /// Writes values to `in`, even ones to partition 0.
    private static func fill(_ brokers: String, _ range: Range<Int>) throws {
        let producer = try KafkaProducer(settings: KafkaSettings(brokers: [brokers], clientID: "fill"))
        for number in range {
            try producer.enqueue(
                KafkaRecord(
                    topic: "in",
                    partition: Int32(number % 2),
                    key: nil,
                    value: Array("v\(number)".utf8),
                    timestampMilliseconds: 1_700_000_000_000
                )
            )
        }
        #expect(producer.flush(timeoutMilliseconds: 20_000))
        #expect(producer.counts.delivered == Int64(range.count))
        producer.close(timeoutMilliseconds: 1_000)
    }

    private static let inputs = [TopicPartition("in", 0), TopicPartition("in", 1)]
    private static let output = TopicPartition("out", 0)

    @Test("topics are created with their settings, listed, grown and deleted")
    func topics() async throws {
        try await withTopics { brokers in
            let admin = try Self.admin(brokers)
            try admin.growPartitions(of: "out", to: 3)
            let topics = try admin.topics().filter { !$0.name.hasPrefix("__") }
            #expect(topics.map(\.name) == ["in", "out"])
            #expect(topics.map(\.partitionCount) == [2, 3])
            let error = #expect(throws: KafkaError.self) {
                try admin.createTopics([NewKafkaTopic(name: "x", partitionCount: 1, configs: ["retention.ms": "soon"])])
            }
            #expect(error?.code == "INVALID_CONFIG", "\(String(describing: error))")
            try admin.deleteTopics(["out"])
            #expect(try admin.topics().filter { !$0.name.hasPrefix("__") }.map(\.name) == ["in"])
        }
    }

    @Test("consume, transform, produce: an aborted batch leaves nothing, a committed one all, with its offsets")
    func transform() async throws {
        try await withTopics { brokers in
            try Self.fill(brokers, 0..<10)
            var member = try StreamMember(brokers, group: "g", name: "t-0")
            try member.log.subscribe(to: ["in"])
            try member.run { $0.values.count == 10 }
            try member.write(["never"], to: "out")
            try member.log.abort()
            #expect(try member.log.committedOffsets(of: Self.inputs) == [nil, nil])
            try member.goBack()
            try member.run { $0.values.count == 10 }
            try member.passOn(to: "out")
            #expect(try member.log.committedOffsets(of: Self.inputs) == [5, 5])
            #expect(try Self.admin(brokers).committedOffsets(ofGroup: "g", Self.inputs) == [5, 5])
            #expect(try readValues(brokers, Self.output).sorted() == (0..<10).map { "V\($0)" })
            member.log.close()

            try Self.fill(brokers, 10..<12)
            var successor = try StreamMember(brokers, group: "g", name: "t-0")
            try successor.log.subscribe(to: ["in"])
            try successor.run { $0.values.count == 2 }
            #expect(successor.values.sorted() == ["v10", "v11"])
            successor.log.close()
        }
    }

    @Test("readers of committed records see nothing of an open or aborted transaction, others everything")
    func visibility() async throws {
        try await withTopics { brokers in
            var member = try StreamMember(brokers, group: "g", name: "t-0")
            try member.log.renewProducer()
            try member.write(["aborted"], to: "out")
            try Self.awaitHigh(brokers, 1)
            try member.log.abort()
            try member.write(["open"], to: "out")
            try Self.awaitHigh(brokers, 3)
            #expect(try readValues(brokers, Self.output) == [])
            #expect(try readValues(brokers, Self.output, isolation: .uncommitted) == ["aborted", "open"])
            try member.log.commit([])
            #expect(try readValues(brokers, Self.output) == ["open"])
            member.log.close()
        }
    }

    /// Waits until the output has so many offsets, those of markers and open transactions included.
    private static func awaitHigh(_ brokers: String, _ high: Int64) throws {
        let reader = try KafkaReader(
            settings: KafkaSettings(brokers: [brokers], clientID: "watermarks"),
            options: KafkaReader.Options(isolation: .uncommitted)
        )
        let end = Date().addingTimeInterval(10)
        while try reader.watermarks(of: output).high < high {
            guard Date() < end else { throw TestFailure("\(output) has not reached offset \(high)") }
            usleep(10_000)
        }
    }

    @Test("a second producer of a transactional id fences the first, whose records are never seen")
    func fencing() async throws {
        try await withTopics { brokers in
            var zombie = try StreamMember(brokers, group: "g", name: "same")
            try zombie.log.renewProducer()
            try zombie.write(["of the zombie"], to: "out")
            try Self.awaitHigh(brokers, 1)
            var successor = try StreamMember(brokers, group: "g", name: "same")
            try successor.log.renewProducer()
            try successor.write(["of the successor"], to: "out")
            try successor.log.commit([])
            let error = #expect(throws: LogError.self) { try zombie.log.commit([]) }
            #expect(error?.reaction == .fenced, "\(String(describing: error))")
            #expect(try readValues(brokers, Self.output) == ["of the successor"])
            zombie.log.close()
            successor.log.close()
        }
    }

    @Test("two members share the partitions; the one that stays takes over with the committed offsets")
    func rebalance() async throws {
        try await withTopics { brokers in
            try Self.fill(brokers, 0..<10)
            var first = try StreamMember(brokers, group: "g", name: "t-0")
            var second = try StreamMember(brokers, group: "g", name: "t-1")
            try first.log.subscribe(to: ["in"])
            try first.run { $0.values.count == 10 }
            try first.passOn(to: "out")
            try second.log.subscribe(to: ["in"])
            for _ in 0..<400 where first.owned.count != 1 || second.owned.count != 1 {
                try first.step(timeoutMilliseconds: 20)
                try second.step(timeoutMilliseconds: 20)
            }
            #expect(first.owned.count == 1 && second.owned.count == 1)
            #expect(first.owned.isDisjoint(with: second.owned))
            #expect(try Self.admin(brokers).groups() == ["g"])
            first.log.close()
            try second.run { $0.owned.count == 2 }
            try Self.fill(brokers, 10..<14)
            try second.run { $0.values.count == 4 }
            #expect(second.values.sorted() == ["v10", "v11", "v12", "v13"])
            second.log.close()
        }
    }

    @Test("a static member that comes back gets its partitions, and the others notice nothing")
    func staticMember() async throws {
        try await withTopics { brokers in
            var first = try StreamMember(brokers, group: "g", name: "t-0", instance: "i-0")
            var other = try StreamMember(brokers, group: "g", name: "t-1", instance: "i-1")
            try first.log.subscribe(to: ["in"])
            try other.log.subscribe(to: ["in"])
            for _ in 0..<400 where first.owned.count != 1 || other.owned.count != 1 {
                try first.step(timeoutMilliseconds: 20)
                try other.step(timeoutMilliseconds: 20)
            }
            let owned = first.owned
            let rebalances = other.rebalances
            #expect(owned.count == 1)
            first.log.close()
            var again = try StreamMember(brokers, group: "g", name: "t-0", instance: "i-0")
            try again.log.subscribe(to: ["in"])
            try again.run { $0.owned == owned }
            for _ in 0..<10 { try other.step() }
            #expect(other.rebalances == rebalances)
            #expect(other.owned.isDisjoint(with: owned) && other.owned.count == 1)
            again.log.close()
            other.log.close()
        }
    }

    @Test("a broker opened again on its directory has topics, records, offsets, groups and producers")
    func reopen() async throws {
        let first = try await TestBroker.start()
        let brokers = "\(first.host):\(first.port)"
        try await onOwnThread {
            try Self.createTopics(brokers)
            try Self.fill(brokers, 0..<10)
            var member = try StreamMember(brokers, group: "g", name: "t-0")
            try member.log.subscribe(to: ["in"])
            try member.run { $0.values.count == 10 }
            try member.passOn(to: "out")
            try member.write(["unfinished"], to: "out")
            try Self.awaitHigh(brokers, 12)
            // Ended by the close, or by the next life of the id.
            member.log.close()
        }
        try await first.stop()
        let second = try await TestBroker.start(directory: first.directory)
        let again = "\(second.host):\(second.port)"
        try await onOwnThread {
            let admin = try Self.admin(again)
            #expect(try admin.topics().filter { !$0.name.hasPrefix("__") }.map(\.partitionCount) == [2, 1])
            #expect(try admin.groups() == ["g"])
            #expect(try admin.committedOffsets(ofGroup: "g", Self.inputs) == [5, 5])
            #expect(try readValues(again, Self.inputs[0]) == ["v0", "v2", "v4", "v6", "v8"])
            #expect(try readValues(again, Self.output).sorted() == (0..<10).map { "V\($0)" })
            try Self.fill(again, 10..<12)
            var member = try StreamMember(again, group: "g", name: "t-0")
            try member.log.subscribe(to: ["in"])
            try member.run { $0.values.count == 2 }
            try member.passOn(to: "out")
            #expect(try readValues(again, Self.output).suffix(2).sorted() == ["V10", "V11"])
            member.log.close()
        }
        try await second.stop()
        try TestBroker.removeDirectory(first.directory)
    }
}

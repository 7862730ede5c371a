import KafkaProtocol
import LogStorage
import Testing

/// Topics on disk: they are there or not, whole, after any restart.
@Suite struct LogDirectoryTests {
    static func topic(_ name: String, _ partitions: Int32 = 2, _ overrides: [String: String] = [:]) -> TopicDescription
    {
        TopicDescription(
            name: name,
            id: TopicID(high: 0xFFFF_0000_1234_5678, low: 7),
            partitionCount: partitions,
            overrides: overrides
        )
    }

    @Test func topicsComeBackWithTheirSettingsAndRecords() throws {
        let fixture = LogFixture()
        let path = fixture.path + "/data"
        let directory = try LogDirectory.open(path: path, options: fixture.options())
        #expect(!directory.wasClosedCleanly)
        try directory.createTopic(
            Self.topic("meter.raw", 3, ["cleanup.policy": "compact,delete", "retention.ms": "-1"])
        )
        try directory.createTopic(Self.topic("other"))
        #expect(throws: StorageError.topicExists("other")) { try directory.createTopic(Self.topic("other")) }
        let log = try #require(directory.log(topic: "meter.raw", partition: 2))
        #expect(log.config.cleanupPolicy == [.compact, .delete] && log.config.retentionMilliseconds == nil)
        try log.put(Batch.keyed("a", "1"))
        try directory.setPartitionCount(4, topic: "other")
        try directory.setOverrides(["segment.bytes": "4096"], topic: "other")
        #expect(directory.log(topic: "other", partition: 3)?.config.segmentBytes == 4_096)
        try directory.setCounter("producer-id", to: 1_000)
        try directory.close()
        let again = try LogDirectory.open(path: path, options: fixture.options())
        #expect(again.wasClosedCleanly)
        #expect(again.topics.map(\.name) == ["meter.raw", "other"])
        #expect(again.topic(named: "meter.raw")?.id == TopicID(high: 0xFFFF_0000_1234_5678, low: 7))
        #expect(again.topic(named: "other")?.overrides == ["segment.bytes": "4096"])
        #expect(again.logs.count == 7)
        #expect(again.log(topic: "other", partition: 3)?.config.segmentBytes == 4_096)
        #expect(again.log(topic: "other", partition: 4) == nil)
        #expect(try again.log(topic: "meter.raw", partition: 2)?.records().count == 1)
        #expect(again.counter("producer-id") == 1_000 && again.counter("none") == nil)
        try again.close()
    }

    @Test func deletedTopicsAreGoneAndTheirLogsClosed() throws {
        let fixture = LogFixture()
        let path = fixture.path + "/data"
        let directory = try LogDirectory.open(path: path, options: fixture.options())
        try directory.createTopic(Self.topic("gone"))
        let log = try #require(directory.log(topic: "gone", partition: 0))
        try log.put(Batch.plain())
        try log.flush()
        try directory.deleteTopic("gone")
        #expect(directory.topics.isEmpty && directory.log(topic: "gone", partition: 0) == nil)
        #expect(throws: StorageError.closed) { try log.put(Batch.plain()) }
        #expect(throws: StorageError.closed) { try log.records() }
        #expect(throws: StorageError.unknownTopic("gone")) { try directory.deleteTopic("gone") }
        try directory.createTopic(Self.topic("gone", 1))
        #expect(directory.log(topic: "gone", partition: 0)?.logEndOffset == 0)
        try directory.close()
        let again = try LogDirectory.open(path: path, options: fixture.options())
        #expect(again.topics.map(\.partitionCount) == [1])
        try again.close()
    }

    @Test func aSecondUserIsKeptOut() throws {
        let fixture = LogFixture()
        let path = fixture.path + "/data"
        let directory = try LogDirectory.open(path: path, options: fixture.options())
        #expect(throws: StorageError.directoryInUse(path: path)) { try LogDirectory.open(path: path) }
        try directory.close()
        try LogDirectory.open(path: path).close()
    }

    @Test(arguments: ["", ".", "..", "a/b", "a b", "ä", String(repeating: "a", count: 250)])
    func badTopicNamesAreRefused(name: String) throws {
        let fixture = LogFixture()
        let directory = try LogDirectory.open(path: fixture.path + "/data")
        #expect(throws: StorageError.invalidTopicName(name)) { try directory.createTopic(Self.topic(name)) }
        try directory.close()
    }

    @Test func settingsAreHonouredOrRefused() throws {
        let accepted = [
            "cleanup.policy": "compact", "retention.ms": "-1", "retention.bytes": "5", "segment.bytes": "2048",
            "segment.ms": "9", "max.message.bytes": "7", "delete.retention.ms": "3",
            "min.cleanable.dirty.ratio": "0.25",
            "message.timestamp.type": "LogAppendTime", "min.compaction.lag.ms": "4", "compression.type": "producer",
            "min.insync.replicas": "1",
        ]
        let config = try LogConfig().applying(accepted)
        let named = Dictionary(uniqueKeysWithValues: config.entries.map { ($0.name, $0.value) })
        for (name, value) in accepted { #expect(named[name] == value) }
        let refused = [
            ("cleanup.policy", "keep"), ("retention.ms", "soon"), ("retention.ms", "-2"), ("segment.bytes", "10"),
            ("compression.type", "zstd"), ("min.insync.replicas", "2"), ("no.such", "1"),
            ("min.cleanable.dirty.ratio", "1.5"), ("message.timestamp.type", "Now"),
        ]
        for (name, value) in refused {
            #expect(throws: StorageError.self, "\(name)=\(value)") { try LogConfig().applying([name: value]) }
        }
    }

    @Test func manyTopicsNeedFewOpenFiles() throws {
        let fixture = LogFixture()
        let directory = try LogDirectory.open(
            path: fixture.path + "/data",
            options: fixture.options { options in
                options.openFileLimit = 4
                options.durability = .interval(milliseconds: 1_000)
            }
        )
        try directory.createTopic(Self.topic("many", 30))
        for round in 1...3 {
            for log in directory.logs {
                try log.put(Batch.plain(2))
                try log.flush()
                #expect(try log.records().count == round * 2)
            }
        }
        directory.maintain(nowMilliseconds: Batch.start)
        #expect(fixture.events.isEmpty)
        try directory.close()
    }
}

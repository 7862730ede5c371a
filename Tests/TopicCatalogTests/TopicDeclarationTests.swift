import Testing
import TopicCatalog

@Suite("Topic declarations")
struct TopicDeclarationTests {
    static let yaml = """
        name: meter.test
        description: A topic of the tests.
        owner: gateway
        consumers: [normalizer, replay]
        partitions: 4
        key: meter id
        schema: meterlog.v1.JournalEvent
        cleanup: delete
        retention: 90 days
        max-message-bytes: 1_048_576
        configs:
          segment.bytes: 67108864

        """

    @Test("every key is read")
    func parse() throws {
        let declaration = try TopicDeclaration.parse(yaml: Self.yaml, file: "meter.test.yaml")
        #expect(
            declaration
                == TopicDeclaration(
                    name: "meter.test",
                    description: "A topic of the tests.",
                    owner: "gateway",
                    consumers: ["normalizer", "replay"],
                    partitionCount: 4,
                    key: "meter id",
                    schema: .protobuf("meterlog.v1.JournalEvent"),
                    cleanup: .delete,
                    retentionMilliseconds: 7_776_000_000,
                    maxMessageBytes: 1_048_576,
                    configs: ["segment.bytes": "67108864"]
                )
        )
        #expect(
            declaration.topicConfigs == [
                "segment.bytes": "67108864", "cleanup.policy": "delete", "retention.ms": "7776000000",
                "max.message.bytes": "1048576",
            ]
        )
    }

    @Test(
        "mistakes are told with file and line",
        arguments: [
            ("partitions: 4", "partitions: 0", 5, "partitions"), ("partitions: 4", "partitions: many", 5, "partitions"),
            ("partitions: 4", "partition: 4", 5, "partition"), ("retention: 90 days", "retention: 90", 9, "retention"),
            ("retention: 90 days", "retention: 0 days", 9, "retention"),
            ("cleanup: delete", "cleanup: burn", 8, "cleanup"), ("schema: meterlog.v1.", "schema: ", 7, "schema"),
            ("name: meter.test", "name: Meter_Test", 1, "name"),
            ("consumers: [normalizer, replay]", "consumers: normalizer", 4, "consumers"),
            ("  segment.bytes: 67108864", "  retention.ms: 1", 11, "retention.ms"),
            ("owner: gateway", "owner: [gateway]", 3, "owner"), ("owner: gateway", "name: again", 1, "name"),
        ]
    )
    func mistakes(old: String, new: String, line: Int, word: String) {
        let yaml = Self.yaml.replacing(old, with: new)
        let error = #expect(throws: TopicDeclarationError.self) {
            try TopicDeclaration.parse(yaml: yaml, file: "topics/meter.test.yaml")
        }
        #expect(error?.line == line, "\(String(describing: error))")
        #expect(error?.message.contains(word) == true, "\(String(describing: error))")
        #expect(error?.description.hasPrefix("topics/meter.test.yaml:\(line): ") == true)
    }

    @Test("a missing key and a broken file are told")
    func missing() {
        let yaml = Self.yaml.replacing("owner: gateway\n", with: "")
        let missing = #expect(throws: TopicDeclarationError.self) {
            try TopicDeclaration.parse(yaml: yaml, file: "a.yaml")
        }
        #expect(missing?.message == "\"owner\" is missing")
        for text in ["", "- a\n", "name: [\n", "a: b: c\n"] {
            #expect(throws: TopicDeclarationError.self) { try TopicDeclaration.parse(yaml: text, file: "a.yaml") }
        }
    }

    @Test("a file is named as its topic, and a topic is declared once")
    func catalog() throws {
        let catalog = try TopicCatalog.parse(files: [("topics/meter.test.yaml", Self.yaml)])
        #expect(catalog.declarations.count == 1)
        #expect(catalog.partitionCount(of: "meter.test") == 4)
        #expect(catalog.partitionCount(of: "meter.other") == nil)
        #expect(throws: TopicDeclarationError.self) {
            try TopicCatalog.parse(files: [("topics/other.yaml", Self.yaml)])
        }
        #expect(throws: TopicDeclarationError.self) {
            try TopicCatalog.parse(files: [("a/meter.test.yaml", Self.yaml), ("b/meter.test.yaml", Self.yaml)])
        }
    }
}

import Testing
import TopicCatalog

@Suite("Topic plan")
struct TopicPlanTests {
    private func declaration(_ name: String, partitions: Int32 = 4) -> TopicDeclaration {
        TopicDeclaration(
            name: name,
            description: "d",
            owner: "o",
            consumers: [],
            partitionCount: partitions,
            key: "k",
            schema: .verbatim,
            cleanup: .delete,
            retentionMilliseconds: -1,
            maxMessageBytes: 4096
        )
    }

    private let configs = ["cleanup.policy": "delete", "retention.ms": "-1", "max.message.bytes": "4096", "x": "y"]

    private func plan(_ declared: [TopicDeclaration], _ actual: [TopicPlan.Actual]) throws -> TopicPlan {
        TopicPlan.make(declared: try TopicCatalog(declared), actual: actual)
    }

    @Test("a cluster as declared needs nothing")
    func equal() throws {
        let actual = TopicPlan.Actual(name: "meter.a", partitionCount: 4, configs: configs)
        let plan = try plan([declaration("meter.a")], [actual])
        #expect(plan.isEmpty)
        #expect(plan.undeclared == [])
    }

    @Test("missing topics are created, in order of their names")
    func missing() throws {
        let plan = try plan([declaration("meter.b"), declaration("meter.a")], [])
        #expect(plan.steps == [.create(declaration("meter.a")), .create(declaration("meter.b"))])
    }

    @Test("fewer partitions grow, more partitions are a drift that stays")
    func partitions() throws {
        let plan = try plan(
            [declaration("meter.a"), declaration("meter.b")],
            [
                .init(name: "meter.a", partitionCount: 2, configs: configs),
                .init(name: "meter.b", partitionCount: 6, configs: configs),
            ]
        )
        #expect(
            plan.steps == [
                .growPartitions(topic: "meter.a", from: 2, to: 4),
                .tooManyPartitions(topic: "meter.b", declared: 4, actual: 6),
            ]
        )
        #expect(plan.steps.map(\.isUnfixable) == [false, true])
        #expect(plan.steps.map(\.topic) == ["meter.a", "meter.b"])
    }

    @Test("settings that differ or are unknown are set; others are left alone")
    func settings() throws {
        var actual = configs
        actual["retention.ms"] = "604800000"
        actual["max.message.bytes"] = nil
        let plan = try plan(
            [declaration("meter.a")],
            [.init(name: "meter.a", partitionCount: 4, configs: actual)]
        )
        let changes = [
            TopicPlan.ConfigChange(name: "max.message.bytes", from: nil, to: "4096"),
            TopicPlan.ConfigChange(name: "retention.ms", from: "604800000", to: "-1"),
        ]
        #expect(plan.steps == [.setConfigs(topic: "meter.a", changes)])
        #expect(
            plan.steps.map(\.description)
                == ["meter.a: set max.message.bytes: (unknown) -> 4096, retention.ms: 604800000 -> -1"]
        )
    }

    @Test("undeclared topics of ours are reported, foreign ones are not")
    func undeclared() throws {
        let plan = try plan(
            [],
            [
                .init(name: "meter.z", partitionCount: 1, configs: [:]),
                .init(name: "other", partitionCount: 1, configs: [:]),
                .init(name: "meter.b", partitionCount: 1, configs: [:]),
            ]
        )
        #expect(plan.steps == [])
        #expect(plan.undeclared == ["meter.b", "meter.z"])
    }
}

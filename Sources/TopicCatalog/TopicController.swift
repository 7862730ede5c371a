public import KafkaIO

/// Brings a cluster's topics to their declarations, or tells how they differ. Every call blocks the calling thread.
public struct TopicController: Sendable {
    /// A topic of the cluster beside its declaration.
    public struct Listing: Sendable, Equatable {
        /// Nil where the topic doesn't exist yet.
        public var topic: KafkaTopic?
        /// Nil where the topic isn't declared.
        public var declaration: TopicDeclaration?

        public var name: String { declaration?.name ?? topic?.name ?? "" }
    }

    private let admin: KafkaAdmin
    private let catalog: TopicCatalog
    private let replicationFactor: Int32

    /// - Parameter replicationFactor: copies of new topics' partitions; -1 is the broker's default.
    public init(admin: KafkaAdmin, catalog: TopicCatalog, replicationFactor: Int32 = -1) {
        self.admin = admin
        self.catalog = catalog
        self.replicationFactor = replicationFactor
    }

    /// How the cluster differs from the declarations. Changes nothing.
    public func check() throws(KafkaError) -> TopicPlan {
        let topics = try admin.topics().filter { $0.name.hasPrefix("meter.") || catalog[$0.name] != nil }
        let configs = try admin.configs(ofTopics: topics.map(\.name).filter { catalog[$0] != nil })
        let actual = topics.map { topic in
            TopicPlan.Actual(
                name: topic.name,
                partitionCount: topic.partitionCount,
                configs: values(configs[topic.name] ?? [])
            )
        }
        return TopicPlan.make(declared: catalog, actual: actual)
    }

    private func values(_ entries: [KafkaConfigEntry]) -> [String: String] {
        var result: [String: String] = [:]
        for entry in entries { result[entry.name] = entry.value }
        return result
    }

    /// Creates missing topics and corrects settings.
    /// - Parameter growingPartitions: whether partitions are added too, which sends keys to other partitions.
    /// - Returns: the steps taken, in order. Steps that remain are found by `check`.
    @discardableResult
    public func apply(growingPartitions: Bool = false) throws(KafkaError) -> [TopicPlan.Step] {
        var taken: [TopicPlan.Step] = []
        for step in try check().steps where try take(step, growingPartitions) { taken.append(step) }
        return taken
    }

    private func take(_ step: TopicPlan.Step, _ growingPartitions: Bool) throws(KafkaError) -> Bool {
        switch step {
        case .create(let declaration): return try create(declaration)
        case .growPartitions(let topic, _, let to):
            guard growingPartitions else { return false }
            try admin.growPartitions(of: topic, to: to)
        case .setConfigs(let topic, let changes):
            try admin.setConfigs(
                ofTopic: topic,
                Dictionary(changes.map { ($0.name, $0.to) }) { first, _ in first }
            )
        case .tooManyPartitions: return false
        }
        return true
    }

    private func create(_ declaration: TopicDeclaration) throws(KafkaError) -> Bool {
        let topic = NewKafkaTopic(
            name: declaration.name,
            partitionCount: declaration.partitionCount,
            replicationFactor: replicationFactor,
            configs: declaration.topicConfigs
        )
        do throws(KafkaError) {
            try admin.createTopics([topic])
            return true
        } catch {
            // Another process that starts at the same time was first.
            guard error.code == "TOPIC_ALREADY_EXISTS" else { throw error }
            return false
        }
    }

    /// Declared topics and undeclared ones of ours, sorted by name.
    public func list() throws(KafkaError) -> [Listing] {
        let topics = try admin.topics().filter { $0.name.hasPrefix("meter.") || catalog[$0.name] != nil }
        let existing = Set(topics.map(\.name))
        let missing = catalog.declarations.filter { !existing.contains($0.name) }
        let listings =
            topics.map { Listing(topic: $0, declaration: catalog[$0.name]) }
            + missing.map { Listing(topic: nil, declaration: $0) }
        return listings.sorted { $0.name < $1.name }
    }
}

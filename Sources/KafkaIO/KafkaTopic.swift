/// A topic as the cluster has it.
public struct KafkaTopic: Sendable, Equatable {
    public var name: String
    public var partitionCount: Int32
    /// Copies of each partition.
    public var replicationFactor: Int32

    public init(name: String, partitionCount: Int32, replicationFactor: Int32) {
        self.name = name
        self.partitionCount = partitionCount
        self.replicationFactor = replicationFactor
    }
}

/// A topic to be created.
public struct NewKafkaTopic: Sendable, Equatable {
    public var name: String
    public var partitionCount: Int32
    /// -1 is the broker's default (Kafka 2.4 or newer, KIP-464).
    public var replicationFactor: Int32
    public var configs: [String: String]

    public init(name: String, partitionCount: Int32, replicationFactor: Int32 = -1, configs: [String: String] = [:]) {
        self.name = name
        self.partitionCount = partitionCount
        self.replicationFactor = replicationFactor
        self.configs = configs
    }
}

/// One setting of a topic.
public struct KafkaConfigEntry: Sendable, Equatable {
    public var name: String
    /// Nil for sensitive values.
    public var value: String?
    /// Set on the topic itself, not inherited from the broker.
    public var isSetOnTopic: Bool

    public init(name: String, value: String?, isSetOnTopic: Bool) {
        self.name = name
        self.value = value
        self.isSetOnTopic = isSetOnTopic
    }
}

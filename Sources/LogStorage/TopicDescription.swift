/// A topic as the data directory holds it.
public struct TopicDescription: Sendable, Hashable {
    public var name: String
    /// The topic id, 16 bytes of a UUID, high half first.
    public var id: TopicID
    public var partitionCount: Int32
    /// The settings given to the topic, by Kafka's names; the others have their defaults.
    public var overrides: [String: String]

    public init(name: String, id: TopicID, partitionCount: Int32, overrides: [String: String] = [:]) {
        self.name = name
        self.id = id
        self.partitionCount = partitionCount
        self.overrides = overrides
    }
}

/// A topic's UUID.
public struct TopicID: Sendable, Hashable {
    public var high: UInt64
    public var low: UInt64

    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }
}

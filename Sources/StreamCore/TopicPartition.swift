/// One partition of a topic.
public struct TopicPartition: Hashable, Sendable, Comparable {
    public var topic: String
    public var partition: Int32

    public init(_ topic: String, _ partition: Int32) {
        self.topic = topic
        self.partition = partition
    }

    public static func < (left: TopicPartition, right: TopicPartition) -> Bool {
        left.topic == right.topic ? left.partition < right.partition : left.topic < right.topic
    }
}

extension TopicPartition: CustomStringConvertible {
    public var description: String { "\(topic)[\(partition)]" }
}

/// The next offset to be read from a partition: one more than the last record processed.
public struct PartitionPosition: Hashable, Sendable {
    public var partition: TopicPartition
    /// Offset of the next record to read.
    public var nextOffset: Int64

    public init(_ partition: TopicPartition, nextOffset: Int64) {
        self.partition = partition
        self.nextOffset = nextOffset
    }
}

/// A record to be produced outside of transactions.
public struct KafkaRecord: Sendable, Equatable {
    public var topic: String
    /// Nil: the partition that the key's murmur2 hash gives (`Partitioner`), any partition where there is no key.
    public var partition: Int32?
    public var key: [UInt8]?
    /// Nil is a tombstone.
    public var value: [UInt8]?
    public var headers: [KafkaHeader]
    /// Milliseconds since 1970-01-01T00:00:00Z.
    public var timestampMilliseconds: Int64

    public init(
        topic: String,
        partition: Int32? = nil,
        key: [UInt8]?,
        value: [UInt8]?,
        headers: [KafkaHeader] = [],
        timestampMilliseconds: Int64
    ) {
        self.topic = topic
        self.partition = partition
        self.key = key
        self.value = value
        self.headers = headers
        self.timestampMilliseconds = timestampMilliseconds
    }
}

/// A raw event as the gateway stores it.
public struct RawPayload: Sendable {
    public var topic: String
    /// Nil: chosen by the key.
    public var partition: Int32?
    public var key: [UInt8]
    /// The payload, byte for byte as it was sent.
    public var value: [UInt8]
    public var headers: [(name: String, value: [UInt8])]
    /// Receive time, ms since 1970-01-01T00:00:00Z.
    public var receivedAtMilliseconds: Int64
}

/// Where a raw event was stored.
public struct RawPosition: Sendable, Equatable {
    public var topic: String
    public var partition: Int32
    public var offset: Int64

    public init(topic: String, partition: Int32, offset: Int64) {
        self.topic = topic
        self.partition = partition
        self.offset = offset
    }
}

/// Why a payload was not stored, named by what its sender should do.
public enum StoreError: Error, Sendable, Equatable {
    /// The lane holds all it may: send again later.
    case saturated
    /// The log can't be reached: send again later. It may have been stored; sending it again is harmless.
    case unavailable(String)
    /// The log will never take it (too large for the topic, unknown topic).
    case refused(String)
}

/// The log as the gateway sees it. Returning means that the log has acknowledged the payload as durable.
public protocol PayloadSink: Sendable {
    func store(_ payload: RawPayload) async throws(StoreError) -> RawPosition
    /// Partitions of a raw topic, for the records that move time forward on each.
    func partitionCount(of topic: String) async throws(StoreError) -> Int32
    /// Called once, when no more payloads will come.
    func close() async
}

/// A record header: a name and bytes.
public struct KafkaHeader: Sendable, Equatable {
    public var name: String
    public var value: [UInt8]

    public init(_ name: String, _ value: [UInt8]) {
        self.name = name
        self.value = value
    }

    /// A header of UTF-8 text.
    public init(_ name: String, _ text: String) {
        self.init(name, Array(text.utf8))
    }
}

/// Where a record was stored.
public struct StoredPosition: Sendable, Hashable {
    public var partition: Int32
    public var offset: Int64

    public init(partition: Int32, offset: Int64) {
        self.partition = partition
        self.offset = offset
    }
}

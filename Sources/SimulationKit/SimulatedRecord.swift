/// A record of the in-memory log.
public struct SimulatedRecord: Sendable, Equatable {
    public var key: [UInt8]
    /// Nil is a tombstone.
    public var value: [UInt8]?
    /// Milliseconds since 1970-01-01T00:00:00Z.
    public var timestampMilliseconds: Int64
    public var headers: [Header]

    public struct Header: Sendable, Equatable {
        public var name: String
        public var value: [UInt8]

        public init(name: String, value: [UInt8]) {
            self.name = name
            self.value = value
        }
    }

    public init(key: [UInt8], value: [UInt8]?, timestampMilliseconds: Int64 = 0, headers: [Header] = []) {
        self.key = key
        self.value = value
        self.timestampMilliseconds = timestampMilliseconds
        self.headers = headers
    }
}

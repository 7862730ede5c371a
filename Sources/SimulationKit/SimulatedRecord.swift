public import StreamCore

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

extension InputBatch {
    /// Appends the record with its headers, as a poll would.
    public mutating func append(_ record: SimulatedRecord, slot: Int32, offset: Int64) {
        let value = record.value ?? []
        append(
            slot: slot,
            offset: offset,
            timestampMilliseconds: record.timestampMilliseconds,
            key: record.key.span,
            value: value.span,
            isTombstone: record.value == nil
        )
        for header in record.headers {
            let name = Array(header.name.utf8)
            appendHeader(name: name.span, value: header.value.span)
        }
    }
}

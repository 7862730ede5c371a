/// Code that takes bytes from outside, with the property that must hold whatever the bytes are. `ops/fuzz` searches for
/// bytes that break it; the inputs it has kept are replayed by the tests.
public enum FuzzTarget: String, CaseIterable, Sendable {
    /// One request frame, without its length.
    case kafkaRequests = "kafka-requests"
    /// Record batches, one behind the other.
    case recordBatches = "record-batches"
    /// What the broker reads from its own topics when it starts.
    case storedRecords = "stored-records"
    /// Frames for a broker with two topics, each behind its length in two bytes.
    case broker
    /// The name of a format, a line feed, and a payload.
    case formats

    /// Gives `bytes` to the code. It may refuse them.
    ///
    /// - Throws: `FuzzFailure` when the property does not hold, or what the surroundings of the code (the disk) can't do.
    public func run(_ bytes: [UInt8]) throws {
        switch self {
        case .kafkaRequests: try KafkaRequestProperty.check(bytes)
        case .recordBatches: try RecordBatchProperty.check(bytes)
        case .storedRecords: try StoredRecordProperty.check(bytes)
        case .broker: try BrokerProperty.check(bytes)
        case .formats: try FormatProperty.check(bytes)
        }
    }
}

/// A property that does not hold.
public struct FuzzFailure: Error, CustomStringConvertible {
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}

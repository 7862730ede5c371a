/// One message of a generated input.
struct GeneratedMessage: Sendable, Equatable {
    var key: [UInt8]
    var value: [UInt8]
    /// Milliseconds since 1970-01-01T00:00:00Z.
    var timestampMilliseconds: Int64
}

/// An input of a measurement: as many messages as wanted, the same for the same seed.
protocol MessageGenerator {
    /// Nil after the last one.
    mutating func next() -> GeneratedMessage?
}

/// Sends some messages again, a while after the first time, as senders do that lost an answer.
struct DuplicateQueue: Sendable {
    private var waiting: [(due: Int, message: GeneratedMessage)] = []
    private var sent = 0

    /// A message that is due again.
    mutating func due() -> GeneratedMessage? {
        guard let first = waiting.first, first.due <= sent else { return nil }
        sent += 1
        return waiting.removeFirst().message
    }

    mutating func sent(_ message: GeneratedMessage, again: Bool) {
        sent += 1
        if again { waiting.append((sent + 500, message)) }
    }

    /// Those that were not due before the end.
    mutating func rest() -> GeneratedMessage? { waiting.isEmpty ? nil : waiting.removeFirst().message }
}

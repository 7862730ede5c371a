public import StreamCore

/// Why a stream thread stopped for good. Each needs a person, or a restart of the process by its supervisor.
public enum StreamFailure: Error, Sendable {
    /// The log answered with an error that nothing helps against.
    case log(LogError, operation: String)
    /// Too many recoveries without a commit between them.
    case recoveriesExhausted(count: Int, LogError)
    /// The membership was lost again and again soon after the group was joined: another process joins under the same name.
    case nameContested(count: Int, LogError)
    /// There is a snapshot of this group at an offset, so records before it were processed, but the group's committed offset is gone.
    /// Starting over would emit their results again.
    case committedOffsetGone(TopicPartition, snapshotOffset: Int64)
    /// The group has committed more than the partition holds: it was made anew or truncated.
    case committedOffsetBeyondEnd(TopicPartition, committed: Int64, end: Int64)
    /// The log could not be opened, or the thread not be started.
    case start(String)
}

extension StreamFailure: CustomStringConvertible {
    public var description: String {
        switch self {
        case .log(let error, let operation): "\(operation): \(error)"
        case .recoveriesExhausted(let count, let error):
            "gave up after \(count) recoveries in a row, the last for \(error)"
        case .nameContested(let count, let error):
            "joined the group \(count) times, and each time another member took the name soon: another process runs under the same instance"
                + " name; give each its own (--instance): \(error)"
        case .committedOffsetGone(let partition, let offset):
            "\(partition): the group has no committed offset, but a snapshot at \(offset) shows that it had one;"
                + " set the group's offset, or remove the snapshot to process everything again"
        case .committedOffsetBeyondEnd(let partition, let committed, let end):
            "\(partition): the group has committed \(committed) but the partition ends at \(end);"
                + " the topic was made anew or truncated; reset the group's offset"
        case .start(let reason): "could not start: \(reason)"
        }
    }
}

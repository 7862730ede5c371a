public import Snapshots
public import StreamCore
public import Telemetry

/// Something that an operator may want to read.
public enum StreamEvent: Sendable {
    public enum Severity: Sendable, Equatable {
        case info
        case warning
        case error
    }

    /// A partition came and is being restored: its state is that of `from`, what lies before `committed` is folded muted.
    case restoring(TopicPartition, from: Int64, hasSnapshot: Bool, committed: Int64?)
    /// A partition's state is up to date; it took so long.
    case live(TopicPartition, milliseconds: Int64)
    case revoked([TopicPartition])
    case lost([TopicPartition])
    /// Records that are needed are not in the log any more: a restored state lacks them, or they were never processed.
    case recordsGone(TopicPartition, from: Int64, to: Int64)
    case snapshotWritten(SnapshotLabel, milliseconds: Int64)
    case snapshotFailed(TopicPartition, LogError)
    case snapshotRejected(TopicPartition, SnapshotCollector.Rejection)
    /// A call answers "retry"; said once until `outageEnded`.
    case outageStarted(operation: String, LogError)
    case outageEnded(operation: String, attempts: Int, milliseconds: Int64)
    /// The open transaction is given up and its records are folded again.
    case redoing(LogError, attempt: Int)
    /// The producer is replaced and all state restored.
    case fenced(LogError, attempt: Int)
    /// The membership is gone: the group is joined again, and all state dropped until it gives partitions.
    case rejoining(LogError, attempt: Int)
    /// A record shows a defect of the processor: its partition stands still before it, until it is given to another member or the process
    /// starts again.
    case halted(ProcessorFault)
    /// A stop was wanted and the open transaction could not be committed in time; its records will be folded again.
    case leftUndone(String)
    case stopped
    case failed(StreamFailure)

    /// A stable name for searching logs.
    public var code: String {
        switch self {
        case .restoring: "stream.restoring"
        case .live: "stream.live"
        case .revoked: "stream.revoked"
        case .lost: "stream.lost"
        case .recordsGone: "stream.records-gone"
        case .snapshotWritten: "stream.snapshot-written"
        case .snapshotFailed: "stream.snapshot-failed"
        case .snapshotRejected: "stream.snapshot-rejected"
        case .outageStarted: "stream.outage-started"
        case .outageEnded: "stream.outage-ended"
        case .redoing: "stream.redoing"
        case .fenced: "stream.fenced"
        case .rejoining: "stream.rejoining"
        case .halted: "stream.halted"
        case .leftUndone: "stream.left-undone"
        case .stopped: "stream.stopped"
        case .failed: "stream.failed"
        }
    }

    /// The code of what went wrong; nil for what is in order.
    public var errorCode: ErrorCode? {
        switch self {
        case .restoring, .live, .revoked, .snapshotWritten, .outageEnded, .stopped: nil
        case .lost: .streamLost
        case .recordsGone: .streamRecordsGone
        case .snapshotFailed: .streamSnapshotFailed
        case .snapshotRejected: .streamSnapshotRejected
        case .outageStarted: .streamOutage
        case .redoing: .streamRedo
        case .fenced: .streamFenced
        case .rejoining: .streamRejoin
        case .halted: .streamHalted
        case .leftUndone: .streamUndone
        case .failed: .streamFailed
        }
    }

    public var severity: Severity {
        switch self {
        case .restoring, .live, .revoked, .snapshotWritten, .outageEnded, .stopped: .info
        case .lost, .snapshotFailed, .snapshotRejected, .outageStarted, .redoing, .fenced, .rejoining, .leftUndone:
            .warning
        case .recordsGone, .halted, .failed: .error
        }
    }
}

extension StreamEvent: CustomStringConvertible {
    public var description: String {
        switch self {
        case .restoring(let partition, let from, let hasSnapshot, let committed):
            "\(partition): restoring from \(hasSnapshot ? "the snapshot at" : "the start at") \(from),"
                + " committed \(committed.map { "\($0)" } ?? "nothing")"
        case .live(let partition, let milliseconds): "\(partition): up to date after \(milliseconds) ms"
        case .revoked(let partitions): "gave back \(Self.list(partitions))"
        case .lost(let partitions): "lost \(Self.list(partitions))"
        case .recordsGone(let partition, let from, let to):
            "\(partition): records \(from)..<\(to) are needed and not in the log any more"
        case .snapshotWritten(let label, let milliseconds):
            "\(label.identity.input): snapshot at \(label.nextOffset), \(label.stateByteCount) bytes, \(milliseconds) ms"
        case .snapshotFailed(let partition, let error): "\(partition): snapshot not written: \(error)"
        case .snapshotRejected(let partition, let rejection):
            "\(partition): snapshot in slot \(rejection.slot) not used: \(rejection.reason)"
        case .outageStarted(let operation, let error): "\(operation): waiting until it works again: \(error)"
        case .outageEnded(let operation, let attempts, let milliseconds):
            "\(operation): works again after \(attempts) attempts, \(milliseconds) ms"
        case .redoing(let error, let attempt): "redoing the open transaction, attempt \(attempt): \(error)"
        case .fenced(let error, let attempt): "fenced, restoring everything, attempt \(attempt): \(error)"
        case .rejoining(let error, let attempt):
            "the group took this member's place, joining again and restoring everything, attempt \(attempt): \(error)"
        case .halted(let fault):
            "\(fault.partition): stands still at offset \(fault.offset), where the processor shows a defect: \(fault.reason)"
        case .leftUndone(let reason): "stopped without committing: \(reason)"
        case .stopped: "stopped"
        case .failed(let failure): "failed: \(failure)"
        }
    }

    private static func list(_ partitions: [TopicPartition]) -> String {
        partitions.sorted().map(\.description).joined(separator: " ")
    }
}

import Snapshots
import StreamCore

/// The processor of one partition, and where it is.
struct StreamTask<P: Processor> {
    enum Phase: Equatable {
        /// The state is not that of any offset; it must be restored.
        case unrestored
        /// Folding muted up to the committed offset.
        case restoring
        case live
    }

    let partition: TopicPartition
    var processor: P
    var phase = Phase.unrestored
    /// Whether the log was told to read this partition.
    var isAssigned = false
    /// The next record to fold.
    var nextOffset: Int64 = 0
    /// What the group has committed, or where reading began when that is nothing.
    var committedOffset: Int64 = 0
    /// End of the partition when last looked at.
    var endOffset: Int64 = 0
    /// The newest timestamp at the end of a slice that was folded.
    var streamTimeMilliseconds: Int64?
    var restoreStartedAtMilliseconds: Int64 = 0
    var snapshot = SnapshotState()
    /// Set once a record showed a defect of the processor; stays when the state is restored.
    var halt: Halt?

    /// The place where the partition stands still: nothing from there on is folded.
    struct Halt {
        var fault: ProcessorFault
        /// Everything before is folded, and the log was told to read no more.
        var isReached = false
    }

    /// What is known of the snapshots of this partition.
    struct SnapshotState {
        var place = SnapshotPlace()
        /// Offset of the newest valid snapshot.
        var nextOffset: Int64?
        var byteCount = 0
        /// When it was written or restored from, or the task began without one.
        var atMilliseconds: Int64 = 0
        /// Input folded since then, muted or not.
        var inputBytes = 0
    }

    init(partition: TopicPartition, processor: P) {
        self.partition = partition
        self.processor = processor
    }

    /// Holds work that is not committed.
    var isDirty: Bool { phase == .live && nextOffset > committedOffset }

    var isHalted: Bool { halt?.isReached ?? false }

    func isHalted(at offset: Int64) -> Bool { halt.map { offset >= $0.fault.offset } ?? false }

    var position: PartitionPosition { PartitionPosition(partition, nextOffset: nextOffset) }

    func isSnapshotDue(_ cadence: SnapshotCadence, nowMilliseconds: Int64, isReleasing: Bool = false) -> Bool {
        guard phase == .live, !isDirty, snapshot.inputBytes > 0 else { return false }
        guard snapshot.inputBytes >= snapshot.byteCount / max(1, cadence.bytesWrittenPerInputByte) else { return false }
        if isReleasing { return cadence.isWrittenOnRelease }
        return snapshot.inputBytes >= cadence.inputBytes
            || nowMilliseconds - snapshot.atMilliseconds >= cadence.intervalMilliseconds
    }
}

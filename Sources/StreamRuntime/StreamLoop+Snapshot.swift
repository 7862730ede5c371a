import Snapshots
import StreamCore
import Telemetry

extension StreamLoop where L: ~Copyable {
    /// Writes the snapshot of one task that is due for it: one a step, so that the others don't wait long. Called between
    /// transactions only, when all state is committed state.
    mutating func writeDueSnapshot() throws(LoopInterruption) {
        guard let cadence = limits.snapshots else { return }
        let now = environment.nowMilliseconds
        for index in tasks.indices where tasks[index].isSnapshotDue(cadence, nowMilliseconds: now) {
            return try writeSnapshot(ofTaskAt: index, cadence)
        }
    }

    mutating func writeSnapshotOnRelease(at index: Int) throws(LoopInterruption) {
        guard let cadence = limits.snapshots else { return }
        let now = environment.nowMilliseconds
        guard tasks[index].isSnapshotDue(cadence, nowMilliseconds: now, isReleasing: true) else { return }
        try writeSnapshot(ofTaskAt: index, cadence)
    }

    /// A snapshot that can't be written is reported and left for the next time: it is only a cache.
    private mutating func writeSnapshot(ofTaskAt index: Int, _ cadence: SnapshotCadence) throws(LoopInterruption) {
        let partition = tasks[index].partition
        let started = environment.nowMilliseconds
        tasks[index].snapshot.atMilliseconds = started
        tasks[index].snapshot.inputBytes = 0
        var state: [UInt8] = []
        tasks[index].processor.encodeState(into: &state)
        let image = SnapshotImage(
            identity: snapshotIdentity(of: partition),
            place: tasks[index].snapshot.place,
            nextOffset: tasks[index].nextOffset,
            state: state,
            chunkBytes: cadence.chunkBytes
        )
        do throws(LoopInterruption) {
            try write(image)
        } catch .log(let error, _) where error.reaction == .abortAndRedo {
            try abort()
            environment.report(.snapshotFailed(partition, error))
            return
        }
        tasks[index].snapshot.place = tasks[index].snapshot.place.following
        tasks[index].snapshot.nextOffset = image.label.nextOffset
        tasks[index].snapshot.byteCount = image.label.stateByteCount
        metrics.snapshots.add()
        metrics.snapshotWrittenBytes.add(Int64(image.label.stateByteCount))
        environment.report(.snapshotWritten(image.label, milliseconds: environment.nowMilliseconds - started))
    }

    private mutating func write(_ image: SnapshotImage) throws(LoopInterruption) {
        let target = TopicPartition(
            SnapshotLabel.topic(processor: P.name),
            image.label.identity.input.partition
        )
        try begin()
        for chunk in 0..<image.chunkCount {
            let key = image.key(ofChunk: chunk)
            let value = image.value(ofChunk: chunk)
            try retrier.run("produce snapshot", on: &log) { (log: inout L) throws(LogError) in
                try log.produce(topic: target.topic, partition: target.partition, key: key, value: value)
            }
        }
        try retrier.run("commit snapshot", on: &log) { (log: inout L) throws(LogError) in try log.commit([]) }
        isTransactionOpen = false
    }

    mutating func abort() throws(LoopInterruption) {
        guard isTransactionOpen else { return }
        try retrier.run("abort", on: &log) { (log: inout L) throws(LogError) in try log.abort() }
        isTransactionOpen = false
    }
}

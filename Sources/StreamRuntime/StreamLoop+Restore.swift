import Snapshots
import StreamCore
import Telemetry

extension StreamLoop where L: ~Copyable {
    /// Gives every unrestored task the state of a snapshot, or an empty one, and has the log read on from there. What lies before
    /// the committed offset is then folded muted, as it comes.
    mutating func restoreTasks() throws(LoopInterruption) {
        let unrestored = tasks.indices.filter { tasks[$0].phase == .unrestored }
        if !unrestored.isEmpty {
            try resumeHalted(unrestored)
            let partitions = unrestored.map { tasks[$0].partition }
            let committed = try retrier.run("committed offsets", on: &log) { (log: inout L) throws(LogError) in
                try log.committedOffsets(of: partitions)
            }
            for (index, offset) in zip(unrestored, committed) { try restore(taskAt: index, committed: offset) }
        }
        try assignRestoredTasks()
    }

    private mutating func assignRestoredTasks() throws(LoopInterruption) {
        guard owesAssignment else { return }
        let positions = tasks.filter { !$0.isAssigned }.map(\.position)
        try retrier.run("assign", on: &log) { (log: inout L) throws(LogError) in try log.assign(positions) }
        owesAssignment = false
        for index in tasks.indices { tasks[index].isAssigned = true }
    }

    /// - Parameter committed: the group's offset, nil when it has none.
    private mutating func restore(taskAt index: Int, committed: Int64?) throws(LoopInterruption) {
        let partition = tasks[index].partition
        let started = environment.nowMilliseconds
        let ends = try retrier.run("watermarks", on: &log) { (log: inout L) throws(LogError) in
            try log.watermarks(of: partition)
        }
        if let committed, committed > ends.high {
            throw .failure(.committedOffsetBeyondEnd(partition, committed: committed, end: ends.high))
        }
        var task = StreamTask(
            partition: partition,
            processor: P(configuration: configuration, partition: partition.partition)
        )
        task.isAssigned = tasks[index].isAssigned
        task.halt = tasks[index].halt
        task.snapshot.atMilliseconds = started
        try loadSnapshot(into: &task, committed: committed)
        var start = task.snapshot.nextOffset ?? ends.low
        if start < ends.low || (committed ?? start) < ends.low {
            let firstNeeded = min(task.snapshot.nextOffset ?? committed ?? ends.low, committed ?? ends.low)
            environment.report(.recordsGone(partition, from: firstNeeded, to: ends.low))
            start = max(start, ends.low)
        }
        task.nextOffset = start
        task.committedOffset = max(committed ?? start, start)
        task.endOffset = ends.high
        task.restoreStartedAtMilliseconds = started
        task.phase = .restoring
        tasks[index] = task
        environment.report(
            .restoring(partition, from: start, hasSnapshot: task.snapshot.nextOffset != nil, committed: committed)
        )
        if task.nextOffset >= task.committedOffset { goLive(taskAt: index) }
    }

    /// The newest snapshot that is whole, ours and not ahead of what is committed. All others are reported and left alone.
    private mutating func loadSnapshot(
        into task: inout StreamTask<P>,
        committed: Int64?
    ) throws(LoopInterruption) {
        guard limits.snapshots != nil else { return }
        let partition = task.partition
        let collector = try collectSnapshots(of: partition)
        let found = collector.candidates()
        for rejection in found.rejected { reject(partition, rejection) }
        if committed == nil, let newest = found.usable.first {
            throw .failure(.committedOffsetGone(partition, snapshotOffset: newest.label.nextOffset))
        }
        task.snapshot.place = collector.nextPlace(keeping: nil)
        for candidate in found.usable {
            guard let reason = use(candidate, in: &task, committed: committed ?? 0) else {
                task.snapshot.place = collector.nextPlace(keeping: candidate)
                return
            }
            reject(partition, SnapshotCollector.Rejection(slot: candidate.slot, reason: reason))
        }
    }

    private mutating func collectSnapshots(of partition: TopicPartition) throws(LoopInterruption) -> SnapshotCollector {
        let source = TopicPartition(SnapshotLabel.topic(processor: P.name), partition.partition)
        let identity = snapshotIdentity(of: partition)
        return try retrier.run("read snapshots", on: &log) { (log: inout L) throws(LogError) in
            var collector = SnapshotCollector(identity: identity)
            try log.readAll(source) { collector.add($0) }
            return collector
        }
    }

    /// Why the candidate can't be used, or nil when the task now has its state.
    private func use(
        _ candidate: SnapshotCollector.Candidate,
        in task: inout StreamTask<P>,
        committed: Int64
    ) -> SnapshotCollector.Rejection.Reason? {
        guard candidate.label.nextOffset <= committed else {
            return .aheadOfCommitted(nextOffset: candidate.label.nextOffset)
        }
        guard let state = candidate.state() else { return .checksum }
        do throws(StateError) {
            task.processor = try P(
                configuration: configuration,
                partition: task.partition.partition,
                state: state.span
            )
        } catch {
            return .state(error)
        }
        task.snapshot.nextOffset = candidate.label.nextOffset
        task.snapshot.byteCount = candidate.label.stateByteCount
        return nil
    }

    private func reject(_ partition: TopicPartition, _ rejection: SnapshotCollector.Rejection) {
        metrics.rejectedSnapshots.add()
        environment.report(.snapshotRejected(partition, rejection))
    }

    func snapshotIdentity(of partition: TopicPartition) -> SnapshotLabel.Identity {
        SnapshotLabel.Identity(
            processor: P.name,
            owner: options.groupID,
            stateVersion: P.stateVersion,
            configuration: P.fingerprint(of: configuration),
            input: partition
        )
    }
}

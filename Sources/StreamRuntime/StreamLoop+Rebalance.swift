import StreamCore
import Telemetry

extension StreamLoop where L: ~Copyable {
    /// Partitions come. What is open is committed first, because restoring may take longer than a transaction may be open.
    mutating func take(_ partitions: [TopicPartition]) throws(LoopInterruption) {
        metrics.assignments.add()
        drop(partitions)
        for partition in partitions {
            let processor = P(configuration: configuration, partition: partition.partition)
            tasks.append(StreamTask(partition: partition, processor: processor))
        }
        owesAssignment = true
        try commit()
        try restoreTasks()
    }

    /// Partitions are taken away while still owned: their work is committed, and a snapshot left for the next owner.
    ///
    /// When the commit fails or takes too long they go all the same; the interruption then has the rest redone.
    mutating func giveBack(_ partitions: [TopicPartition]) throws(LoopInterruption) {
        metrics.revocations.add()
        environment.report(.revoked(partitions))
        retrier.deadlineMilliseconds = environment.nowMilliseconds + limits.drainMilliseconds
        var trouble: LoopInterruption?
        do throws(LoopInterruption) {
            try commit()
            for index in tasks.indices where partitions.contains(tasks[index].partition) {
                try writeSnapshotOnRelease(at: index)
            }
        } catch {
            trouble = error
        }
        retrier.deadlineMilliseconds = nil
        try release(partitions)
        if let trouble { throw trouble }
    }

    /// Partitions have another owner already: nothing of theirs can be committed any more.
    mutating func lose(_ partitions: [TopicPartition]) throws(LoopInterruption) {
        metrics.losses.add()
        environment.report(.lost(partitions))
        try release(partitions)
        guard isTransactionOpen else { return }
        let error = LogError(.abortAndRedo, code: "PARTITIONS_LOST", message: "partitions were lost in a transaction")
        throw .log(error, operation: "poll")
    }

    private mutating func release(_ partitions: [TopicPartition]) throws(LoopInterruption) {
        drop(partitions)
        try retrier.run("unassign", on: &log) { (log: inout L) throws(LogError) in try log.unassign(partitions) }
    }

    /// Forgets what the group gave, because this membership is gone.
    mutating func dropAllTasks() {
        drop(tasks.map(\.partition))
        owesAssignment = false
        wasAssigned = false
    }

    private mutating func drop(_ partitions: [TopicPartition]) {
        for task in tasks where partitions.contains(task.partition) { metrics.hide(task) }
        tasks.removeAll { partitions.contains($0.partition) }
    }
}

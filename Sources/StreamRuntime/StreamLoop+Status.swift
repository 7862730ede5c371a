import StreamCore

extension StreamLoop where L: ~Copyable {
    /// Looks at the ends of the partitions from time to time, as far as fetches tell them: the cluster is not asked, or the thread would wait
    /// behind its own fetches.
    mutating func refreshStatus() {
        let now = environment.nowMilliseconds
        guard now >= statusDueAtMilliseconds else { return }
        statusDueAtMilliseconds = now + limits.statusIntervalMilliseconds
        for index in tasks.indices {
            if let end = log.seenEnd(of: tasks[index].partition) {
                tasks[index].endOffset = max(end, tasks[index].nextOffset)
            }
            metrics.show(
                tasks[index],
                nowMilliseconds: now,
                wallMilliseconds: environment.wallNowMilliseconds?()
            )
        }
    }

    /// A copy of what the loop knows.
    public var status: StreamStatus {
        var status = StreamStatus()
        status.activity = activity
        status.committedTransactions = committedTransactions
        status.committedRecords = committedRecords
        status.failure = failure
        status.wasAssigned = wasAssigned
        status.partitions = tasks.map { task in
            StreamStatus.Partition(
                partition: task.partition,
                phase: task.isHalted ? .halted : task.phase == .live ? .live : .restoring,
                nextOffset: task.nextOffset,
                committedOffset: task.committedOffset,
                endOffset: task.endOffset,
                snapshotOffset: task.snapshot.nextOffset,
                snapshotByteCount: task.snapshot.byteCount,
                stateSizes: task.processor.stateSizes,
                fault: task.halt?.fault
            )
        }
        return status
    }

    private var activity: StreamStatus.Activity {
        switch phase {
        case .joining: .joining
        case .running: .running
        case .recovering: .recovering
        case .draining: .draining
        case .stopped: .stopped
        case .failed: .failed
        }
    }
}

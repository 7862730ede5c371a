import StreamCore

extension StreamLoop where L: ~Copyable {
    /// Looks at the ends of the partitions from time to time. When the log answers "retry" the old ones stay: it is asked again the
    /// next time, not at once for every other partition, which may take its whole time-out for each.
    mutating func refreshStatus() throws(LoopInterruption) {
        let now = environment.nowMilliseconds
        guard now >= statusDueAtMilliseconds else { return }
        statusDueAtMilliseconds = now + limits.statusIntervalMilliseconds
        var isAway = false
        for index in tasks.indices {
            if !isAway, !environment.isStopRequested() {
                do throws(LogError) {
                    tasks[index].endOffset = try log.watermarks(of: tasks[index].partition).high
                } catch {
                    guard error.reaction == .retry else { throw .log(error, operation: "watermarks") }
                    isAway = true
                }
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
                phase: task.phase == .live ? .live : .restoring,
                nextOffset: task.nextOffset,
                committedOffset: task.committedOffset,
                endOffset: task.endOffset,
                snapshotOffset: task.snapshot.nextOffset,
                snapshotByteCount: task.snapshot.byteCount,
                stateSizes: task.processor.stateSizes
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

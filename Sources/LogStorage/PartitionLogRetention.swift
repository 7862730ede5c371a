import Synchronization

extension PartitionLog {
    /// Raises the log start offset and removes the segments wholly below it. `before` -1 means the high watermark.
    /// Durable when it returns.
    ///
    /// - Returns: the log start offset.
    /// - Throws: `offsetOutOfRange` above the high watermark.
    @discardableResult
    public func deleteRecords(before offset: Int64) throws(StorageError) -> Int64 {
        try maintaining.withLock { (_) throws(StorageError) -> Int64 in
            let start = try state.withLock { (state) throws(StorageError) -> Int64 in
                try Self.requireWritable(state)
                let target = offset == -1 ? state.durable.offset : offset
                guard target >= 0, target <= state.durable.offset else {
                    throw .offsetOutOfRange(start: state.logStartOffset, end: state.durable.offset)
                }
                state.logStartOffset = max(state.logStartOffset, target)
                return state.logStartOffset
            }
            // The start is in the checkpoint before a file goes.
            try flush(writingCheckpoint: true)
            try removeSegments { segment, state in segment.nextOffset <= state.logStartOffset }
            return start
        }
    }

    /// Applies the topic's retention, and forgets producers that have been idle for too long.
    public func applyRetention(nowMilliseconds: Int64) throws(StorageError) {
        try maintaining.withLock { (_) throws(StorageError) in
            let isWritable = state.withLock { state in
                state.producers.expire(
                    nowMilliseconds: nowMilliseconds,
                    idleMilliseconds: environment.producerIdleMilliseconds
                )
                return !state.isClosed && state.readOnlyReason == nil
            }
            guard isWritable else { return }
            try sealExpiredSegment(nowMilliseconds: nowMilliseconds)
            let config = self.config
            if config.cleanupPolicy.contains(.delete) {
                if let keep = config.retentionMilliseconds {
                    try removeSegments { segment, _ in nowMilliseconds - segment.newestMilliseconds > keep }
                }
                if let keep = config.retentionBytes {
                    try removeSegments { segment, state in state.byteCount - Int64(segment.byteCount) >= keep }
                }
            }
            try removeSegments { segment, state in segment.nextOffset <= state.logStartOffset }
        }
    }

    /// Seals the active segment if all of it is past the retention, so that it can go. Age alone (`segment.ms`) seals a
    /// segment only when more is appended: the wall clock says nothing of records that came late.
    private func sealExpiredSegment(nowMilliseconds: Int64) throws(StorageError) {
        let hasSealed = try state.withLock { (state) throws(StorageError) -> Bool in
            let active = state.active
            guard active.byteCount > 0, state.config.cleanupPolicy.contains(.delete),
                let keep = state.config.retentionMilliseconds, nowMilliseconds - active.newestMilliseconds > keep
            else { return false }
            try roll(&state)
            return true
        }
        if hasSealed { try flush() }
    }

    /// Removes sealed segments from the oldest on while `isObsolete` says so, and all below the high watermark.
    private func removeSegments(_ isObsolete: (Segment, LogState) -> Bool) throws(StorageError) {
        let (removed, newStart) = state.withLock { state -> ([Segment], Int64) in
            var removed: [Segment] = []
            while state.segments.count > 1, state.segments[1].baseOffset <= state.durable.offset,
                isObsolete(state.segments[0], state)
            {
                removed.append(state.segments.removeFirst())
                state.unindexed.removeAll { $0 == removed[removed.count - 1].baseOffset }
            }
            guard !removed.isEmpty else { return ([], 0) }
            state.logStartOffset = max(state.logStartOffset, state.segments[0].baseOffset)
            state.cleanedOffset = max(state.cleanedOffset, state.logStartOffset)
            state.transactions.removeAborted(below: state.logStartOffset)
            state.dropEpochs()
            let start = state.logStartOffset
            state.damaged.removeAll { $0.upperBound < start }
            state.bytesSinceCheckpoint = Self.checkpointIntervalByteCount
            return (removed, start)
        }
        guard !removed.isEmpty else { return }
        for segment in removed {
            for path in [segmentPath(segment.baseOffset), indexPath(segment.baseOffset)] {
                environment.files.forget(path)
                try FileSystem.remove(path)
            }
        }
        try FileSystem.syncDirectory(path)
        let bytes = removed.reduce(Int64(0)) { $0 + Int64($1.byteCount) }
        environment.report(.retired(log: name, newStartOffset: newStart, removedByteCount: bytes))
    }
}

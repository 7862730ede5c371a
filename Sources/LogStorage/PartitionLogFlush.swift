import Glibc
import Synchronization

extension PartitionLog {
    /// Makes everything appended so far durable and advances the high watermark. Blocks for the disk.
    ///
    /// A failed sync is not repeated: the kernel may have dropped the pages, and a second sync would say yes to lost
    /// data. The log takes no more writes then.
    ///
    /// - Returns: the high watermark.
    @discardableResult
    public func flush() throws(StorageError) -> Int64 {
        try flush(writingCheckpoint: false)
    }

    /// As `flush`, and writes a checkpoint if one is due or asked for.
    @discardableResult
    func flush(writingCheckpoint: Bool) throws(StorageError) -> Int64 {
        try flushing.withLock { (_) throws(StorageError) -> Int64 in
            let work = try beginFlush(writingCheckpoint: writingCheckpoint)
            do throws(StorageError) {
                for file in work.files { try file.sync() }
                if work.syncsDirectory { try FileSystem.syncDirectory(path) }
            } catch {
                state.withLock { $0.syncFailure = "sync failed: \(error)" }
                becomeReadOnly("sync failed: \(error)")
                throw error
            }
            let (highWatermark, hasAdvanced) = state.withLock { state in
                let before = (state.durable.offset, state.lastStableOffset)
                state.makeDurable(upTo: work.mark)
                return (state.durable.offset, before != (state.durable.offset, state.lastStableOffset))
            }
            if hasAdvanced { notifyAdvance() }
            finishFlush(work)
            return highWatermark
        }
    }

    /// What one flush has to do: taken under the lock, done without it.
    private struct FlushWork {
        var files: [LogFile]
        var syncsDirectory: Bool
        var mark: LogState.Mark
        /// Index files of the segments sealed since the last flush.
        var indexes: [SegmentIndexFile]
        var checkpoint: [UInt8]?
    }

    private func beginFlush(writingCheckpoint: Bool) throws(StorageError) -> FlushWork {
        try state.withLock { (state) throws(StorageError) -> FlushWork in
            if state.isClosed { throw .closed }
            if let reason = state.syncFailure { throw .readOnly(reason: reason) }
            var work = FlushWork(
                files: state.dirtyFiles,
                syncsDirectory: state.isDirectoryDirty,
                mark: state.endMark,
                indexes: []
            )
            state.dirtyFiles = []
            state.isDirectoryDirty = false
            for base in state.unindexed {
                let index = state.segmentIndex(for: base)
                let segment = state.segments[index]
                guard segment.baseOffset == base, let entries = segment.index else { continue }
                let aborted = state.transactions.aborted(from: base, to: .max).filter {
                    $0.lastOffset < segment.nextOffset
                }
                work.indexes.append(SegmentIndexFile(segment: segment, entries: entries, aborted: aborted))
            }
            let isDue = !work.indexes.isEmpty || state.bytesSinceCheckpoint >= Self.checkpointIntervalByteCount
            if writingCheckpoint || isDue {
                work.checkpoint = state.checkpoint().encoded()
                state.bytesSinceCheckpoint = 0
            }
            return work
        }
    }

    /// Writes index files and checkpoint. They only shorten the next opening: a failure is reported, and no more.
    private func finishFlush(_ work: FlushWork) {
        do throws(StorageError) {
            for file in work.indexes {
                let base = file.segment.baseOffset
                try FileSystem.replace(indexPath(base), with: file.encoded(), faults: environment.files.faults)
                state.withLock { state in
                    state.unindexed.removeAll { $0 == base }
                    let index = state.segmentIndex(for: base)
                    // Compaction may have put another file in its place.
                    if state.segments[index].identity == file.segment.identity { state.segments[index].index = nil }
                }
            }
            if let checkpoint = work.checkpoint {
                try FileSystem.replace(checkpointPath, with: checkpoint, faults: environment.files.faults)
            }
        } catch {
            environment.report(.maintenanceFailed(log: name, error: error))
        }
    }

    /// Syncs, writes the checkpoint, and refuses everything after. Closing twice is no error.
    package func close() throws(StorageError) {
        if state.withLock({ $0.isClosed }) { return }
        defer { discard() }
        try maintaining.withLock { (_) throws(StorageError) in _ = try flush(writingCheckpoint: true) }
    }

    /// Refuses everything from now on; nothing is written.
    func discard() {
        state.withLock { state in
            state.isClosed = true
            state.dirtyFiles = []
        }
        environment.files.forgetAll(under: path + "/")
        notifyAdvance()
    }
}

extension PartitionLog {
    /// Bytes behind the last checkpoint from which on the periodic maintenance writes one.
    private static let worthwhileByteCount = 256 * 1_024

    /// Writes a checkpoint if there is more than a little to scan without it, so that a restart stays quick with many
    /// logs that grow slowly.
    func checkpointIfWorthwhile() throws(StorageError) {
        let isWorthwhile = state.withLock { state in
            !state.isClosed && state.syncFailure == nil && state.bytesSinceCheckpoint >= Self.worthwhileByteCount
        }
        if isWorthwhile { try flush(writingCheckpoint: true) }
    }
}

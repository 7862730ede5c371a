import Glibc
import Synchronization

extension PartitionLog {
    /// Makes everything appended so far durable and advances the high watermark. Blocks for the disk.
    ///
    /// A failed sync is not repeated: the kernel may have dropped the pages, and a second sync would say yes to lost
    /// data. The log takes no more writes then.
    ///
    /// - Returns: the offset below which everything is durable.
    @discardableResult
    public func flush() throws(StorageError) -> Int64 {
        try flush(writingCheckpoint: false)
    }

    /// As `flush`, and writes a checkpoint if one is due or asked for.
    @discardableResult
    func flush(writingCheckpoint: Bool) throws(StorageError) -> Int64 {
        let work = try sync(writingCheckpoint: writingCheckpoint)
        finish(work)
        return work.mark.offset
    }

    /// What one flush has to do: taken under the lock, done without it.
    struct FlushWork {
        fileprivate var files: [LogFile]
        fileprivate var syncsDirectory: Bool
        fileprivate var mark: LogState.Mark
        /// Index files of the segments sealed since the last flush.
        fileprivate var indexes: [SegmentIndexFile] = []
        fileprivate var checkpoint: [UInt8]?
        /// Rises with each checkpoint of the log.
        fileprivate var checkpointNumber: UInt64 = 0
    }

    /// The first half of a flush, which those who wait for durability wait for: syncs, and advances the high watermark.
    func sync(writingCheckpoint: Bool = false) throws(StorageError) -> FlushWork {
        let work = try flushing.withLock { (_) throws(StorageError) -> FlushWork in
            let work = try beginFlush(writingCheckpoint: writingCheckpoint)
            do throws(StorageError) {
                for file in work.files { try file.sync() }
                if work.syncsDirectory { try FileSystem.syncDirectory(path) }
            } catch {
                // The directory of a deleted topic is gone: nothing is wrong with the disk.
                if state.withLock({ $0.isClosed }) { throw .closed }
                state.withLock { $0.syncFailure = "sync failed: \(error)" }
                becomeReadOnly("sync failed: \(error)")
                throw error
            }
            return work
        }
        let hasAdvanced = state.withLock { state in
            let before = (state.durable.offset, state.lastStableOffset)
            state.makeDurable(upTo: work.mark)
            return before != (state.durable.offset, state.lastStableOffset)
        }
        if hasAdvanced { notifyAdvance() }
        return work
    }

    private func beginFlush(writingCheckpoint: Bool) throws(StorageError) -> FlushWork {
        try state.withLock { (state) throws(StorageError) -> FlushWork in
            if state.isClosed { throw .closed }
            if let reason = state.syncFailure { throw .readOnly(reason: reason) }
            var work = FlushWork(
                files: state.dirtyFiles,
                syncsDirectory: state.isDirectoryDirty,
                mark: state.endMark
            )
            state.dirtyFiles = []
            state.dirtyActive = nil
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
                state.checkpointNumber += 1
                work.checkpointNumber = state.checkpointNumber
                state.bytesSinceCheckpoint = 0
            }
            return work
        }
    }

    /// The second half of a flush: writes index files and checkpoint. They only shorten the next opening: a failure is
    /// reported, and no more.
    func finish(_ work: FlushWork) {
        guard !work.indexes.isEmpty || work.checkpoint != nil else { return }
        do throws(StorageError) {
            try flushing.withLock { (written) throws(StorageError) in
                for file in work.indexes { try write(file) }
                guard let checkpoint = work.checkpoint, work.checkpointNumber > written else { return }
                try FileSystem.replace(checkpointPath, with: checkpoint, faults: environment.files.faults)
                written = work.checkpointNumber
            }
        } catch {
            if state.withLock({ $0.isClosed }) { return }
            environment.report(.maintenanceFailed(log: name, error: error))
        }
    }

    /// Writes an index file, unless compaction or retention has replaced its segment meanwhile.
    private func write(_ file: SegmentIndexFile) throws(StorageError) {
        let base = file.segment.baseOffset
        func isCurrent(_ state: LogState) -> Bool {
            state.unindexed.contains(base)
                && state.segments[state.segmentIndex(for: base)].identity == file.segment.identity
        }
        guard state.withLock({ isCurrent($0) }) else { return }
        try FileSystem.replace(indexPath(base), with: file.encoded(), faults: environment.files.faults)
        let wasRemoved = state.withLock { state in
            guard isCurrent(state) else { return true }
            state.unindexed.removeAll { $0 == base }
            state.segments[state.segmentIndex(for: base)].index = nil
            return false
        }
        if wasRemoved { try FileSystem.remove(indexPath(base)) }
    }

    /// Syncs, writes the checkpoint, and refuses everything after. Closing twice is no error.
    package func close() throws(StorageError) {
        if state.withLock({ $0.isClosed }) { return }
        defer { discard() }
        let isWritable = !FileSystem.isReadOnlyDisk(path)
        try maintaining.withLock { (_) throws(StorageError) in _ = try flush(writingCheckpoint: isWritable) }
    }

    /// Refuses everything from now on; nothing is written.
    func discard() {
        state.withLock { state in
            state.isClosed = true
            state.dirtyFiles = []
            state.dirtyActive = nil
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

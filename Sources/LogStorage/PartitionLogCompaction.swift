import Glibc
import Synchronization

extension PartitionLog {
    /// What a compaction works on.
    private struct CompactionPlan {
        /// Sealed segments from the log start on, all of them behind the last stable offset.
        var segments: [Segment]
        /// Offset up to which earlier compactions have been.
        var cleanedOffset: Int64
    }

    /// Compacts if the topic's policy says so and enough has changed: of each key only the latest record is kept, older
    /// ones go, and with them what aborted transactions wrote. Offsets stay. Tombstones and markers of emptied
    /// transactions go `delete.retention.ms` after the compaction that first met them. Only sealed segments without a
    /// record of an open transaction are touched.
    ///
    /// - Parameter force: compact whatever the dirty ratio, and seal the active segment for it.
    /// - Returns: whether it has compacted.
    @discardableResult
    public func compact(nowMilliseconds: Int64, force: Bool = false) throws(StorageError) -> Bool {
        try maintaining.withLock { (_) throws(StorageError) -> Bool in
            let config = self.config
            guard config.cleanupPolicy.contains(.compact) else { return false }
            guard state.withLock({ !$0.isClosed && $0.readOnlyReason == nil }) else { return false }
            if force {
                try state.withLock { (state) throws(StorageError) in
                    if state.active.byteCount > 0 { try roll(&state) }
                }
            }
            guard let plan = planCompaction(config, nowMilliseconds: nowMilliseconds, force: force) else {
                return false
            }
            // So that the durable end lies behind everything that is going to be replaced.
            try flush()
            return try runCompaction(plan, config: config, nowMilliseconds: nowMilliseconds)
        }
    }

    private func planCompaction(_ config: LogConfig, nowMilliseconds: Int64, force: Bool) -> CompactionPlan? {
        state.withLock { state in
            let end = min(state.active.baseOffset, force ? .max : state.durable.offset)
            let stable = min(end, state.transactions.firstUnstableOffset ?? .max)
            let youngest = nowMilliseconds - config.minCompactionLagMilliseconds
            let segments = state.segments.dropLast().prefix { segment in
                segment.nextOffset <= stable
                    && (config.minCompactionLagMilliseconds == 0 || segment.newestMilliseconds <= youngest)
            }
            let all = segments.reduce(0) { $0 + $1.byteCount }
            let dirty = segments.reduce(0) { $0 + ($1.nextOffset > state.cleanedOffset ? $1.byteCount : 0) }
            guard dirty > 0, force || Double(dirty) / Double(all) >= config.minCleanableDirtyRatio else { return nil }
            return CompactionPlan(segments: Array(segments), cleanedOffset: state.cleanedOffset)
        }
    }

    private func runCompaction(
        _ plan: CompactionPlan,
        config: LogConfig,
        nowMilliseconds: Int64
    ) throws(StorageError) -> Bool {
        let before = byteCount
        let (aborted, producers) = state.withLock { ($0.transactions.aborted, $0.producers) }
        var compactor = LogCompactor(
            environment: environment,
            aborted: aborted,
            producers: producers,
            config: config,
            nowMilliseconds: nowMilliseconds
        )
        let mapEnd = try compactor.collectKeys(
            plan.segments.filter { $0.nextOffset > plan.cleanedOffset },
            from: plan.cleanedOffset,
            path: segmentPath
        )
        for group in Self.groups(plan.segments.filter { $0.baseOffset < mapEnd }, config: config) {
            let target = segmentPath(group[0].baseOffset)
            let (segment, hasChanged) = try compactor.rewrite(group, to: target + ".cleaned", path: segmentPath)
            if hasChanged {
                try replace(group, with: segment)
            } else {
                try FileSystem.remove(target + ".cleaned")
            }
        }
        state.withLock { state in
            state.cleanedOffset = mapEnd
            state.transactions.removeAborted(below: mapEnd)
        }
        try flush(writingCheckpoint: true)
        environment.report(.compacted(log: name, beforeByteCount: before, afterByteCount: byteCount))
        return true
    }

    /// Runs of segments that become one, so that what compaction leaves does not end in ever more small files.
    private static func groups(_ segments: [Segment], config: LogConfig) -> [[Segment]] {
        var groups: [[Segment]] = []
        var size = 0
        for segment in segments {
            if let first = groups.last?.first, size + segment.byteCount <= config.segmentBytes,
                first.canHold(lastOffset: segment.nextOffset)
            {
                groups[groups.count - 1].append(segment)
                size += segment.byteCount
            } else {
                groups.append([segment])
                size = segment.byteCount
            }
        }
        return groups
    }

    /// Puts the compacted file in the place of the segments that it was made from.
    ///
    /// The order makes a crash harmless: first the index file goes, which would not fit; then the new file takes the
    /// first segment's name; then the others go. If they are still there at opening, the first one's offsets reach over
    /// theirs, which gives them away.
    private func replace(_ old: [Segment], with new: Segment) throws(StorageError) {
        let base = old[0].baseOffset
        try flushing.withLock { (_) throws(StorageError) in
            try detachIndex(of: old[0])
            try state.withLock { (state) throws(StorageError) in
                if state.isClosed { throw .closed }
                let index = state.segmentIndex(for: base)
                try FileSystem.rename(segmentPath(base) + ".cleaned", to: segmentPath(base))
                for segment in old {
                    environment.files.forget(segmentPath(segment.baseOffset))
                    environment.files.forget(indexPath(segment.baseOffset))
                    state.unindexed.removeAll { $0 == segment.baseOffset }
                }
                state.segments.replaceSubrange(index..<(index + old.count), with: [new])
                state.unindexed.append(base)
                state.unindexed.sort()
            }
            try FileSystem.syncDirectory(path)
            for segment in old.dropFirst() {
                try FileSystem.remove(segmentPath(segment.baseOffset))
                try FileSystem.remove(indexPath(segment.baseOffset))
            }
            if old.count > 1 { try FileSystem.syncDirectory(path) }
        }
    }

    /// Takes a segment's index into memory and removes its file.
    private func detachIndex(of segment: Segment) throws(StorageError) {
        let path = indexPath(segment.baseOffset)
        let bytes = try FileSystem.read(path)
        if let bytes, let file = SegmentIndexFile(bytes, baseOffset: segment.baseOffset) {
            state.withLock { state in
                let index = state.segmentIndex(for: segment.baseOffset)
                guard state.segments[index].identity == segment.identity else { return }
                state.segments[index].index = state.segments[index].index ?? file.entries
            }
        }
        environment.files.forget(path)
        try FileSystem.remove(path)
        try FileSystem.syncDirectory(self.path)
    }
}

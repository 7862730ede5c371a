import KafkaProtocol

/// Brings a log's directory back to a consistent state, step by step.
struct LogRecovery {
    let name: String
    let path: String
    let environment: PartitionLog.Environment
    var state: LogState
    var checkpoint: Checkpoint?
    /// Offsets below were durable once: bad bytes there are damage, not a torn tail.
    var durableOffset: Int64 = 0
    /// Offsets from here on have to be replayed for the state of producers, transactions and epochs.
    var replayOffset: Int64 = 0
    var damage: [(range: ClosedRange<Int64>, reason: String)] = []
    /// Whether batches were scanned, or anything else is to be synced and checkpointed.
    var hasScanned = false
    /// Last segment whose index file, and with it the list of its aborted transactions, is lost.
    var lostIndexBase: Int64?

    init(
        name: String,
        path: String,
        config: LogConfig,
        environment: PartitionLog.Environment
    ) throws(StorageError) {
        self.name = name
        self.path = path
        self.environment = environment
        state = LogState(
            config: config,
            segments: [],
            logStartOffset: 0,
            cleanedOffset: 0,
            leaderEpoch: 0,
            epochs: [],
            producers: ProducerTable(),
            transactions: TransactionTable(),
            durable: LogState.Mark(offset: 0, segmentBase: 0, position: 0)
        )
        try readCheckpoint()
    }

    mutating func recover() throws(StorageError) -> LogState {
        let bases = try cleanedListing()
        if checkpoint == nil, !bases.isEmpty { environment.report(.rebuilt(log: name, file: "checkpoint")) }
        var indexes: [Int64: SegmentIndexFile] = [:]
        for base in bases { indexes[base] = try readIndex(base) }
        // A sealed segment was synced before its index was written, and so was everything before it.
        durableOffset = max(durableOffset, indexes.values.map(\.segment.nextOffset).max() ?? 0)
        var wasCut = false
        for (number, base) in bases.enumerated() {
            if wasCut || isLeftover(base) {
                try removeSegment(base)
                continue
            }
            let next = number + 1 < bases.count ? bases[number + 1] : nil
            wasCut = try recoverSegment(base, index: indexes[base], nextBase: next)
        }
        try finishSegments()
        try findAborted()
        finishState()
        if FileSystem.isReadOnlyDisk(path) { state.readOnlyReason = "the disk takes no writes" }
        return state
    }

    func file(_ base: Int64, _ suffix: String) -> String {
        path + "/" + Segment.name(baseOffset: base, suffix: suffix)
    }

    /// Base offsets of the segments there are; removes what an interrupted compaction or replacement has left.
    private func cleanedListing() throws(StorageError) -> [Int64] {
        var bases: [Int64] = []
        for name in try FileSystem.entries(of: path) {
            if name.hasSuffix(".tmp") || name.hasSuffix(".cleaned") {
                try FileSystem.remove(path + "/" + name, keepsOnReadOnlyDisk: true)
            } else if name.hasSuffix(".log"), let base = Int64(name.dropLast(4)), base >= 0 {
                bases.append(base)
            }
        }
        return bases.sorted()
    }

    private mutating func readCheckpoint() throws(StorageError) {
        guard let bytes = try FileSystem.read(path + "/checkpoint"), let checkpoint = Checkpoint(bytes) else { return }
        self.checkpoint = checkpoint
        state.logStartOffset = checkpoint.logStartOffset
        state.cleanedOffset = checkpoint.cleanedOffset
        state.leaderEpoch = checkpoint.leaderEpoch
        state.epochs = checkpoint.epochs
        state.producers = checkpoint.producers
        durableOffset = checkpoint.recoveryPoint
        replayOffset = checkpoint.recoveryPoint
        for (producerId, entry) in checkpoint.producers.entries.sorted(by: {
            $0.value.transactionStart < $1.value.transactionStart
        }) where entry.transactionStart >= 0 {
            state.transactions.begin(producerId: producerId, firstOffset: entry.transactionStart)
        }
    }

    /// The index file of a segment, if it is whole and fits the segment file.
    private func readIndex(_ base: Int64) throws(StorageError) -> SegmentIndexFile? {
        guard let bytes = try FileSystem.read(file(base, ".index")) else { return nil }
        let size = try environment.files.file(at: file(base, ".log")).byteCount()
        guard let index = SegmentIndexFile(bytes, baseOffset: base), index.segment.byteCount >= size else {
            environment.report(
                .rebuilt(log: name, file: Segment.name(baseOffset: base, suffix: ".index"))
            )
            return nil
        }
        return index
    }

    /// Whether the segment was merged into the one before, by a compaction that a crash has interrupted.
    private func isLeftover(_ base: Int64) -> Bool {
        guard let last = state.segments.last else { return false }
        return last.nextOffset > base
    }

    private func removeSegment(_ base: Int64) throws(StorageError) {
        for suffix in [".log", ".index"] {
            environment.files.forget(file(base, suffix))
            try FileSystem.remove(file(base, suffix), keepsOnReadOnlyDisk: true)
        }
    }

    // MARK: One segment

    /// Takes in a segment.
    ///
    /// - Returns: whether it was cut, so that what follows is to be removed.
    private mutating func recoverSegment(
        _ base: Int64,
        index: SegmentIndexFile?,
        nextBase: Int64?
    ) throws(StorageError) -> Bool {
        let file = try environment.files.file(at: file(base, ".log"))
        let size = try file.byteCount()
        noteGap(before: base)
        if let index {
            state.segments.append(index.segment)
            for transaction in index.aborted { state.transactions.restore(transaction) }
            if size < index.segment.byteCount {
                try noteLostTail(of: index, size: size, file: file, nextBase: nextBase)
            }
            if index.segment.nextOffset > replayOffset { try replay(index.segment, file: file) }
            return false
        }
        var segment = Segment(baseOffset: base)
        if let checkpoint, checkpoint.active.baseOffset == base {
            // A shorter file has lost synced batches: `finishSegments` finds out which.
            if size >= checkpoint.active.byteCount { segment = checkpoint.active }
        }
        if nextBase != nil, base < replayOffset { lostIndexBase = base }
        guard segment.byteCount < size else {
            state.segments.append(segment)
            return false
        }
        return try scan(segment, file: file, size: size, nextBase: nextBase)
    }

    /// Walks over the batches of a segment from where it is known to the end of the file, taking them in.
    private mutating func scan(
        _ start: Segment,
        file: LogFile,
        size: Int,
        nextBase: Int64?
    ) throws(StorageError) -> Bool {
        hasScanned = true
        state.segments.append(start)
        let now = try FileSystem.modificationMilliseconds(file.path)
        let reader = BatchReader(
            file: file,
            from: start.byteCount,
            limit: size,
            minimumOffset: start.nextOffset,
            depth: .checkedBatches
        )
        do throws(WalkError) {
            while let header = try reader.next() {
                state.segments[state.segments.count - 1].add(
                    header,
                    indexIntervalBytes: state.config.indexIntervalBytes,
                    nowMilliseconds: now
                )
                if header.baseOffset >= replayOffset { replay(header, reader.batch, nowMilliseconds: now) }
            }
            state.dirtyFiles.append(file)
            return false
        } catch {
            switch error {
            case .storage(let error): throw error
            case .bad(let position, let reason):
                let offset = state.segments[state.segments.count - 1].nextOffset
                guard offset >= durableOffset else {
                    let end = max(offset, (nextBase ?? durableOffset) - 1)
                    damage.append((offset...end, reason))
                    state.segments[state.segments.count - 1].nextOffset = end + 1
                    return false
                }
                try cut(file, at: position, size: size, offset: offset, reason: reason)
                return true
            }
        }
    }

    /// Cuts a torn tail.
    private mutating func cut(
        _ file: LogFile,
        at position: Int,
        size: Int,
        offset: Int64,
        reason: String
    ) throws(StorageError) {
        do throws(StorageError) {
            try file.truncate(to: position)
        } catch {
            state.readOnlyReason = "a torn tail could not be cut: \(error)"
        }
        state.dirtyFiles.append(file)
        state.isDirectoryDirty = true
        environment.report(
            .cutTail(log: name, atOffset: offset, droppedByteCount: Int64(size - position), reason: reason)
        )
    }

    // MARK: Damage

    /// A segment missing in the middle is damage, unless compaction has emptied the range.
    private mutating func noteGap(before base: Int64) {
        guard let last = state.segments.last, last.nextOffset < base, last.nextOffset >= state.cleanedOffset else {
            return
        }
        damage.append((last.nextOffset...(base - 1), "no segment file has these offsets"))
    }

    /// A sealed segment whose file has become shorter.
    private mutating func noteLostTail(
        of index: SegmentIndexFile,
        size: Int,
        file: LogFile,
        nextBase: Int64?
    ) throws(StorageError) {
        var offset = index.segment.baseOffset
        let entry = index.entries.last { Int($0.position) < size }
        let reader = BatchReader(
            file: file,
            from: Int(entry?.position ?? 0),
            limit: size,
            minimumOffset: offset,
            depth: .headers
        )
        do throws(WalkError) {
            while let header = try reader.next() { offset = header.nextOffset }
        } catch {
            if case .storage(let error) = error { throw error }
        }
        let end = max(offset, (nextBase ?? index.segment.nextOffset) - 1)
        damage.append((offset...end, "the file has \(size) bytes, \(index.segment.byteCount) were synced"))
    }

    // MARK: The end

    /// Makes sure that there is a segment to write to, with its index in memory.
    private mutating func finishSegments() throws(StorageError) {
        for segment in state.segments.dropLast() where segment.index != nil {
            state.unindexed.append(segment.baseOffset)
            hasScanned = true
        }
        if let last = state.segments.last, last.nextOffset < durableOffset {
            damage.append((last.nextOffset...(durableOffset - 1), "these offsets were synced, but are not there"))
            state.segments[state.segments.count - 1].nextOffset = durableOffset
        }
        guard let last = state.segments.last else {
            let base = max(checkpoint?.recoveryPoint ?? 0, state.logStartOffset)
            let file = try environment.files.file(at: file(base, ".log"), create: true)
            state.segments = [Segment(baseOffset: base)]
            state.dirtyFiles.append(file)
            state.isDirectoryDirty = true
            return
        }
        if last.index == nil {
            // Sealed, but its successor is not there: it is written to again.
            let bytes = try FileSystem.read(file(last.baseOffset, ".index")) ?? []
            state.segments[state.segments.count - 1].index =
                SegmentIndexFile(bytes, baseOffset: last.baseOffset)?.entries ?? []
            environment.files.forget(file(last.baseOffset, ".index"))
            try FileSystem.remove(file(last.baseOffset, ".index"), keepsOnReadOnlyDisk: true)
            state.isDirectoryDirty = true
            hasScanned = true
        }
    }

    private mutating func finishState() {
        for transaction in checkpoint?.aborted ?? [] { state.transactions.restore(transaction) }
        state.transactions.settleAborted()
        state.logStartOffset = max(state.logStartOffset, state.segments.first?.baseOffset ?? 0)
        state.logStartOffset = min(state.logStartOffset, state.logEndOffset)
        state.cleanedOffset = max(state.cleanedOffset, state.logStartOffset)
        let end = state.logEndOffset
        state.epochs.removeAll { $0.firstOffset >= end }
        if let last = state.epochs.last { state.leaderEpoch = max(state.leaderEpoch, last.epoch) }
        if state.logEndOffset > 0 { state.leaderEpoch += 1 }
        let active = state.active.baseOffset
        if let last = state.dirtyFiles.last, last.path == file(active, ".log") { state.dirtyActive = (active, last) }
        state.makeDurable(upTo: state.endMark)
        state.transactions.advance(highWatermark: state.logEndOffset)
    }
}

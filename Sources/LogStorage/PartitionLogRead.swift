import Glibc
import KafkaProtocol
import Synchronization

extension PartitionLog {
    /// What the lock is held for in a read: which segment, how far, and what the answer says of the log.
    private struct ReadPlace {
        /// Without its index: a second holder would make the next append copy it.
        var segment: Segment
        var file: LogFile
        /// The index file; nil while the index is in memory.
        var index: IndexLookup?
        /// Where the search begins, if the index is in memory.
        var startPosition = 0
        /// Bytes of the segment that may be read.
        var readableByteCount: Int
        /// Offsets from here on may not be read.
        var limitOffset: Int64
        var isLastReadable: Bool
    }

    private struct ReadAnswer {
        var highWatermark: Int64
        var lastStableOffset: Int64
        var logStartOffset: Int64
        var place: ReadPlace?
    }

    /// Finds what a consumer at offset `from` gets. Does not read the records yet: see `FetchSlice.copy`.
    ///
    /// A slice never spans two segments: it may be shorter than asked for though more is there.
    ///
    /// - Parameter minimumOneBatch: give the first batch even if it is larger than `maxBytes`.
    /// - Throws: `offsetOutOfRange`, `damaged`.
    public func read(
        from offset: Int64,
        maxBytes: Int,
        isolation: IsolationLevel,
        minimumOneBatch: Bool
    ) throws(StorageError) -> FetchSlice {
        var searchOffset = offset
        while true {
            let answer = try locate(offset: offset, searchOffset: searchOffset, isolation: isolation)
            guard let place = answer.place else { return Self.emptySlice(answer) }
            guard let start = try findBatch(offset: searchOffset, in: place) else {
                // A gap that compaction left, up to the end of the segment: the next segment has what follows.
                guard !place.isLastReadable else { return Self.emptySlice(answer) }
                searchOffset = max(place.segment.nextOffset, searchOffset + 1)
                continue
            }
            guard start.header.baseOffset < place.limitOffset else { return Self.emptySlice(answer) }
            var count = min(max(0, maxBytes), place.readableByteCount - start.position)
            if count < start.header.totalByteCount {
                count = minimumOneBatch ? start.header.totalByteCount : 0
            }
            return FetchSlice(
                highWatermark: answer.highWatermark,
                lastStableOffset: answer.lastStableOffset,
                logStartOffset: answer.logStartOffset,
                abortedTransactions: isolation == .readCommitted
                    ? try aborted(from: offset, place: place, end: start.position + count) : [],
                maximumByteCount: count,
                source: FetchSlice.Source(
                    log: self,
                    file: place.file,
                    segment: place.segment,
                    position: start.position,
                    limitOffset: place.limitOffset
                )
            )
        }
    }

    private static func emptySlice(_ answer: ReadAnswer) -> FetchSlice {
        FetchSlice(
            highWatermark: answer.highWatermark,
            lastStableOffset: answer.lastStableOffset,
            logStartOffset: answer.logStartOffset,
            abortedTransactions: [],
            maximumByteCount: 0,
            source: nil
        )
    }

    /// - Parameter searchOffset: `offset`, or where the search goes on after a gap.
    private func locate(
        offset: Int64,
        searchOffset: Int64,
        isolation: IsolationLevel
    ) throws(StorageError) -> ReadAnswer {
        try state.withLock { (state) throws(StorageError) -> ReadAnswer in
            if state.isClosed { throw .closed }
            guard offset >= state.logStartOffset, offset <= state.logEndOffset else {
                throw .offsetOutOfRange(start: state.logStartOffset, end: state.logEndOffset)
            }
            var answer = ReadAnswer(
                highWatermark: state.durable.offset,
                lastStableOffset: state.lastStableOffset,
                logStartOffset: state.logStartOffset
            )
            var limit = isolation == .readCommitted ? answer.lastStableOffset : answer.highWatermark
            for range in state.damaged where range.upperBound >= searchOffset {
                guard range.lowerBound > searchOffset else {
                    throw .damaged(
                        firstOffset: range.lowerBound,
                        lastOffset: range.upperBound,
                        reason: "known to be damaged"
                    )
                }
                limit = min(limit, range.lowerBound)
            }
            guard searchOffset < limit else { return answer }
            let index = state.segmentIndex(for: searchOffset)
            let segment = state.segments[index]
            answer.place = ReadPlace(
                segment: segment,
                file: try environment.files.file(at: segmentPath(segment.baseOffset)),
                index: segment.index == nil ? try lookup(in: segment) : nil,
                readableByteCount: state.readableByteCount(of: segment),
                limitOffset: limit,
                isLastReadable: index == state.segments.count - 1
            )
            if segment.index != nil {
                answer.place?.startPosition = try Self.floorPosition(searchOffset, segment, lookup(in: segment))
                answer.place?.segment.index = nil
            }
            return answer
        }
    }

    /// The segment's sparse index, in memory or in its file.
    func lookup(in segment: Segment) throws(StorageError) -> IndexLookup {
        if let entries = segment.index { return IndexLookup(entries: entries) }
        return IndexLookup(
            file: try environment.files.file(at: indexPath(segment.baseOffset)),
            count: segment.indexEntryCount
        )
    }

    /// Position of the last indexed batch that does not begin above `offset`.
    private static func floorPosition(
        _ offset: Int64,
        _ segment: Segment,
        _ index: IndexLookup
    ) throws(StorageError) -> Int {
        let relative = UInt32(clamping: offset - segment.baseOffset)
        return Int(try index.last { $0.relativeOffset <= relative }?.position ?? 0)
    }

    /// The first batch of the segment that ends at or above `offset`; nil if the segment has none (below the limit).
    private func findBatch(
        offset: Int64,
        in place: ReadPlace
    ) throws(StorageError) -> (header: RecordBatchHeader, position: Int)? {
        let segment = place.segment
        let hint = hints.withLock { $0.position(segment: segment.identity, offset: offset) }
        var position = hint ?? place.startPosition
        if hint == nil, let index = place.index { position = try Self.floorPosition(offset, segment, index) }
        let reader = BatchReader(
            file: place.file,
            from: position,
            limit: place.readableByteCount,
            minimumOffset: segment.baseOffset,
            depth: .headers
        )
        while true {
            let start = reader.position
            do throws(WalkError) {
                guard let header = try reader.next() else { return nil }
                if header.lastOffset >= offset { return (header, start) }
            } catch {
                switch error {
                case .storage(let error): throw error
                case .bad(let position, let reason): throw try damage(in: segment, at: position, reason: reason)
                }
            }
        }
    }

    /// Aborted transactions with records between `offset` and position `end` of the segment; maybe some beyond.
    private func aborted(
        from offset: Int64,
        place: ReadPlace,
        end: Int
    ) throws(StorageError) -> [AbortedTransaction] {
        let upper = min(place.limitOffset, place.segment.nextOffset)
        let candidates = state.withLock { $0.transactions.aborted(from: offset, to: upper) }
        guard !candidates.isEmpty,
            let after = try place.index?.first(whereNot: { Int($0.position) < end })
        else { return candidates }
        let bound = place.segment.baseOffset + Int64(after.relativeOffset)
        return candidates.filter { $0.firstOffset < bound }
    }

    /// Finds which offsets the bad bytes at `position` of a segment hurt, and remembers them.
    ///
    /// The index says where the next batch begins that can be trusted; what lies between is damaged.
    func damage(in segment: Segment, at position: Int, reason: String) throws(StorageError) -> StorageError {
        let (current, next) = state.withLock { state -> (Segment?, Int64) in
            let index = state.segmentIndex(for: segment.baseOffset)
            let found = state.segments[index]
            let next = index + 1 < state.segments.count ? state.segments[index + 1].baseOffset : found.nextOffset
            return (found.identity == segment.identity ? found : nil, next)
        }
        // Compaction or retention has replaced the file meanwhile: nothing is known to be wrong with the new one.
        guard let current else { return .closed }
        let range = try SegmentScanner(log: self).damagedRange(
            in: current,
            at: position,
            endOffset: max(next, segment.baseOffset + 1)
        )
        return markDamaged(range, reason: reason)
    }
}

import KafkaProtocol
import Synchronization

/// Reads whole segments and finds out which of their offsets are damaged.
struct SegmentScanner {
    let log: PartitionLog

    /// The offsets hurt by bad bytes at `position`: from the end of the last good batch before to the next batch after
    /// that the index knows and whose checksum is right, or to `endOffset`.
    func damagedRange(
        in segment: Segment,
        at position: Int,
        endOffset: Int64
    ) throws(StorageError) -> ClosedRange<Int64> {
        let file = try log.environment.files.file(at: log.segmentPath(segment.baseOffset))
        let index = try log.lookup(in: segment)
        let first = try offset(at: position, segment: segment, file: file, index: index)
        let resume = try nextIntactBatch(after: position, segment: segment, file: file, index: index)
        let end = resume?.baseOffset ?? endOffset
        return first...max(first, end - 1)
    }

    /// A batch behind the bad bytes.
    struct Resume {
        var baseOffset: Int64
        var position: Int
    }

    /// The first batch behind `position` that the index knows and that is whole.
    func nextIntactBatch(
        after position: Int,
        segment: Segment,
        file: LogFile,
        index: IndexLookup
    ) throws(StorageError) -> Resume? {
        var behind = position
        while let entry = try index.first(whereNot: { Int($0.position) <= behind }) {
            behind = Int(entry.position)
            let reader = BatchReader(
                file: file,
                from: behind,
                limit: segment.byteCount,
                minimumOffset: segment.baseOffset + Int64(entry.relativeOffset),
                depth: .checkedBatches
            )
            do throws(WalkError) {
                if let header = try reader.next() { return Resume(baseOffset: header.baseOffset, position: behind) }
            } catch {
                continue
            }
        }
        return nil
    }

    /// Offset after the last batch that begins before `position`.
    private func offset(
        at position: Int,
        segment: Segment,
        file: LogFile,
        index: IndexLookup
    ) throws(StorageError) -> Int64 {
        let entry = try index.last { Int($0.position) < position }
        var offset = segment.baseOffset + Int64(entry?.relativeOffset ?? 0)
        let reader = BatchReader(
            file: file,
            from: Int(entry?.position ?? 0),
            limit: position,
            minimumOffset: segment.baseOffset,
            depth: .headers
        )
        do throws(WalkError) {
            while let header = try reader.next() { offset = header.nextOffset }
        } catch {
            if case .storage(let error) = error { throw error }
        }
        return offset
    }

    /// Checks every batch of a segment up to `limit`.
    ///
    /// - Returns: the damaged offsets with what is wrong.
    func check(
        _ segment: Segment,
        limit: Int,
        endOffset: Int64,
        visit: (RecordBatchHeader, UnsafeRawBufferPointer) -> Void = { _, _ in }
    ) throws(StorageError) -> [(range: ClosedRange<Int64>, reason: String)] {
        let file = try log.environment.files.file(at: log.segmentPath(segment.baseOffset))
        let index = try log.lookup(in: segment)
        var damaged: [(range: ClosedRange<Int64>, reason: String)] = []
        var position = 0
        var offset = segment.baseOffset
        while position < limit {
            let reader = BatchReader(
                file: file,
                from: position,
                limit: limit,
                minimumOffset: offset,
                depth: .checkedBatches
            )
            do throws(WalkError) {
                while let header = try reader.next() {
                    visit(header, reader.batch)
                    offset = header.nextOffset
                }
                return damaged
            } catch {
                switch error {
                case .storage(let error): throw error
                case .bad(let bad, let reason):
                    let resume = try nextIntactBatch(after: bad, segment: segment, file: file, index: index)
                    let end = resume?.baseOffset ?? endOffset
                    damaged.append((offset...max(offset, end - 1), reason))
                    offset = end
                    position = resume?.position ?? limit
                }
            }
        }
        return damaged
    }
}

extension PartitionLog {
    /// Checks every stored batch's checksum. Damaged ranges are reported, remembered, and make the log read-only.
    ///
    /// - Returns: the damaged offsets.
    public func verify() throws(StorageError) -> [ClosedRange<Int64>] {
        try maintaining.withLock { (_) throws(StorageError) -> [ClosedRange<Int64>] in
            let segments = state.withLock { state in
                state.segments.enumerated().map { index, segment in
                    let isLast = index == state.segments.count - 1
                    return (
                        segment: segment, limit: state.readableByteCount(of: segment),
                        end: isLast ? state.durable.offset : state.segments[index + 1].baseOffset
                    )
                }
            }
            let scanner = SegmentScanner(log: self)
            for (segment, limit, end) in segments {
                for (range, reason) in try scanner.check(segment, limit: limit, endOffset: end) {
                    _ = markDamaged(range, reason: reason)
                }
            }
            return damagedOffsets
        }
    }
}

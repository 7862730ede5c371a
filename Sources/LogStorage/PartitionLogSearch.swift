import KafkaProtocol
import Synchronization

extension PartitionLog {
    /// The earliest record with a timestamp of at least `timestamp`, below the end that `isolation` allows.
    ///
    /// In a compressed batch that no decompressor opens, the answer is the batch's first offset: no later record is
    /// missed, some earlier ones may be seen.
    ///
    /// - Returns: nil if no record is that new.
    public func offset(
        forTimestamp timestampMilliseconds: Int64,
        isolation: IsolationLevel
    ) throws(StorageError) -> TimestampedOffset? {
        let (segments, start, limit) = state.withLock { state in
            (
                state.segments.map { (segment: $0, limit: state.readableByteCount(of: $0)) },
                state.logStartOffset,
                isolation == .readCommitted ? state.lastStableOffset : state.durable.offset
            )
        }
        for (segment, byteLimit) in segments where segment.maxTimestamp >= timestampMilliseconds {
            let entry = try lookup(in: segment).last { $0.maxTimestampBefore < timestampMilliseconds }
            let found = try search(segment, from: Int(entry?.position ?? 0), limit: byteLimit) { record in
                record.timestamp >= timestampMilliseconds && record.offset >= start
            }
            if var found {
                found.offset = max(found.offset, start)
                return found.offset < limit ? found : nil
            }
        }
        return nil
    }

    /// The record with the largest timestamp, the first of several (ListOffsets timestamp -3); nil if the log is empty
    /// or no record has a timestamp.
    public func offsetOfMaximumTimestamp() throws(StorageError) -> TimestampedOffset? {
        let (best, byteLimit, start) = state.withLock { state in
            let best = state.segments.filter { $0.byteCount > 0 }.max { $0.maxTimestamp < $1.maxTimestamp }
            return (best, best.map { state.readableByteCount(of: $0) } ?? 0, state.logStartOffset)
        }
        guard let best, best.maxTimestamp >= 0 else { return nil }
        let entry = try lookup(in: best).last { $0.maxTimestampBefore < best.maxTimestamp }
        return try search(best, from: Int(entry?.position ?? 0), limit: byteLimit) { record in
            record.timestamp >= best.maxTimestamp && record.offset >= start
        }
    }

    /// A record, or a compressed batch that stands for its records.
    private struct Candidate {
        var offset: Int64
        var timestamp: Int64
    }

    private func search(
        _ segment: Segment,
        from position: Int,
        limit: Int,
        where isMatch: (Candidate) -> Bool
    ) throws(StorageError) -> TimestampedOffset? {
        let reader = BatchReader(
            file: try environment.files.file(at: segmentPath(segment.baseOffset)),
            from: position,
            limit: limit,
            minimumOffset: segment.baseOffset,
            depth: .wholeBatches
        )
        do throws(WalkError) {
            while let header = try reader.next() {
                // The newest record and the last offset of the batch: if they do not match, none does.
                guard !header.isControl,
                    isMatch(Candidate(offset: header.lastOffset, timestamp: header.maxTimestamp))
                else { continue }
                if let found = first(in: header, reader.batch, where: isMatch) {
                    return TimestampedOffset(
                        offset: found.offset,
                        timestampMilliseconds: found.timestamp,
                        leaderEpoch: header.partitionLeaderEpoch
                    )
                }
            }
            return nil
        } catch {
            switch error {
            case .storage(let error): throw error
            case .bad(let position, let reason): throw try damage(in: segment, at: position, reason: reason)
            }
        }
    }

    private func first(
        in header: RecordBatchHeader,
        _ batch: UnsafeRawBufferPointer,
        where isMatch: (Candidate) -> Bool
    ) -> Candidate? {
        let whole = Candidate(
            offset: header.baseOffset,
            timestamp: header.usesLogAppendTime ? header.maxTimestamp : header.baseTimestamp
        )
        do throws(RecordBatchError) {
            let opened = try BatchRecords(decompressor: environment.decompressor).withRecords(of: header, in: batch) {
                (records, _) throws(RecordBatchError) -> Candidate? in
                var records = records
                while let record = try records.next() {
                    let candidate = Candidate(offset: record.offset, timestamp: record.timestamp)
                    if isMatch(candidate) { return candidate }
                }
                return nil
            }
            return opened ?? whole
        } catch {
            // Records that can't be read stand for themselves, as those that nothing here decompresses.
            return whole
        }
    }
}

import Glibc
import KafkaProtocol

/// Decides what a compaction keeps, and writes it. Two passes: the first learns the latest offset of each key in the
/// part that has not been compacted; the second goes over everything from the log start and leaves out what is older.
struct LogCompactor {
    /// Memory in bytes that the keys of one compaction may take; what does not fit waits for the next one.
    static let keyMemoryByteLimit = 64 * 1_024 * 1_024
    /// Bytes that a key takes besides its own.
    private static let keyOverheadByteCount = 80

    private let environment: PartitionLog.Environment
    private let config: LogConfig
    private let nowMilliseconds: Int64
    private let records: BatchRecords
    private let producers: ProducerTable
    private let aborted: [Int64: [AbortedTransaction]]
    private var latest: [[UInt8]: Int64] = [:]
    private var mapEnd: Int64 = 0
    /// Producers with a record of the transaction under way that is kept (or, if aborted, was there until now).
    private var withRecords: Set<Int64> = []

    init(
        environment: PartitionLog.Environment,
        aborted: [AbortedTransaction],
        producers: ProducerTable,
        config: LogConfig,
        nowMilliseconds: Int64
    ) {
        self.environment = environment
        self.config = config
        self.nowMilliseconds = nowMilliseconds
        self.producers = producers
        records = BatchRecords(decompressor: environment.decompressor)
        self.aborted = Dictionary(grouping: aborted, by: \.producerId)
    }

    private func isAborted(_ header: RecordBatchHeader) -> Bool {
        guard header.isTransactional, let transactions = aborted[header.producerId] else { return false }
        return transactions.contains { $0.firstOffset <= header.baseOffset && header.baseOffset <= $0.lastOffset }
    }

    // MARK: First pass

    /// Learns the latest offset of each key from `offset` on, until the memory for keys is used up.
    ///
    /// - Returns: the offset up to which the keys are known.
    mutating func collectKeys(
        _ segments: [Segment],
        from offset: Int64,
        path: (Int64) -> String
    ) throws(StorageError) -> Int64 {
        mapEnd = offset
        var memory = 0
        for segment in segments {
            let reader = try self.reader(segment, path: path)
            while let header = try next(reader) {
                guard memory < Self.keyMemoryByteLimit else { return mapEnd }
                mapEnd = max(mapEnd, header.nextOffset)
                guard header.lastOffset >= offset, !header.isControl, !isAborted(header) else { continue }
                memory += try learn(header, reader.batch)
            }
            mapEnd = max(mapEnd, segment.nextOffset)
        }
        return mapEnd
    }

    /// - Returns: the memory that new keys take.
    private mutating func learn(
        _ header: RecordBatchHeader,
        _ batch: UnsafeRawBufferPointer
    ) throws(StorageError) -> Int {
        var found: [([UInt8], Int64)] = []
        do throws(RecordBatchError) {
            _ = try records.withRecords(of: header, in: batch) { (iterator, bytes) throws(RecordBatchError) in
                var iterator = iterator
                while let record = try iterator.next() {
                    if let key = record.key { found.append((Array(bytes[key]), record.offset)) }
                }
            }
        } catch {
            // Such a batch is kept whole (see `filter`), and its keys displace nothing.
            return 0
        }
        var memory = 0
        for (key, offset) in found where latest.updateValue(offset, forKey: key) == nil {
            memory += key.count + Self.keyOverheadByteCount
        }
        return memory
    }

    // MARK: Second pass

    /// Writes what is kept of the segments to a new file, and syncs it.
    ///
    /// - Returns: the new segment, and whether it differs from the old ones.
    mutating func rewrite(
        _ segments: [Segment],
        to target: String,
        path: (Int64) -> String
    ) throws(StorageError) -> (segment: Segment, hasChanged: Bool) {
        try FileSystem.remove(target)
        let file = try LogFile(path: target, flags: O_RDWR | O_CREAT | O_EXCL, faults: environment.files.faults)
        var output = CompactedSegment(file: file, baseOffset: segments[0].baseOffset, config: config)
        var hasChanged = segments.count > 1
        let end = segments[segments.count - 1].nextOffset
        for segment in segments {
            let reader = try self.reader(segment, path: path)
            while let header = try next(reader) {
                // The last batch stays at least as a header: it says up to where the segment goes.
                let isLast = header.nextOffset == end
                guard let kept = filter(header, reader.batch, isLast: isLast) else {
                    hasChanged = true
                    continue
                }
                if let rewritten = kept.bytes {
                    hasChanged = true
                    try rewritten.withUnsafeBufferPointer { (bytes) throws(StorageError) in
                        try output.append(UnsafeRawBufferPointer(bytes), at: segment.lastAppendMilliseconds)
                    }
                } else {
                    try output.append(reader.batch, at: segment.lastAppendMilliseconds)
                }
            }
        }
        return (try output.finish(nextOffset: end), hasChanged)
    }

    /// What is kept of a batch: nil bytes mean all of it, as it is.
    private struct Kept {
        var bytes: [UInt8]?
    }

    /// - Returns: nil if nothing of the batch is kept.
    private mutating func filter(
        _ header: RecordBatchHeader,
        _ batch: UnsafeRawBufferPointer,
        isLast: Bool
    ) -> Kept? {
        let isDiscardable = noteTransaction(header, batch)
        let hasExpired = header.hasDeleteHorizon && header.baseTimestamp <= nowMilliseconds
        let isDiscarded = isDiscardable && (!header.isControl || hasExpired)
        let mustStay = isLast || isLastOfProducer(header)
        if isDiscarded || header.recordCount == 0 {
            guard mustStay else { return nil }
            if header.recordCount == 0 { return Kept() }
            return Kept(bytes: RecordBatchBuilder.filtered(header, keeping: [], of: batch, deleteHorizon: nil))
        }
        do throws(RecordBatchError) {
            let kept = try records.withRecords(of: header, in: batch) { (iterator, bytes) throws(RecordBatchError) in
                try keep(
                    header,
                    iterator,
                    bytes,
                    isEmptiedMarker: header.isControl && isDiscardable,
                    mustStay: mustStay
                )
            }
            // Compressed by a codec that nothing here opens: kept whole.
            guard let kept else { return Kept() }
            return kept
        } catch {
            // Records that can't be read can't be judged either.
            return Kept()
        }
    }

    private func keep(
        _ header: RecordBatchHeader,
        _ iterator: RecordIterator,
        _ bytes: UnsafeRawBufferPointer,
        isEmptiedMarker: Bool,
        mustStay: Bool
    ) throws(RecordBatchError) -> Kept? {
        var iterator = iterator
        var kept: [RecordView] = []
        var hasTombstones = false
        while let record = try iterator.next() {
            guard header.isControl || isKept(record, header, bytes) else { continue }
            kept.append(record)
            if record.value == nil { hasTombstones = true }
        }
        if kept.isEmpty, !mustStay { return nil }
        let needsHorizon = (hasTombstones || isEmptiedMarker) && !header.hasDeleteHorizon
        if kept.count == Int(header.recordCount), !needsHorizon { return Kept() }
        let horizon = needsHorizon ? nowMilliseconds + config.deleteRetentionMilliseconds : nil
        return Kept(bytes: RecordBatchBuilder.filtered(header, keeping: kept, of: bytes, deleteHorizon: horizon))
    }

    private func isKept(_ record: RecordView, _ header: RecordBatchHeader, _ bytes: UnsafeRawBufferPointer) -> Bool {
        if record.offset >= mapEnd { return true }
        guard let key = record.key else { return false }
        if let newest = latest[Array(bytes[key])], newest > record.offset { return false }
        return record.value != nil || !header.hasDeleteHorizon || header.baseTimestamp > nowMilliseconds
    }

    /// Follows the transactions.
    ///
    /// - Returns: whether the batch may go: records of an aborted transaction, or a marker with no records before it.
    private mutating func noteTransaction(_ header: RecordBatchHeader, _ batch: UnsafeRawBufferPointer) -> Bool {
        guard header.isTransactional else { return false }
        if header.isControl { return header.recordCount == 0 || withRecords.remove(header.producerId) == nil }
        // Beyond the known part nothing is dropped, so that the list of aborted transactions stays whole there.
        let isDropped = isAborted(header) && header.lastOffset < mapEnd
        if header.recordCount > 0 { withRecords.insert(header.producerId) }
        return isDropped
    }

    /// Whether the batch is the last that says something of a remembered producer: its sequence, or its epoch.
    private func isLastOfProducer(_ header: RecordBatchHeader) -> Bool {
        guard header.hasProducerId, let entry = producers[header.producerId] else { return false }
        if entry.lastDataOffset >= 0 { return header.lastOffset == entry.lastDataOffset }
        return header.isControl && header.producerEpoch == entry.epoch
    }

    // MARK: Reading

    private func reader(_ segment: Segment, path: (Int64) -> String) throws(StorageError) -> BatchReader {
        BatchReader(
            file: try environment.files.file(at: path(segment.baseOffset)),
            from: 0,
            limit: segment.byteCount,
            minimumOffset: segment.baseOffset,
            depth: .checkedBatches
        )
    }

    /// Damage ends a compaction: nothing may be thrown away on the word of a damaged log.
    private func next(_ reader: BatchReader) throws(StorageError) -> RecordBatchHeader? {
        do throws(WalkError) {
            return try reader.next()
        } catch {
            switch error {
            case .storage(let error): throw error
            case .bad(let position, let reason):
                throw .corruptBatch("at position \(position) while compacting: \(reason)")
            }
        }
    }
}

/// A segment file that compaction writes, batch by batch.
struct CompactedSegment {
    private static let bufferByteCount = 1_024 * 1_024

    private let file: LogFile
    private let config: LogConfig
    private var segment: Segment
    private var buffer: [UInt8] = []
    private var written = 0

    init(file: LogFile, baseOffset: Int64, config: LogConfig) {
        self.file = file
        self.config = config
        segment = Segment(baseOffset: baseOffset)
    }

    mutating func append(_ batch: UnsafeRawBufferPointer, at appendMilliseconds: Int64) throws(StorageError) {
        do throws(RecordBatchError) {
            segment.add(
                try RecordBatchHeader(parsing: batch),
                indexIntervalBytes: config.indexIntervalBytes,
                nowMilliseconds: appendMilliseconds
            )
        } catch {
            throw .corruptBatch("while compacting: \(error)")
        }
        buffer.append(contentsOf: batch)
        if buffer.count >= Self.bufferByteCount { try drain() }
    }

    private mutating func drain() throws(StorageError) {
        try buffer.withUnsafeBufferPointer { (bytes) throws(StorageError) in
            try file.write(UnsafeRawBufferPointer(bytes), at: written)
        }
        written += buffer.count
        buffer.removeAll(keepingCapacity: true)
    }

    /// Writes the rest and syncs.
    mutating func finish(nextOffset: Int64) throws(StorageError) -> Segment {
        try drain()
        try file.sync()
        segment.nextOffset = nextOffset
        return segment
    }
}

import Glibc
public import KafkaProtocol
import Synchronization

extension PartitionLog {
    /// Appends one or more whole batches as a producer sent them. All or nothing.
    ///
    /// Costs one pass for the checksum and one write. Records are looked at only in compacted topics, where each needs a
    /// key.
    ///
    /// - Parameter nowMilliseconds: the wall clock, milliseconds since 1970: for append-time topics and segment age.
    public func append(
        _ batches: UnsafeRawBufferPointer,
        nowMilliseconds: Int64
    ) throws(StorageError) -> AppendResult {
        let validator = BatchValidator(config: config, decompressor: environment.decompressor)
        let headers = try validator.validate(batches)
        return try write(batches, headers: headers, control: nil, nowMilliseconds: nowMilliseconds)
    }

    /// Appends one or more whole batches as a producer sent them. All or nothing.
    public func append(_ batches: [UInt8], nowMilliseconds: Int64) throws(StorageError) -> AppendResult {
        try batches.withUnsafeBufferPointer { (bytes) throws(StorageError) -> AppendResult in
            try append(UnsafeRawBufferPointer(bytes), nowMilliseconds: nowMilliseconds)
        }
    }

    /// Appends a transaction marker and ends the producer's transaction in this partition. A marker without a
    /// transaction is written all the same: it carries the producer's epoch, which fences older ones.
    public func appendControl(
        marker: TransactionMarker,
        producerId: Int64,
        producerEpoch: Int16,
        coordinatorEpoch: Int32,
        nowMilliseconds: Int64
    ) throws(StorageError) -> AppendResult {
        let batch = RecordBatchBuilder.marker(
            marker,
            producerId: producerId,
            producerEpoch: producerEpoch,
            coordinatorEpoch: coordinatorEpoch,
            timestamp: nowMilliseconds
        )
        return try batch.withUnsafeBufferPointer { (buffer) throws(StorageError) -> AppendResult in
            let bytes = UnsafeRawBufferPointer(buffer)
            let header: RecordBatchHeader
            do throws(RecordBatchError) {
                header = try RecordBatchHeader(parsing: bytes)
            } catch {
                throw .invalidRecord("\(error)")
            }
            let record = EndTransactionRecord(marker: marker, coordinatorEpoch: coordinatorEpoch)
            return try write(bytes, headers: [header], control: record, nowMilliseconds: nowMilliseconds)
        }
    }

    /// Checks against the producers, assigns offsets, writes once, and takes the batches in.
    private func write(
        _ bytes: UnsafeRawBufferPointer,
        headers: [RecordBatchHeader],
        control: EndTransactionRecord?,
        nowMilliseconds: Int64
    ) throws(StorageError) -> AppendResult {
        let (result, hasAdvanced) = try state.withLock { (state) throws(StorageError) -> (AppendResult, Bool) in
            try Self.requireWritable(state)
            var batches = PreparedBatches(headers: headers, bytes: bytes)
            batches.assign(from: state.logEndOffset, leaderEpoch: state.leaderEpoch)
            if let control {
                try state.producers.checkMarker(
                    producerId: headers[0].producerId,
                    epoch: headers[0].producerEpoch,
                    coordinatorEpoch: control.coordinatorEpoch
                )
            } else if let duplicate = try batches.checkProducers(state.producers, nowMilliseconds: nowMilliseconds) {
                return (
                    AppendResult(
                        baseOffset: duplicate.firstOffset,
                        lastOffset: duplicate.lastOffset,
                        logAppendTimeMilliseconds:
                            state.config.messageTimestampType == .logAppendTime ? duplicate.timestamp : -1,
                        logStartOffset: state.logStartOffset,
                        isDuplicate: true
                    ), false
                )
            }
            let usesAppendTime = state.config.messageTimestampType == .logAppendTime && control == nil
            if usesAppendTime { batches.stamp(appendTimeMilliseconds: nowMilliseconds) }
            try rollIfNeeded(&state, for: batches)
            try writeAtEnd(&state, batches)
            for header in batches.headers { state.add(header, nowMilliseconds: nowMilliseconds) }
            if let control {
                state.endTransaction(control, header: batches.headers[0], nowMilliseconds: nowMilliseconds)
            }
            for (producerId, entry) in batches.producers { state.setProducer(producerId, to: entry) }
            let isVisible = environment.durability != .always
            if isVisible { state.makeDurable(upTo: state.endMark) }
            return (
                AppendResult(
                    baseOffset: batches.headers[0].baseOffset,
                    lastOffset: state.logEndOffset - 1,
                    logAppendTimeMilliseconds: usesAppendTime ? nowMilliseconds : -1,
                    logStartOffset: state.logStartOffset,
                    isDuplicate: false
                ), isVisible
            )
        }
        if hasAdvanced { notifyAdvance() }
        return result
    }

    static func requireWritable(_ state: LogState) throws(StorageError) {
        if state.isClosed { throw .closed }
        if let reason = state.readOnlyReason { throw .readOnly(reason: reason) }
    }

    /// Seals the active segment and begins a new one, if the batches do not fit or the segment is too old.
    ///
    /// Age is the distance of the records from the segment's first batch, never from the wall clock: records of years
    /// ago fill segments like those of today. A marker is stamped by the broker's clock and so says nothing of the age.
    private func rollIfNeeded(_ state: inout LogState, for batches: PreparedBatches) throws(StorageError) {
        let active = state.active
        guard active.byteCount > 0 else { return }
        let isFull = active.byteCount + batches.byteCount > state.config.segmentBytes
        let newest = batches.headers.reduce(Int64(-1)) { $1.isControl ? $0 : max($0, $1.maxTimestamp) }
        let age = active.firstTimestamp >= 0 && newest >= 0 ? newest - active.firstTimestamp : 0
        guard isFull || age > state.config.segmentMilliseconds || !active.canHold(lastOffset: batches.lastOffset)
        else { return }
        try roll(&state)
    }

    /// Seals the active segment and begins a new one at the end of the log.
    func roll(_ state: inout LogState) throws(StorageError) {
        let baseOffset = state.logEndOffset
        let sealedBase = state.active.baseOffset
        let file = try environment.files.file(at: segmentPath(baseOffset), create: true)
        state.segments.append(Segment(baseOffset: baseOffset))
        state.unindexed.append(sealedBase)
        state.isDirectoryDirty = true
        state.dirtyFiles.append(file)
        state.dirtyActive = (baseOffset, file)
    }

    /// Writes the batches at the end of the active segment; if that fails, cuts off what has arrived of them.
    private func writeAtEnd(_ state: inout LogState, _ batches: PreparedBatches) throws(StorageError) {
        let position = state.active.byteCount
        let base = state.active.baseOffset
        let file: LogFile
        if let dirty = state.dirtyActive, dirty.baseOffset == base {
            file = dirty.file
        } else {
            file = try environment.files.file(at: segmentPath(base))
            state.dirtyFiles.append(file)
            state.dirtyActive = (base, file)
        }
        do throws(StorageError) {
            try batches.write(to: file, at: position)
        } catch {
            do throws(StorageError) {
                try file.truncate(to: position)
            } catch let second {
                state.readOnlyReason = "a failed write could not be taken back: \(second)"
            }
            if case .diskFull = error { throw error }
            state.readOnlyReason = state.readOnlyReason ?? "\(error)"
            throw error
        }
    }
}

import KafkaProtocol

/// Checks what a client sends before it gets near the log: everything that can be told from the batches alone.
struct BatchValidator {
    let config: LogConfig
    let decompressor: (any RecordDecompressor)?

    /// The headers of the batches that fill `bytes` exactly.
    func validate(_ bytes: UnsafeRawBufferPointer) throws(StorageError) -> [RecordBatchHeader] {
        guard !bytes.isEmpty else { throw .invalidRecord("no batch") }
        var headers: [RecordBatchHeader] = []
        var start = 0
        while start < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[start...])
            let header = try parse(rest)
            try check(header)
            if config.cleanupPolicy.contains(.compact) {
                try checkKeys(header, UnsafeRawBufferPointer(rebasing: rest[..<header.totalByteCount]))
            }
            headers.append(header)
            start += header.totalByteCount
        }
        return headers
    }

    private func parse(_ bytes: UnsafeRawBufferPointer) throws(StorageError) -> RecordBatchHeader {
        var byteCount = 0
        do throws(RecordBatchError) {
            // The size before the checksum: an oversized batch need not be read.
            byteCount = try RecordBatchHeader(parsing: bytes).totalByteCount
            if byteCount <= config.maxMessageBytes { return try RecordBatchHeader(validating: bytes) }
        } catch {
            switch error {
            case .unsupportedMagic(let magic): throw .invalidRecord("record format version \(magic), not 2")
            case .invalidField(let reason): throw .invalidRecord(reason)
            case .truncated, .invalidLength, .checksumMismatch: throw .corruptBatch("\(error)")
            }
        }
        throw .messageTooLarge(byteCount: byteCount, limit: config.maxMessageBytes)
    }

    /// The rules that Kafka has for batches of clients.
    private func check(_ header: RecordBatchHeader) throws(StorageError) {
        guard header.recordCount > 0 else { throw .invalidRecord("a batch without records") }
        guard Int64(header.recordCount) == Int64(header.lastOffsetDelta) + 1 else {
            throw .invalidRecord(
                "\(header.recordCount) records, but offsets for \(Int64(header.lastOffsetDelta) + 1)"
            )
        }
        guard !header.isControl else { throw .invalidRecord("clients may not write control records") }
        guard !header.hasProducerId || (header.baseSequence >= 0 && header.producerEpoch >= 0) else {
            throw .invalidRecord(
                "producer id \(header.producerId) with epoch \(header.producerEpoch), sequence \(header.baseSequence)"
            )
        }
        guard header.hasProducerId || !header.isTransactional else {
            throw .invalidRecord("a transactional batch without a producer id")
        }
        guard !header.hasDeleteHorizon else { throw .invalidRecord("clients may not set a delete horizon") }
        guard !header.usesLogAppendTime || config.messageTimestampType == .logAppendTime else {
            throw .invalidTimestamp("clients may not set the timestamp type to log append time")
        }
    }

    /// Each record of a compacted topic needs a key. Compressed batches are looked into if there is a decompressor.
    private func checkKeys(_ header: RecordBatchHeader, _ batch: UnsafeRawBufferPointer) throws(StorageError) {
        var keyless: [Int32] = []
        do throws(RecordBatchError) {
            _ = try BatchRecords(decompressor: decompressor).withRecords(of: header, in: batch) {
                (records, _) throws(RecordBatchError) in
                var records = records
                var index: Int32 = 0
                while let record = try records.next() {
                    if record.key == nil { keyless.append(index) }
                    index += 1
                }
            }
        } catch {
            throw .invalidRecord("\(error)")
        }
        guard keyless.isEmpty else {
            throw .invalidRecords(indexes: keyless, reason: "a record without a key in a compacted topic")
        }
    }
}

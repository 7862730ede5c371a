import KafkaProtocol

/// Gives access to the records of a stored batch, decompressed where there is a decompressor for it.
struct BatchRecords {
    /// Largest size in bytes that the records of one batch may decompress to.
    static let decompressedByteLimit = 256 * 1_024 * 1_024

    let decompressor: (any RecordDecompressor)?

    /// Runs `body` over the records of `batch` and the bytes that their ranges count in.
    ///
    /// - Returns: nil if the batch is compressed and can't be opened here.
    func withRecords<Result>(
        of header: RecordBatchHeader,
        in batch: UnsafeRawBufferPointer,
        _ body: (RecordIterator, UnsafeRawBufferPointer) throws(RecordBatchError) -> Result
    ) throws(RecordBatchError) -> Result? {
        let records = UnsafeRawBufferPointer(rebasing: batch[RecordBatchHeader.byteCount...])
        if header.compression == .none { return try body(RecordIterator(header: header, records: records), records) }
        guard let decompressor, decompressor.opens(header.compression) else { return nil }
        let plain: [UInt8]
        do {
            plain = try decompressor.decompress(
                records,
                codec: header.compression,
                limit: Self.decompressedByteLimit
            )
        } catch {
            throw .invalidField("the records can't be decompressed: \(error)")
        }
        return try plain.withUnsafeBufferPointer { (buffer) throws(RecordBatchError) -> Result in
            let bytes = UnsafeRawBufferPointer(buffer)
            return try body(RecordIterator(header: header, records: bytes), bytes)
        }
    }
}

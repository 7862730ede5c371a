import KafkaProtocol

/// Whatever the reader gives of a batch lies within its bytes.
enum RecordBatchProperty {
    static func check(_ bytes: [UInt8]) throws(FuzzFailure) {
        // Checksums stop everything that is no batch; with the right one the records behind it are reached.
        try walk(bytes)
        try walk(sealed(bytes))
    }

    /// The same batches with the length and the checksum that fit, as far as the bytes go.
    private static func sealed(_ bytes: [UInt8]) -> [UInt8] {
        guard bytes.count >= RecordBatchHeader.byteCount else { return bytes }
        var bytes = bytes
        put(UInt32(bytes.count - RecordBatchHeader.prefixByteCount), at: 8, in: &bytes)
        bytes[16] = 2
        let checksum = bytes.withUnsafeBytes { all in
            CRC32C.checksum(UnsafeRawBufferPointer(rebasing: all[RecordBatchHeader.checksumStart...]))
        }
        put(checksum, at: 17, in: &bytes)
        return bytes
    }

    private static func put(_ value: UInt32, at offset: Int, in bytes: inout [UInt8]) {
        for index in 0..<4 { bytes[offset + index] = UInt8(truncatingIfNeeded: value >> UInt32(24 - 8 * index)) }
    }

    private static func walk(_ bytes: [UInt8]) throws(FuzzFailure) {
        let outcome: Result<Void, FuzzFailure> = bytes.withUnsafeBytes { all in
            Result { () throws(FuzzFailure) in
                var start = 0
                while start < all.count {
                    let rest = UnsafeRawBufferPointer(rebasing: all[start...])
                    let header: RecordBatchHeader
                    do throws(RecordBatchError) {
                        header = try RecordBatchHeader(validating: rest)
                    } catch {
                        return
                    }
                    guard header.totalByteCount <= rest.count, header.lastOffset >= header.baseOffset else {
                        throw FuzzFailure("a header that does not fit its bytes: \(header)")
                    }
                    try readRecords(header, UnsafeRawBufferPointer(rebasing: rest[..<header.totalByteCount]))
                    start += header.totalByteCount
                }
            }
        }
        try outcome.get()
    }

    private static func readRecords(
        _ header: RecordBatchHeader,
        _ batch: UnsafeRawBufferPointer
    ) throws(FuzzFailure) {
        do throws(RecordBatchError) {
            _ = try EndTransactionRecord(batch: batch)
        } catch {
            // It is no marker.
        }
        var count: Int32 = 0
        do throws(RecordBatchError) {
            var records = try RecordIterator(batch: batch)
            while let record = try records.next() {
                count += 1
                try require(record, lies: 0..<batch.count, header)
                for field in try records.headers(of: record) where field.key.count > batch.count {
                    throw RecordBatchError.invalidField("header")
                }
            }
        } catch {
            if case .invalidField("outside") = error { throw FuzzFailure("a record outside of its batch: \(header)") }
            return
        }
        guard count == header.recordCount else { throw FuzzFailure("\(count) records: \(header)") }
    }

    private static func require(
        _ record: RecordView,
        lies bounds: Range<Int>,
        _ header: RecordBatchHeader
    ) throws(RecordBatchError) {
        let parts = [record.key, record.value, record.headers, record.fields, record.bytes].compactMap { $0 }
        let isInside = parts.allSatisfy { $0.lowerBound >= bounds.lowerBound && $0.upperBound <= bounds.upperBound }
        guard isInside, record.offset >= header.baseOffset, record.offset <= header.lastOffset else {
            throw .invalidField("outside")
        }
    }
}

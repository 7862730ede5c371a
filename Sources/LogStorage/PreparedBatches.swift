import Glibc
import KafkaProtocol

/// Validated batches on their way into the log: the caller's bytes, untouched, and the headers they get.
struct PreparedBatches {
    private(set) var headers: [RecordBatchHeader]
    private let bytes: UnsafeRawBufferPointer
    /// The producers' state after the batches.
    private(set) var producers: [(producerId: Int64, entry: ProducerEntry)] = []

    init(headers: [RecordBatchHeader], bytes: UnsafeRawBufferPointer) {
        self.headers = headers
        self.bytes = bytes
    }

    var byteCount: Int { bytes.count }
    var lastOffset: Int64 { headers[headers.count - 1].lastOffset }

    /// Gives the batches their offsets from `offset` on.
    mutating func assign(from offset: Int64, leaderEpoch: Int32) {
        var next = offset
        for index in headers.indices {
            headers[index].baseOffset = next
            headers[index].partitionLeaderEpoch = leaderEpoch
            next = headers[index].nextOffset
        }
    }

    /// Checks the batches of idempotent producers in their order.
    ///
    /// - Returns: the batch that one of them repeats; then nothing is to be written.
    mutating func checkProducers(
        _ table: ProducerTable,
        nowMilliseconds: Int64
    ) throws(StorageError) -> SequenceRange? {
        for header in headers where header.hasProducerId {
            let pending = producers.lastIndex { $0.producerId == header.producerId }
            var entry = pending.map { producers[$0].entry } ?? table[header.producerId] ?? ProducerEntry()
            if let duplicate = entry.duplicate(of: header) { return duplicate }
            try ProducerTable.check(header, after: entry)
            entry.add(header, nowMilliseconds: nowMilliseconds)
            if let pending {
                producers[pending].entry = entry
            } else {
                producers.append((header.producerId, entry))
            }
        }
        return nil
    }

    /// Makes the append time the timestamp of all records (`message.timestamp.type=LogAppendTime`): attribute bit 3 and
    /// the maximum timestamp, and with them a new checksum.
    mutating func stamp(appendTimeMilliseconds: Int64) {
        var start = 0
        for index in headers.indices {
            headers[index].attributes |= 0x08
            headers[index].maxTimestamp = appendTimeMilliseconds
            let end = start + headers[index].totalByteCount
            withUnsafeTemporaryAllocation(byteCount: RecordBatchHeader.byteCount, alignment: 8) { scratch in
                headers[index].write(to: scratch)
                let head = CRC32C.checksum(
                    UnsafeRawBufferPointer(rebasing: scratch[RecordBatchHeader.checksumStart...])
                )
                headers[index].crc = CRC32C.checksum(
                    UnsafeRawBufferPointer(rebasing: bytes[(start + RecordBatchHeader.byteCount)..<end]),
                    continuing: head
                )
            }
            start = end
        }
    }

    /// Writes the batches with their own headers, in one call: the caller's bytes are not copied or changed.
    func write(to file: LogFile, at position: Int) throws(StorageError) {
        let size = RecordBatchHeader.byteCount
        let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: size * headers.count, alignment: 8)
        defer { scratch.deallocate() }
        var pieces: [iovec] = []
        pieces.reserveCapacity(headers.count * 2)
        var start = 0
        for (index, header) in headers.enumerated() {
            let own = UnsafeMutableRawBufferPointer(rebasing: scratch[(index * size)..<((index + 1) * size)])
            header.write(to: own)
            pieces.append(iovec(iov_base: own.baseAddress, iov_len: size))
            let rest = UnsafeRawBufferPointer(rebasing: bytes[(start + size)..<(start + header.totalByteCount)])
            pieces.append(
                iovec(iov_base: UnsafeMutableRawPointer(mutating: rest.baseAddress), iov_len: rest.count)
            )
            start += header.totalByteCount
        }
        try file.write(&pieces, at: position)
    }
}

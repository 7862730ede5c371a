import KafkaProtocol
import Synchronization

/// What a fetch found: the offsets to answer, and where the bytes are. The bytes are copied once, by `copy(into:)`,
/// straight from the file to where the caller wants them.
public struct FetchSlice: Sendable {
    /// Where the bytes are.
    struct Source: Sendable {
        var log: PartitionLog
        var file: LogFile
        var segment: Segment
        var position: Int
        /// Batches that begin at or above it are left out.
        var limitOffset: Int64
    }

    /// End of what is acknowledged, exclusive.
    public let highWatermark: Int64
    /// Offset below which every transaction has ended.
    public let lastStableOffset: Int64
    public let logStartOffset: Int64
    /// For `readCommitted`: the aborted transactions whose records may be among the bytes.
    public let abortedTransactions: [AbortedTransaction]
    /// Room that `copy(into:)` needs; the bytes copied may be fewer, as only whole batches are returned.
    public let maximumByteCount: Int
    let source: Source?

    /// Copies whole batches to the start of `buffer`, which holds at least `maximumByteCount` bytes. The first batch is
    /// the one that holds the offset asked for, and may begin below it.
    ///
    /// - Returns: bytes copied; 0 if there was nothing to read.
    /// - Throws: `damaged` if the bytes on disk are no batches or their checksum is wrong; the log remembers it.
    public func copy(into buffer: UnsafeMutableRawBufferPointer) throws(StorageError) -> Int {
        guard let source, maximumByteCount > 0 else { return 0 }
        precondition(buffer.count >= maximumByteCount, "the buffer holds maximumByteCount bytes")
        let room = UnsafeMutableRawBufferPointer(rebasing: buffer[..<maximumByteCount])
        let got = try source.file.read(into: room, at: source.position)
        return try source.trim(
            UnsafeRawBufferPointer(rebasing: room[..<got]),
            expectedByteCount: maximumByteCount
        )
    }

    /// The batches in an array of their own.
    public func bytes() throws(StorageError) -> [UInt8] {
        guard maximumByteCount > 0 else { return [] }
        var failure: StorageError?
        let bytes = [UInt8](unsafeUninitializedCapacity: maximumByteCount) { buffer, count in
            do throws(StorageError) {
                count = try copy(into: UnsafeMutableRawBufferPointer(buffer))
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return bytes
    }
}

extension FetchSlice.Source {
    /// How many bytes are whole batches below the limit; leaves a hint where the next fetch goes on.
    ///
    /// - Parameter expectedByteCount: what there should have been to read.
    func trim(_ bytes: UnsafeRawBufferPointer, expectedByteCount: Int) throws(StorageError) -> Int {
        var end = 0
        var nextOffset: Int64?
        while bytes.count - end >= RecordBatchHeader.byteCount {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[end...])
            let header: RecordBatchHeader
            do throws(RecordBatchError) {
                header = try RecordBatchHeader(parsing: rest)
                guard header.baseOffset >= nextOffset ?? segment.baseOffset else {
                    throw .invalidField("base offset \(header.baseOffset) is below the batch before")
                }
                // Not every client compares checksums (librdkafka does not unless told to): what has rotted on the disk
                // must not leave here.
                if header.totalByteCount <= rest.count { _ = try RecordBatchHeader(validating: rest) }
            } catch {
                // What came before is good: give that, and let the next fetch meet the damage.
                if end > 0 { break }
                throw try log.damage(in: segment, at: position, reason: "\(error)")
            }
            guard header.baseOffset < limitOffset else { break }
            guard header.totalByteCount <= rest.count else {
                guard end == 0, bytes.count < expectedByteCount else { break }
                throw try log.damage(in: segment, at: position, reason: "the file ends within a batch")
            }
            end += header.totalByteCount
            nextOffset = header.nextOffset
        }
        if let nextOffset {
            log.hints.withLock { $0.add(segment: segment.identity, offset: nextOffset, position: position + end) }
        }
        return end
    }
}

/// Where the last readers of a log stopped, so that reading on needs no search.
struct ReadHints: Sendable {
    private struct Hint: Sendable {
        var segment: UInt64
        var offset: Int64
        var position: Int
    }

    private static let limit = 16
    private var hints: [Hint] = []
    private var next = 0

    mutating func add(segment: UInt64, offset: Int64, position: Int) {
        let hint = Hint(segment: segment, offset: offset, position: position)
        if hints.count < Self.limit {
            hints.append(hint)
        } else {
            hints[next] = hint
            next = (next + 1) % Self.limit
        }
    }

    /// Position in the segment of the batch that begins at `offset`, or of the one after the gap that it is in.
    func position(segment: UInt64, offset: Int64) -> Int? {
        hints.first { $0.segment == segment && $0.offset == offset }?.position
    }
}

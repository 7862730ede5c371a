import KafkaProtocol

/// Why a walk over stored batches stopped.
enum WalkError: Error {
    /// The bytes at this position are no batch that may stand there.
    case bad(position: Int, reason: String)
    case storage(StorageError)
}

/// Walks over the batches of a segment file, in order, through a window of its own.
///
/// A batch that begins in the file but does not end before `limit`, one that does not follow the one before, and one
/// that does not parse are all `WalkError.bad`.
final class BatchReader {
    /// What is read of each batch.
    enum Depth {
        /// The 61 bytes of the header.
        case headers
        /// All of it.
        case wholeBatches
        /// All of it, with its checksum compared.
        case checkedBatches
    }

    private let file: LogFile
    private let limit: Int
    private let depth: Depth
    private let window: UnsafeMutableRawBufferPointer
    private var largeBatch: LargeBatch?
    private var failure: StorageError?
    private var windowStart = 0
    private var windowCount = 0
    /// Where the next batch begins.
    private(set) var position: Int
    /// Offset that the next batch must not be below.
    private var minimumOffset: Int64
    /// The whole bytes of the batch given last; valid until the next call. Not for `headers`.
    private(set) var batch = UnsafeRawBufferPointer(start: nil, count: 0)

    init(file: LogFile, from position: Int, limit: Int, minimumOffset: Int64, depth: Depth) {
        self.file = file
        self.position = position
        self.limit = limit
        self.minimumOffset = minimumOffset
        self.depth = depth
        let size = depth == .headers ? 8 * 1_024 : 1_024 * 1_024
        window = .allocate(byteCount: max(RecordBatchHeader.byteCount, min(size, limit - position)), alignment: 16)
    }

    deinit {
        window.deallocate()
    }

    /// The next batch's header, and moves behind the batch; nil at the limit.
    func next() throws(WalkError) -> RecordBatchHeader? {
        guard position < limit else { return nil }
        let start = position
        guard limit - start >= RecordBatchHeader.byteCount else {
            throw .bad(position: start, reason: "\(limit - start) bytes are left, less than a batch header")
        }
        let header: RecordBatchHeader
        do throws(RecordBatchError) {
            header = try RecordBatchHeader(parsing: try load(at: start, byteCount: RecordBatchHeader.byteCount))
            guard header.totalByteCount <= limit - start else {
                throw .truncated(needBytes: header.totalByteCount, haveBytes: limit - start)
            }
            if depth != .headers { batch = try load(at: start, byteCount: header.totalByteCount) }
            if depth == .checkedBatches { _ = try RecordBatchHeader(validating: batch) }
        } catch {
            if let failure { throw .storage(failure) }
            throw .bad(position: start, reason: "\(error)")
        }
        guard header.baseOffset >= minimumOffset else {
            throw .bad(
                position: start,
                reason: "base offset \(header.baseOffset) is below \(minimumOffset), where the batch before ended"
            )
        }
        minimumOffset = header.nextOffset
        position = start + header.totalByteCount
        return header
    }

    /// Bytes of the file at `start`, from the window if they are in it.
    private func load(at start: Int, byteCount: Int) throws(RecordBatchError) -> UnsafeRawBufferPointer {
        if start < windowStart || start + byteCount > windowStart + windowCount {
            if byteCount > window.count { return try loadLarge(at: start, byteCount: byteCount) }
            windowStart = start
            windowCount = try fill(
                UnsafeMutableRawBufferPointer(rebasing: window[..<min(window.count, limit - start)]),
                at: start
            )
        }
        guard start + byteCount <= windowStart + windowCount else {
            throw .truncated(needBytes: byteCount, haveBytes: windowStart + windowCount - start)
        }
        return UnsafeRawBufferPointer(
            rebasing: window[(start - windowStart)..<(start - windowStart + byteCount)]
        )
    }

    /// A batch larger than the window, in a window as large as the batch.
    private func loadLarge(at start: Int, byteCount: Int) throws(RecordBatchError) -> UnsafeRawBufferPointer {
        let room = LargeBatch(byteCount: byteCount)
        let got = try fill(room.bytes, at: start)
        guard got == byteCount else { throw .truncated(needBytes: byteCount, haveBytes: got) }
        largeBatch = room
        return UnsafeRawBufferPointer(room.bytes)
    }

    private func fill(_ bytes: UnsafeMutableRawBufferPointer, at start: Int) throws(RecordBatchError) -> Int {
        do throws(StorageError) {
            return try file.read(into: bytes, at: start)
        } catch {
            failure = error
            throw .truncated(needBytes: bytes.count, haveBytes: 0)
        }
    }

    /// Memory of one batch that does not fit the window.
    private final class LargeBatch {
        let bytes: UnsafeMutableRawBufferPointer

        init(byteCount: Int) {
            bytes = .allocate(byteCount: byteCount, alignment: 16)
        }

        deinit {
            bytes.deallocate()
        }
    }
}

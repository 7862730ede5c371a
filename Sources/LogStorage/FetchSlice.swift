/// What a fetch found: the offsets to answer, and where the bytes are. The bytes are copied once, by `copy(into:)`,
/// straight from the file to where the caller wants them.
public struct FetchSlice: Sendable {
    /// End of what is acknowledged, exclusive.
    public let highWatermark: Int64
    /// Offset below which every transaction has ended.
    public let lastStableOffset: Int64
    public let logStartOffset: Int64
    /// For `readCommitted`: the aborted transactions whose records may be among the bytes.
    public let abortedTransactions: [AbortedTransaction]
    /// Room that `copy(into:)` needs; the bytes copied may be fewer, as only whole batches are returned.
    public let maximumByteCount: Int

    /// Copies whole batches to the start of `buffer`, which holds at least `maximumByteCount` bytes.
    ///
    /// - Returns: bytes copied; 0 if there was nothing to read.
    public func copy(into buffer: UnsafeMutableRawBufferPointer) throws(StorageError) -> Int { throw .closed }

    /// The batches in an array of their own.
    public func bytes() throws(StorageError) -> [UInt8] { throw .closed }
}

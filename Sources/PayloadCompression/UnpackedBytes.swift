/// Unpacked content that grows up to a limit.
struct UnpackedBytes {
    private(set) var bytes: [UInt8] = []
    private let limitBytes: Int
    /// Where a library writes before the bytes are taken over.
    private var chunk = [UInt8](repeating: 0, count: chunkBytes)

    static let chunkBytes = 65_536

    init(limitBytes: Int) {
        self.limitBytes = limitBytes
    }

    /// Lets `body` fill the chunk and takes over as many bytes as it says.
    mutating func fill<Result>(
        _ body: (UnsafeMutableBufferPointer<UInt8>) throws(CompressionError) -> (written: Int, result: Result)
    ) throws(CompressionError) -> Result {
        let (written, result) = try chunk.withUnsafeMutableBufferPointer {
            (buffer) throws(CompressionError) in try body(buffer)
        }
        guard bytes.count + written <= limitBytes else { throw .tooLarge(limitBytes: limitBytes) }
        bytes.append(contentsOf: chunk[..<written])
        return result
    }
}

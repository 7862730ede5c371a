import CLZMA

/// The .xz container format.
public enum XZ {
    /// The most memory a stream may ask for, in bytes: enough for what `xz -9` makes.
    private static let memoryLimitBytes: UInt64 = 128 << 20
    /// LZMA_CONCATENATED of lzma/container.h, a macro that is not imported.
    private static let concatenated: UInt32 = 0x08

    /// Unpacks all streams.
    public static func decompress(_ bytes: Span<UInt8>, limitBytes: Int) throws(CompressionError) -> [UInt8] {
        let decoder = try Decoder(memoryLimitBytes: memoryLimitBytes)
        var output = UnpackedBytes(limitBytes: limitBytes)
        try bytes.withUnsafeBufferPointer { (input) throws(CompressionError) in
            try decoder.run(input, into: &output)
        }
        return output.bytes
    }

    /// Owns one liblzma decoder.
    private struct Decoder: ~Copyable {
        private let stream: UnsafeMutablePointer<lzma_stream>

        init(memoryLimitBytes: UInt64) throws(CompressionError) {
            stream = UnsafeMutablePointer<lzma_stream>.allocate(capacity: 1)
            stream.initialize(to: lzma_stream())
            guard lzma_stream_decoder(stream, memoryLimitBytes, XZ.concatenated) == LZMA_OK else {
                stream.deallocate()
                throw .outOfMemory
            }
        }

        deinit {
            lzma_end(stream)
            stream.deallocate()
        }

        func run(_ input: UnsafeBufferPointer<UInt8>, into output: inout UnpackedBytes) throws(CompressionError) {
            stream.pointee.next_in = input.baseAddress
            stream.pointee.avail_in = input.count
            while true {
                let status = try output.fill { (chunk) throws(CompressionError) in
                    stream.pointee.next_out = chunk.baseAddress
                    stream.pointee.avail_out = chunk.count
                    let status = lzma_code(stream, LZMA_FINISH)
                    return (chunk.count - stream.pointee.avail_out, status)
                }
                switch status {
                case LZMA_STREAM_END: return
                case LZMA_OK: continue
                case LZMA_BUF_ERROR: throw .truncated
                case LZMA_MEM_ERROR: throw .outOfMemory
                case LZMA_MEMLIMIT_ERROR: throw .unsupported("an xz stream that needs more than 128 MiB of memory")
                case LZMA_FORMAT_ERROR: throw .corrupt("not an xz stream")
                case LZMA_OPTIONS_ERROR: throw .unsupported("options of the xz stream")
                default: throw .corrupt("xz data")
                }
            }
        }
    }
}

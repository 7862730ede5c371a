import CZlib

/// Owns one zlib decompression stream.
struct Inflater: ~Copyable {
    private let stream: UnsafeMutablePointer<z_stream>

    enum Wrapper: Int32 {
        /// RFC 1951, as ZIP members have it.
        case none = -15
        /// RFC 1952.
        case gzip = 31
    }

    init(_ wrapper: Wrapper) throws(CompressionError) {
        stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        stream.initialize(to: z_stream())
        let status = inflateInit2_(stream, wrapper.rawValue, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        guard status == Z_OK else {
            stream.deallocate()
            throw .outOfMemory
        }
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    /// Unpacks one stream.
    ///
    /// - Returns: how many bytes of `input` it took.
    func run(
        _ input: UnsafeBufferPointer<UInt8>,
        into output: inout UnpackedBytes
    ) throws(CompressionError) -> Int {
        guard inflateReset(stream) == Z_OK else { throw .corrupt("the stream cannot be started") }
        guard input.count <= Int(UInt32.max) else { throw .unsupported("more than 4 GiB in one piece") }
        stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
        stream.pointee.avail_in = UInt32(input.count)
        while true {
            let status = try output.fill { (chunk) throws(CompressionError) in
                stream.pointee.next_out = chunk.baseAddress
                stream.pointee.avail_out = UInt32(chunk.count)
                let status = inflate(stream, Z_NO_FLUSH)
                return (chunk.count - Int(stream.pointee.avail_out), status)
            }
            switch status {
            case Z_STREAM_END: return input.count - Int(stream.pointee.avail_in)
            case Z_OK: continue
            case Z_BUF_ERROR: throw .truncated
            case Z_MEM_ERROR: throw .outOfMemory
            default: throw .corrupt(stream.pointee.msg.map { String(cString: $0) } ?? "deflate data")
            }
        }
    }
}

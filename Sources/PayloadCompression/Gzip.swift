import CZlib

/// The gzip file format (RFC 1952).
public enum Gzip {
    /// Unpacks all members; zero bytes after the last one are padding.
    public static func decompress(_ bytes: Span<UInt8>, limitBytes: Int) throws(CompressionError) -> [UInt8] {
        let inflater = try Inflater(.gzip)
        var output = UnpackedBytes(limitBytes: limitBytes)
        try bytes.withUnsafeBufferPointer { (input) throws(CompressionError) in
            guard !input.isEmpty else { throw .truncated }
            var start = 0
            repeat {
                start += try inflater.run(UnsafeBufferPointer(rebasing: input[start...]), into: &output)
                if input[start...].allSatisfy({ $0 == 0 }) { return }
            } while start < input.count
        }
        return output.bytes
    }

    /// Packs `bytes` into one member without name or time, so that equal content gives equal bytes.
    ///
    /// - Parameter level: 1 (fast) to 9 (small).
    public static func compress(_ bytes: Span<UInt8>, level: Int = 6) throws(CompressionError) -> [UInt8] {
        guard bytes.count <= Int(UInt32.max) else { throw .unsupported("more than 4 GiB in one piece") }
        let deflater = try Deflater(level: Int32(min(max(level, 1), 9)))
        return try bytes.withUnsafeBufferPointer { (input) throws(CompressionError) in try deflater.run(input) }
    }
}

/// Owns one zlib compression stream.
private struct Deflater: ~Copyable {
    private let stream: UnsafeMutablePointer<z_stream>

    init(level: Int32) throws(CompressionError) {
        stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        stream.initialize(to: z_stream())
        let gzipWindow: Int32 = 31
        let defaultMemory: Int32 = 8
        let status = deflateInit2_(
            stream,
            level,
            Z_DEFLATED,
            gzipWindow,
            defaultMemory,
            Z_DEFAULT_STRATEGY,
            ZLIB_VERSION,
            Int32(MemoryLayout<z_stream>.size)
        )
        guard status == Z_OK else {
            stream.deallocate()
            throw .outOfMemory
        }
    }

    deinit {
        deflateEnd(stream)
        stream.deallocate()
    }

    func run(_ input: UnsafeBufferPointer<UInt8>) throws(CompressionError) -> [UInt8] {
        let bound = Int(deflateBound(stream, UInt(input.count)))
        stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
        stream.pointee.avail_in = UInt32(input.count)
        var status = Z_OK
        let packed = [UInt8](unsafeUninitializedCapacity: bound) { buffer, count in
            stream.pointee.next_out = buffer.baseAddress
            stream.pointee.avail_out = UInt32(bound)
            status = deflate(stream, Z_FINISH)
            count = bound - Int(stream.pointee.avail_out)
        }
        guard status == Z_STREAM_END else { throw .corrupt("deflate did not finish") }
        return packed
    }
}

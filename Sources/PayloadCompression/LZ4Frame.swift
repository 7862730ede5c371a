import CLZ4

/// The LZ4 frame format.
public enum LZ4Frame {
    /// Unpacks all frames.
    public static func decompress(_ bytes: Span<UInt8>, limitBytes: Int) throws(CompressionError) -> [UInt8] {
        let context = try DecompressionContext()
        var output = UnpackedBytes(limitBytes: limitBytes)
        try bytes.withUnsafeBufferPointer { (input) throws(CompressionError) in
            guard !input.isEmpty else { throw .truncated }
            try context.run(input, into: &output)
        }
        return output.bytes
    }

    /// Packs `bytes` into one frame with a content checksum.
    public static func compress(_ bytes: Span<UInt8>) throws(CompressionError) -> [UInt8] {
        var preferences = LZ4F_preferences_t()
        preferences.frameInfo.contentChecksumFlag = LZ4F_contentChecksumEnabled
        preferences.frameInfo.contentSize = UInt64(bytes.count)
        let bound = LZ4F_compressFrameBound(bytes.count, &preferences)
        var status = 0
        let packed = bytes.withUnsafeBufferPointer { input in
            [UInt8](unsafeUninitializedCapacity: bound) { buffer, count in
                status = LZ4F_compressFrame(buffer.baseAddress, bound, input.baseAddress, input.count, &preferences)
                count = LZ4F_isError(status) == 0 ? status : 0
            }
        }
        guard LZ4F_isError(status) == 0 else { throw .corrupt(String(cString: LZ4F_getErrorName(status))) }
        return packed
    }
}

/// Owns one LZ4 decompression context.
private struct DecompressionContext: ~Copyable {
    private let context: OpaquePointer

    init() throws(CompressionError) {
        var created: OpaquePointer?
        let status = LZ4F_createDecompressionContext(&created, UInt32(LZ4F_VERSION))
        guard LZ4F_isError(status) == 0, let created else { throw .outOfMemory }
        context = created
    }

    deinit {
        LZ4F_freeDecompressionContext(context)
    }

    func run(_ input: UnsafeBufferPointer<UInt8>, into output: inout UnpackedBytes) throws(CompressionError) {
        var start = 0
        var hint = 1
        var isOutputFull = false
        while start < input.count || isOutputFull {
            let (taken, status, isFull) = try output.fill { (chunk) throws(CompressionError) in
                var written = chunk.count
                var taken = input.count - start
                let source = input.baseAddress.map { $0 + start }
                let status = LZ4F_decompress(context, chunk.baseAddress, &written, source, &taken, nil)
                return (written, (taken, status, written == chunk.count))
            }
            guard LZ4F_isError(status) == 0 else { throw .corrupt(String(cString: LZ4F_getErrorName(status))) }
            start += taken
            hint = status
            isOutputFull = isFull && hint != 0
        }
        // Zero means that a frame was completed and nothing of another has been seen.
        guard hint == 0 else { throw .truncated }
    }
}

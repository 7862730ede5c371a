/// The compressions that a payload may come in; the raw value is the token of the Content-Encoding header.
public enum ContentCoding: String, Sendable, CaseIterable {
    /// RFC 1952, one or more members.
    case gzip
    /// LZ4 frame format, one or more frames.
    case lz4
    /// The .xz container, one or more streams.
    case xz

    /// Unpacks the whole of `bytes`.
    ///
    /// - Parameter limitBytes: the most content that is unpacked; memory stays below twice of it.
    public func decompress(_ bytes: Span<UInt8>, limitBytes: Int) throws(CompressionError) -> [UInt8] {
        switch self {
        case .gzip: try Gzip.decompress(bytes, limitBytes: limitBytes)
        case .lz4: try LZ4Frame.decompress(bytes, limitBytes: limitBytes)
        case .xz: try XZ.decompress(bytes, limitBytes: limitBytes)
        }
    }

    /// The coding that the first bytes of a file announce, nil when it is none of these.
    public static func sniffed(_ bytes: Span<UInt8>) -> ContentCoding? {
        if starts(bytes, with: [0x1f, 0x8b]) { return .gzip }
        if starts(bytes, with: [0x04, 0x22, 0x4d, 0x18]) { return .lz4 }
        if starts(bytes, with: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]) { return .xz }
        return nil
    }

    private static func starts(_ bytes: Span<UInt8>, with magic: [UInt8]) -> Bool {
        guard bytes.count >= magic.count else { return false }
        for index in magic.indices where bytes[index] != magic[index] { return false }
        return true
    }
}

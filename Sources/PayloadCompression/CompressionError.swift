/// Why compressed bytes could not be unpacked. None of these goes away by trying again with the same bytes.
public enum CompressionError: Error, Equatable, Sendable {
    /// The bytes end before the compressed stream does.
    case truncated
    /// The bytes are not what they should be; the reason names the check that failed.
    case corrupt(String)
    /// The content is larger than the caller allows.
    case tooLarge(limitBytes: Int)
    /// A variant of the format that is not read here.
    case unsupported(String)
    /// The library could not get memory.
    case outOfMemory
}

extension CompressionError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .truncated: "the compressed data ends too early"
        case .corrupt(let reason): "the compressed data is damaged: \(reason)"
        case .tooLarge(let limitBytes): "the content is larger than \(limitBytes) bytes"
        case .unsupported(let reason): "not supported: \(reason)"
        case .outOfMemory: "no memory for the decompressor"
        }
    }
}

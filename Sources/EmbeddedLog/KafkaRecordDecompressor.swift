public import KafkaProtocol
public import LogStorage
import PayloadCompression

/// Opens compressed batches for compaction and searches by timestamp: gzip, Snappy and LZ4. Batches of zstd stay closed:
/// compaction keeps them whole, and a search by timestamp that ends in one answers its first offset.
public struct KafkaRecordDecompressor: RecordDecompressor {
    /// A codec that isn't read here.
    struct UnsupportedCodec: Error {
        let codec: CompressionCodec
    }

    public init() {}

    public func opens(_ codec: CompressionCodec) -> Bool { codec != .zstd }

    public func decompress(_ bytes: UnsafeRawBufferPointer, codec: CompressionCodec, limit: Int) throws -> [UInt8] {
        let packed = bytes.bindMemory(to: UInt8.self).span
        switch codec {
        case .none: return Array(bytes)
        case .gzip: return try Gzip.decompress(packed, limitBytes: limit)
        case .snappy: return try Snappy.decompress(packed, limitBytes: limit)
        case .lz4: return try LZ4Frame.decompress(packed, limitBytes: limit)
        case .zstd: throw UnsupportedCodec(codec: codec)
        }
    }
}

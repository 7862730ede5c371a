/// How the records of a batch are compressed: bits 0 to 2 of the batch attributes. The broker keeps them as they came.
public enum CompressionCodec: UInt8, Sendable, Equatable, CaseIterable {
    case none = 0
    case gzip = 1
    case snappy = 2
    case lz4 = 3
    case zstd = 4
}

/// Why bytes are not a record batch of format version 2.
public enum RecordBatchError: Error, Equatable, Sendable {
    /// Fewer bytes than the header or than the batch length says: the batch is cut.
    case truncated(needBytes: Int, haveBytes: Int)
    /// A format version other than 2.
    case unsupportedMagic(Int8)
    /// The stated batch length can't hold a header.
    case invalidLength(Int32)
    /// The checksum does not fit the bytes.
    case checksumMismatch(stated: UInt32, computed: UInt32)
    /// Record count, offsets, codec or a record's own fields contradict one another.
    case invalidField(String)
}

/// The fixed 61-byte header of a record batch, format version 2 (Kafka protocol, "Record Batch").
///
///     bytes 0-7   base offset            21-22 attributes          43-50 producer id
///           8-11  batch length           23-26 last offset delta   51-52 producer epoch
///          12-15  partition leader epoch 27-34 base timestamp      53-56 base sequence
///          16     magic (2)              35-42 max timestamp       57-60 record count
///          17-20  CRC-32C of bytes 21 to the end
///
/// Batch length counts from byte 12. Base offset and leader epoch are outside the checksum, so that the broker can
/// assign them without touching the rest.
public struct RecordBatchHeader: Sendable, Equatable {
    /// Bytes of the header; the records follow.
    public static let byteCount = 61
    /// Bytes before those that `batchLength` counts.
    public static let prefixByteCount = 12
    /// First byte under the checksum.
    public static let checksumStart = 21

    public var baseOffset: Int64
    /// Bytes after the first twelve.
    public var batchLength: Int32
    public var partitionLeaderEpoch: Int32
    public var magic: Int8
    public var crc: UInt32
    public var attributes: Int16
    public var lastOffsetDelta: Int32
    /// Milliseconds since 1970; the records' timestamps are relative to it.
    public var baseTimestamp: Int64
    /// Milliseconds since 1970; the append time if `usesLogAppendTime`.
    public var maxTimestamp: Int64
    public var producerId: Int64
    public var producerEpoch: Int16
    public var baseSequence: Int32
    public var recordCount: Int32

    /// Reads the header at the start of `bytes` and checks magic, length and fields, but not the checksum. The records
    /// may be missing from `bytes`: only the 61 header bytes are needed.
    public init(parsing bytes: UnsafeRawBufferPointer) throws(RecordBatchError) {
        guard bytes.count >= Self.byteCount else {
            throw .truncated(needBytes: Self.byteCount, haveBytes: bytes.count)
        }
        baseOffset = bytes.bigEndian(at: 0)
        batchLength = bytes.bigEndian(at: 8)
        partitionLeaderEpoch = bytes.bigEndian(at: 12)
        magic = bytes.bigEndian(at: 16)
        crc = bytes.bigEndian(at: 17)
        attributes = bytes.bigEndian(at: 21)
        lastOffsetDelta = bytes.bigEndian(at: 23)
        baseTimestamp = bytes.bigEndian(at: 27)
        maxTimestamp = bytes.bigEndian(at: 35)
        producerId = bytes.bigEndian(at: 43)
        producerEpoch = bytes.bigEndian(at: 51)
        baseSequence = bytes.bigEndian(at: 53)
        recordCount = bytes.bigEndian(at: 57)
        guard magic == 2 else { throw .unsupportedMagic(magic) }
        guard batchLength >= Int32(Self.byteCount - Self.prefixByteCount) else { throw .invalidLength(batchLength) }
        guard lastOffsetDelta >= 0, recordCount >= 0, baseOffset >= 0 else {
            throw .invalidField("negative base offset, last offset delta or record count")
        }
        guard baseOffset <= Int64.max - Int64(lastOffsetDelta) - 1 else {
            throw .invalidField("base offset too large")
        }
        guard CompressionCodec(rawValue: UInt8(attributes & 0x07)) != nil else {
            throw .invalidField("unknown compression codec \(attributes & 0x07)")
        }
    }

    /// Reads the header at the start of `bytes` and checks everything a broker can check without decompressing: all of
    /// `init(parsing:)`, that the whole batch is there, and the checksum.
    public init(validating bytes: UnsafeRawBufferPointer) throws(RecordBatchError) {
        try self.init(parsing: bytes)
        guard bytes.count >= totalByteCount else {
            throw .truncated(needBytes: totalByteCount, haveBytes: bytes.count)
        }
        let computed = CRC32C.checksum(UnsafeRawBufferPointer(rebasing: bytes[Self.checksumStart..<totalByteCount]))
        guard computed == crc else { throw .checksumMismatch(stated: crc, computed: computed) }
    }

    /// Bytes of the whole batch, header and records.
    public var totalByteCount: Int { Self.prefixByteCount + Int(batchLength) }
    /// Offset of the last record.
    public var lastOffset: Int64 { baseOffset + Int64(lastOffsetDelta) }
    /// Offset after the last record.
    public var nextOffset: Int64 { lastOffset + 1 }
    /// How the records are compressed.
    public var compression: CompressionCodec { CompressionCodec(rawValue: UInt8(attributes & 0x07)) ?? .none }
    /// Whether `maxTimestamp` is the broker's append time for every record (attribute bit 3), not the producer's.
    public var usesLogAppendTime: Bool { attributes & 0x08 != 0 }
    /// Attribute bit 4.
    public var isTransactional: Bool { attributes & 0x10 != 0 }
    /// Attribute bit 5: the one record is a transaction marker.
    public var isControl: Bool { attributes & 0x20 != 0 }
    /// Attribute bit 6: `baseTimestamp` is the time after which a compactor may delete the tombstones in this batch.
    public var hasDeleteHorizon: Bool { attributes & 0x40 != 0 }
    /// Whether a producer id is set.
    public var hasProducerId: Bool { producerId >= 0 }
    /// Sequence number of the last record, wrapping from 2^31 - 1 to 0; -1 without a sequence.
    public var lastSequence: Int32 {
        baseSequence < 0 ? -1 : Self.sequence(baseSequence, advancedBy: lastOffsetDelta)
    }

    /// Sequence numbers run from 0 to 2^31 - 1 and start again at 0.
    public static func sequence(_ sequence: Int32, advancedBy delta: Int32) -> Int32 {
        Int32(truncatingIfNeeded: (Int64(sequence) + Int64(delta)) & 0x7FFF_FFFF)
    }

    /// Writes all fields at the start of `bytes`, which must hold at least 61 bytes.
    public func write(to bytes: UnsafeMutableRawBufferPointer) {
        precondition(bytes.count >= Self.byteCount, "a batch header takes 61 bytes")
        bytes.setBigEndian(baseOffset, at: 0)
        bytes.setBigEndian(batchLength, at: 8)
        bytes.setBigEndian(partitionLeaderEpoch, at: 12)
        bytes.setBigEndian(magic, at: 16)
        bytes.setBigEndian(crc, at: 17)
        bytes.setBigEndian(attributes, at: 21)
        bytes.setBigEndian(lastOffsetDelta, at: 23)
        bytes.setBigEndian(baseTimestamp, at: 27)
        bytes.setBigEndian(maxTimestamp, at: 35)
        bytes.setBigEndian(producerId, at: 43)
        bytes.setBigEndian(producerEpoch, at: 51)
        bytes.setBigEndian(baseSequence, at: 53)
        bytes.setBigEndian(recordCount, at: 57)
    }

    /// Assigns base offset and leader epoch in place to the batch at the start of `bytes`; the checksum stays valid.
    public static func assign(
        baseOffset: Int64,
        leaderEpoch: Int32,
        in bytes: UnsafeMutableRawBufferPointer
    ) {
        precondition(bytes.count >= byteCount, "a batch header takes 61 bytes")
        bytes.setBigEndian(baseOffset, at: 0)
        bytes.setBigEndian(leaderEpoch, at: 12)
    }
}

/// A header of a record: application bytes under a name; a nil value is kept apart from an empty one.
public struct RecordField: Sendable, Equatable {
    public var key: [UInt8]
    public var value: [UInt8]?

    public init(key: [UInt8], value: [UInt8]?) {
        self.key = key
        self.value = value
    }
}

/// One record of an uncompressed batch; key, value and headers are ranges of the bytes it was read from.
public struct RecordView: Sendable, Equatable {
    public let offset: Int64
    /// Milliseconds since 1970.
    public let timestamp: Int64
    /// Nil: no key.
    public let key: Range<Int>?
    /// Nil: a tombstone.
    public let value: Range<Int>?
    public let headerCount: Int32
    /// The headers, still encoded.
    public let headers: Range<Int>
    /// Key, value and headers, still encoded.
    public let fields: Range<Int>
    /// The whole record with its length prefix.
    public let bytes: Range<Int>
}

/// Reads the records of a batch one after the other without copying.
///
/// For uncompressed batches, or for the decompressed records of a compressed one. Never reads past the end and never
/// traps, whatever the bytes are: the first contradiction is thrown.
public struct RecordIterator {
    private let header: RecordBatchHeader
    private let bytes: UnsafeRawBufferPointer
    private var cursor: Int
    private let end: Int
    private var left: Int32

    /// Over a whole uncompressed batch; the ranges of the records count from the start of the batch.
    public init(batch: UnsafeRawBufferPointer) throws(RecordBatchError) {
        let header = try RecordBatchHeader(parsing: batch)
        guard header.compression == .none else { throw .invalidField("the batch is compressed") }
        guard batch.count >= header.totalByteCount else {
            throw .truncated(needBytes: header.totalByteCount, haveBytes: batch.count)
        }
        self.init(header: header, bytes: batch, from: RecordBatchHeader.byteCount, to: header.totalByteCount)
    }

    /// Over the decompressed records of the batch that `header` heads; the ranges count from the start of `records`.
    public init(header: RecordBatchHeader, records: UnsafeRawBufferPointer) {
        self.init(header: header, bytes: records, from: 0, to: records.count)
    }

    private init(header: RecordBatchHeader, bytes: UnsafeRawBufferPointer, from: Int, to: Int) {
        self.header = header
        self.bytes = UnsafeRawBufferPointer(rebasing: bytes[..<to])
        cursor = from
        end = to
        left = header.recordCount
    }

    /// The next record; nil after the last. Bytes left over after the last record are an error.
    public mutating func next() throws(RecordBatchError) -> RecordView? {
        guard left > 0 else {
            guard cursor == end else { throw .invalidField("bytes after the last record") }
            return nil
        }
        let start = cursor
        guard let length = VarInt.read32(bytes, at: &cursor), length >= 0, Int(length) <= end - cursor else {
            throw .invalidField("record length")
        }
        let recordEnd = cursor + Int(length)
        guard cursor < recordEnd else { throw .invalidField("empty record") }
        cursor += 1  // record attributes: unused
        guard let timestampDelta = VarInt.read64(bytes, at: &cursor),
            let offsetDelta = VarInt.read32(bytes, at: &cursor),
            offsetDelta >= 0, offsetDelta <= header.lastOffsetDelta
        else { throw .invalidField("record timestamp or offset delta") }
        let fieldsStart = cursor
        let key = try nullableBytes(until: recordEnd)
        let value = try nullableBytes(until: recordEnd)
        guard let headerCount = VarInt.read32(bytes, at: &cursor), headerCount >= 0, cursor <= recordEnd else {
            throw .invalidField("record header count")
        }
        let headersStart = cursor
        for _ in 0..<headerCount {
            guard try nullableBytes(until: recordEnd) != nil else { throw .invalidField("record header without a key") }
            _ = try nullableBytes(until: recordEnd)
        }
        guard cursor == recordEnd else { throw .invalidField("record length does not fit its fields") }
        left -= 1
        return RecordView(
            offset: header.baseOffset + Int64(offsetDelta),
            timestamp: header.usesLogAppendTime ? header.maxTimestamp : header.baseTimestamp &+ timestampDelta,
            key: key,
            value: value,
            headerCount: headerCount,
            headers: headersStart..<recordEnd,
            fields: fieldsStart..<recordEnd,
            bytes: start..<recordEnd
        )
    }

    /// The headers of a record, decoded.
    public func headers(of record: RecordView) throws(RecordBatchError) -> [RecordField] {
        var fields: [RecordField] = []
        var reader = self
        reader.cursor = record.headers.lowerBound
        for _ in 0..<record.headerCount {
            guard let key = try reader.nullableBytes(until: record.headers.upperBound) else {
                throw .invalidField("record header without a key")
            }
            let value = try reader.nullableBytes(until: record.headers.upperBound)
            fields.append(RecordField(key: Array(bytes[key]), value: value.map { Array(bytes[$0]) }))
        }
        return fields
    }

    private mutating func nullableBytes(until recordEnd: Int) throws(RecordBatchError) -> Range<Int>? {
        guard let length = VarInt.read32(bytes, at: &cursor), cursor <= recordEnd, length >= -1 else {
            throw .invalidField("record field length")
        }
        guard length >= 0 else { return nil }
        guard Int(length) <= recordEnd - cursor else { throw .invalidField("record field length") }
        defer { cursor += Int(length) }
        return cursor..<(cursor + Int(length))
    }
}

extension UnsafeRawBufferPointer {
    /// The big-endian integer at `offset`, which the caller has checked to be inside.
    @inline(__always)
    func bigEndian<Value: FixedWidthInteger & BitwiseCopyable>(at offset: Int) -> Value {
        Value(bigEndian: loadUnaligned(fromByteOffset: offset, as: Value.self))
    }
}

extension UnsafeMutableRawBufferPointer {
    /// Stores a big-endian integer at `offset`, which the caller has checked to be inside.
    @inline(__always)
    func setBigEndian<Value: FixedWidthInteger & BitwiseCopyable>(_ value: Value, at offset: Int) {
        storeBytes(of: value.bigEndian, toByteOffset: offset, as: Value.self)
    }
}

/// What a transaction marker says. The raw value is the `type` field of the control record's key.
public enum TransactionMarker: Int16, Sendable, Equatable {
    case abort = 0
    case commit = 1
}

/// A decoded transaction marker: control record key {version int16, type int16}, value {version int16, coordinator
/// epoch int32} (Kafka protocol, "Control Batches"; `EndTxnMarker`).
public struct EndTransactionRecord: Sendable, Equatable {
    public let marker: TransactionMarker
    public let coordinatorEpoch: Int32

    public init(marker: TransactionMarker, coordinatorEpoch: Int32) {
        self.marker = marker
        self.coordinatorEpoch = coordinatorEpoch
    }

    /// Reads the marker of a whole control batch.
    ///
    /// - Returns: nil for control batches of another kind (they are not a transaction's end).
    public init?(batch: UnsafeRawBufferPointer) throws(RecordBatchError) {
        var iterator = try RecordIterator(batch: batch)
        guard let record = try iterator.next(), let key = record.key, key.count >= 4 else {
            throw .invalidField("control batch without a key")
        }
        guard let marker = TransactionMarker(rawValue: batch.bigEndian(at: key.lowerBound + 2)) else { return nil }
        guard let value = record.value, value.count >= 6 else {
            throw .invalidField("transaction marker without a value")
        }
        self.marker = marker
        coordinatorEpoch = batch.bigEndian(at: value.lowerBound + 2)
    }
}

/// Builds an uncompressed record batch: for internal topics, transaction markers, compaction and tests.
///
/// Append records, then call `build`. Offsets are relative to base offset 0, assigned by the log that stores the batch.
public struct RecordBatchBuilder: Sendable {
    /// Identity of an idempotent or transactional producer.
    public struct Producer: Sendable, Equatable {
        public var id: Int64
        public var epoch: Int16
        public var baseSequence: Int32
        public var isTransactional: Bool

        public init(id: Int64, epoch: Int16, baseSequence: Int32, isTransactional: Bool = false) {
            self.id = id
            self.epoch = epoch
            self.baseSequence = baseSequence
            self.isTransactional = isTransactional
        }
    }

    private var bytes: [UInt8]
    private var scratch: [UInt8] = []
    private let baseTimestamp: Int64
    private var maxTimestamp: Int64
    private var lastOffsetDelta: Int32 = -1
    private let producer: Producer?
    private let isControl: Bool

    /// Number of records so far.
    public private(set) var recordCount: Int32 = 0
    /// Bytes of the batch so far.
    public var byteCount: Int { bytes.count }

    /// - Parameter baseTimestamp: milliseconds since 1970 that the records' timestamps are relative to.
    public init(baseTimestamp: Int64, producer: Producer? = nil) {
        self.init(baseTimestamp: baseTimestamp, producer: producer, isControl: false)
    }

    private init(baseTimestamp: Int64, producer: Producer?, isControl: Bool) {
        self.baseTimestamp = baseTimestamp
        self.producer = producer
        self.isControl = isControl
        maxTimestamp = baseTimestamp
        bytes = [UInt8](repeating: 0, count: RecordBatchHeader.byteCount)
    }

    /// Appends a record; a nil value is a tombstone.
    ///
    /// - Parameter offsetDelta: relative offset if there are gaps; must rise. By default the next one.
    public mutating func append(
        key: [UInt8]?,
        value: [UInt8]?,
        headers: [RecordField] = [],
        timestamp: Int64? = nil,
        offsetDelta: Int32? = nil
    ) {
        let timestamp = timestamp ?? baseTimestamp
        let offsetDelta = offsetDelta ?? lastOffsetDelta + 1
        precondition(offsetDelta > lastOffsetDelta, "offset deltas rise")
        scratch.removeAll(keepingCapacity: true)
        scratch.append(0)
        VarInt.append(timestamp - baseTimestamp, to: &scratch)
        VarInt.append(offsetDelta, to: &scratch)
        Self.append(key, to: &scratch)
        Self.append(value, to: &scratch)
        VarInt.append(Int32(headers.count), to: &scratch)
        for header in headers {
            Self.append(header.key, to: &scratch)
            Self.append(header.value, to: &scratch)
        }
        VarInt.append(Int32(scratch.count), to: &bytes)
        bytes.append(contentsOf: scratch)
        lastOffsetDelta = offsetDelta
        recordCount += 1
        maxTimestamp = max(maxTimestamp, timestamp)
    }

    /// The finished batch with its checksum, base offset 0 and leader epoch -1. At least one record must be in it.
    public consuming func build() -> [UInt8] {
        precondition(recordCount > 0, "a batch holds at least one record")
        var attributes: Int16 = 0
        if producer?.isTransactional == true { attributes |= 0x10 }
        if isControl { attributes |= 0x20 }
        return Self.finish(
            bytes,
            attributes: attributes,
            lastOffsetDelta: lastOffsetDelta,
            baseTimestamp: baseTimestamp,
            maxTimestamp: maxTimestamp,
            producer: producer ?? Producer(id: -1, epoch: -1, baseSequence: -1),
            recordCount: recordCount
        )
    }

    /// A control batch with one transaction marker.
    public static func marker(
        _ marker: TransactionMarker,
        producerId: Int64,
        producerEpoch: Int16,
        coordinatorEpoch: Int32,
        timestamp: Int64
    ) -> [UInt8] {
        let producer = Producer(id: producerId, epoch: producerEpoch, baseSequence: -1, isTransactional: true)
        var builder = RecordBatchBuilder(baseTimestamp: timestamp, producer: producer, isControl: true)
        let type = UInt8(truncatingIfNeeded: marker.rawValue)
        let epoch = withUnsafeBytes(of: coordinatorEpoch.bigEndian) { Array($0) }
        builder.append(key: [0, 0, 0, type], value: [0, 0] + epoch)
        return builder.build()
    }

    /// The batch that `header` heads with some of its records only, uncompressed; offsets, timestamps and the producer's
    /// sequence stay as they were. Without records it still says up to where its producer has come.
    ///
    /// - Parameters:
    ///   - records: in their order, as read from `bytes`.
    ///   - deleteHorizon: milliseconds since 1970; becomes the base timestamp and is marked as delete horizon.
    public static func filtered(
        _ header: RecordBatchHeader,
        keeping records: [RecordView],
        of bytes: UnsafeRawBufferPointer,
        deleteHorizon: Int64?
    ) -> [UInt8] {
        var header = header
        let oldBase = header.baseTimestamp
        if let deleteHorizon {
            header.baseTimestamp = deleteHorizon
            header.attributes |= 0x40
        }
        var batch = [UInt8](repeating: 0, count: RecordBatchHeader.byteCount)
        var body: [UInt8] = []
        for record in records {
            if header.baseTimestamp == oldBase {
                batch.append(contentsOf: bytes[record.bytes])
                continue
            }
            body.removeAll(keepingCapacity: true)
            body.append(0)
            VarInt.append(record.timestamp &- header.baseTimestamp, to: &body)
            VarInt.append(Int32(truncatingIfNeeded: record.offset - header.baseOffset), to: &body)
            body.append(contentsOf: bytes[record.fields])
            VarInt.append(Int32(body.count), to: &batch)
            batch.append(contentsOf: body)
        }
        header.attributes &= ~0x07
        header.recordCount = Int32(records.count)
        header.batchLength = Int32(batch.count - RecordBatchHeader.prefixByteCount)
        if !header.usesLogAppendTime, let newest = records.lazy.map(\.timestamp).max() { header.maxTimestamp = newest }
        batch.withUnsafeMutableBytes { buffer in
            header.write(to: buffer)
            header.crc = CRC32C.checksum(UnsafeRawBufferPointer(rebasing: buffer[RecordBatchHeader.checksumStart...]))
            header.write(to: buffer)
        }
        return batch
    }

    private static func append(_ field: [UInt8]?, to bytes: inout [UInt8]) {
        guard let field else {
            VarInt.append(Int32(-1), to: &bytes)
            return
        }
        VarInt.append(Int32(field.count), to: &bytes)
        bytes.append(contentsOf: field)
    }

    private static func finish(
        _ batch: consuming [UInt8],
        attributes: Int16,
        lastOffsetDelta: Int32,
        baseTimestamp: Int64,
        maxTimestamp: Int64,
        producer: Producer,
        recordCount: Int32
    ) -> [UInt8] {
        var batch = batch
        batch.withUnsafeMutableBytes { bytes in
            bytes.setBigEndian(Int64(0), at: 0)
            bytes.setBigEndian(Int32(bytes.count - RecordBatchHeader.prefixByteCount), at: 8)
            bytes.setBigEndian(Int32(-1), at: 12)
            bytes.setBigEndian(Int8(2), at: 16)
            bytes.setBigEndian(attributes, at: 21)
            bytes.setBigEndian(lastOffsetDelta, at: 23)
            bytes.setBigEndian(baseTimestamp, at: 27)
            bytes.setBigEndian(maxTimestamp, at: 35)
            bytes.setBigEndian(producer.id, at: 43)
            bytes.setBigEndian(producer.epoch, at: 51)
            bytes.setBigEndian(producer.baseSequence, at: 53)
            bytes.setBigEndian(recordCount, at: 57)
            let covered = UnsafeRawBufferPointer(rebasing: bytes[RecordBatchHeader.checksumStart...])
            bytes.setBigEndian(CRC32C.checksum(covered), at: 17)
        }
        return batch
    }
}

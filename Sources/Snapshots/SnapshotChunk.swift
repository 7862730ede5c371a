import StreamCore

/// One record of a snapshot: the label, its place, and a piece of the state.
///
/// Layout, integers little endian: `"MLSN"`, format version u16, state version u32, configuration u64, processor, owner and input topic
/// (u16 length and UTF-8 each), partition i32, sequence u64, next offset i64, state length u64, state checksum u64, chunk count u32, chunk index u32,
/// payload length u32, payload, checksum u64 of everything before it.
struct SnapshotChunk: Sendable {
    enum Flaw: Error, Equatable {
        case damaged
        case format(UInt16)
    }

    static let magic: [UInt8] = [0x4d, 0x4c, 0x53, 0x4e]

    var label: SnapshotLabel
    var index: Int
    var payload: [UInt8]

    init(label: SnapshotLabel, index: Int, payload: [UInt8]) {
        self.label = label
        self.index = index
        self.payload = payload
    }

    func encoded() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(payload.count + 256)
        bytes.append(contentsOf: Self.magic)
        append(SnapshotLabel.formatVersion, to: &bytes)
        append(label.identity.stateVersion, to: &bytes)
        append(label.identity.configuration, to: &bytes)
        for text in [label.identity.processor, label.identity.owner, label.identity.input.topic] {
            let utf8 = Array(text.utf8.prefix(Int(UInt16.max)))
            append(UInt16(utf8.count), to: &bytes)
            bytes.append(contentsOf: utf8)
        }
        append(label.identity.input.partition, to: &bytes)
        append(label.sequence, to: &bytes)
        append(label.nextOffset, to: &bytes)
        append(UInt64(label.stateByteCount), to: &bytes)
        append(label.stateChecksum, to: &bytes)
        append(UInt32(label.chunkCount), to: &bytes)
        append(UInt32(index), to: &bytes)
        append(UInt32(payload.count), to: &bytes)
        bytes.append(contentsOf: payload)
        append(StateChecksum.of(bytes.span), to: &bytes)
        return bytes
    }

    init(decoding bytes: Span<UInt8>) throws(Flaw) {
        var reader = ChunkReader(count: bytes.count)
        guard bytes.count >= 14, try reader.bytes(4, of: bytes) == Self.magic else { throw .damaged }
        let format: UInt16 = try reader.integer(of: bytes)
        guard format == SnapshotLabel.formatVersion else { throw .format(format) }
        let body = bytes.extracting(first: bytes.count - 8)
        var trailer = ChunkReader(count: bytes.count, position: body.count)
        let checksum: UInt64 = try trailer.integer(of: bytes)
        guard StateChecksum.of(body) == checksum else { throw .damaged }

        let stateVersion: UInt32 = try reader.integer(of: bytes)
        let configuration: UInt64 = try reader.integer(of: bytes)
        let processor = try reader.text(of: bytes)
        let owner = try reader.text(of: bytes)
        let topic = try reader.text(of: bytes)
        let partition: Int32 = try reader.integer(of: bytes)
        let sequence: UInt64 = try reader.integer(of: bytes)
        let nextOffset: Int64 = try reader.integer(of: bytes)
        let stateByteCount: UInt64 = try reader.integer(of: bytes)
        let stateChecksum: UInt64 = try reader.integer(of: bytes)
        let chunkCount: UInt32 = try reader.integer(of: bytes)
        let index: UInt32 = try reader.integer(of: bytes)
        let payloadCount: UInt32 = try reader.integer(of: bytes)
        guard reader.position + Int(payloadCount) == body.count, stateByteCount <= UInt64(Int.max) else {
            throw .damaged
        }
        self.label = SnapshotLabel(
            identity: SnapshotLabel.Identity(
                processor: processor,
                owner: owner,
                stateVersion: stateVersion,
                configuration: configuration,
                input: TopicPartition(topic, partition)
            ),
            sequence: sequence,
            nextOffset: nextOffset,
            stateByteCount: Int(stateByteCount),
            stateChecksum: stateChecksum,
            chunkCount: Int(chunkCount)
        )
        self.index = Int(index)
        self.payload = try reader.bytes(Int(payloadCount), of: bytes)
    }

    private func append<Value: FixedWidthInteger>(_ value: Value, to bytes: inout [UInt8]) {
        for shift in stride(from: 0, to: Value.bitWidth, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: value >> Value(shift)))
        }
    }
}

/// A cursor over an encoded chunk.
private struct ChunkReader {
    let count: Int
    var position = 0

    mutating func integer<Value: FixedWidthInteger>(of bytes: Span<UInt8>) throws(SnapshotChunk.Flaw) -> Value {
        let size = Value.bitWidth / 8
        guard count - position >= size else { throw .damaged }
        var value: Value = 0
        for index in 0..<size { value |= Value(truncatingIfNeeded: bytes[position + index]) << Value(index * 8) }
        position += size
        return value
    }

    mutating func bytes(_ length: Int, of bytes: Span<UInt8>) throws(SnapshotChunk.Flaw) -> [UInt8] {
        guard count - position >= length else { throw .damaged }
        let piece = bytes.extracting(position..<position + length)
        position += length
        return unsafe piece.withUnsafeBufferPointer { unsafe Array($0) }
    }

    mutating func text(of source: Span<UInt8>) throws(SnapshotChunk.Flaw) -> String {
        let length: UInt16 = try integer(of: source)
        return String(decoding: try bytes(Int(length), of: source), as: UTF8.self)
    }
}

import KafkaProtocol

/// Writes the fields of a state file, big-endian, and seals them with a CRC-32C at the end.
struct ByteEncoder {
    private(set) var bytes: [UInt8] = []

    mutating func put<Value: FixedWidthInteger>(_ value: Value) {
        withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func reserve(_ byteCount: Int) {
        bytes.reserveCapacity(bytes.count + byteCount)
    }

    /// All bytes with their checksum behind them.
    consuming func sealed() -> [UInt8] {
        put(CRC32C.checksum(bytes))
        return bytes
    }
}

/// Reads what `ByteEncoder` wrote. A read past the end gives 0 and makes `isIntact` false, so that a reader checks once.
struct ByteDecoder {
    private let bytes: [UInt8]
    private let end: Int
    private var cursor = 0
    /// Whether every read so far was inside.
    private(set) var isIntact = true

    /// Nil if the checksum does not fit.
    init?(sealed bytes: [UInt8]) {
        guard bytes.count >= 4 else { return nil }
        self.bytes = bytes
        end = bytes.count - 4
        let stated = bytes.withUnsafeBytes {
            UInt32(bigEndian: $0.loadUnaligned(fromByteOffset: $0.count - 4, as: UInt32.self))
        }
        let computed = bytes.withUnsafeBytes { CRC32C.checksum(UnsafeRawBufferPointer(rebasing: $0.dropLast(4))) }
        guard stated == computed else { return nil }
    }

    /// Bytes not read yet.
    var remaining: Int { end - cursor }

    mutating func get<Value: FixedWidthInteger & BitwiseCopyable>(_ type: Value.Type = Value.self) -> Value {
        let size = MemoryLayout<Value>.size
        guard remaining >= size else {
            isIntact = false
            return 0
        }
        defer { cursor += size }
        return bytes.withUnsafeBytes {
            Value(bigEndian: $0.loadUnaligned(fromByteOffset: cursor, as: Value.self))
        }
    }

    /// A number of elements of `size` bytes each that the rest can hold; 0 and not intact if it can't.
    mutating func count(ofElementsWithByteCount size: Int) -> Int {
        let count = Int(get(UInt32.self))
        guard count * size <= remaining else {
            isIntact = false
            return 0
        }
        return count
    }
}

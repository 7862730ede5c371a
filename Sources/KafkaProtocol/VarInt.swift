/// Zig-zag variable-length integers of the record format: seven bits a byte, lowest first, the top bit set on all but
/// the last byte; the sign in bit 0 (Kafka protocol, "Varint" and "Varlong"; same coding as protobuf `sint32/sint64`).
public enum VarInt {
    /// Longest encoding of a 32-bit value in bytes.
    public static let maximumByteCount32 = 5
    /// Longest encoding of a 64-bit value in bytes.
    public static let maximumByteCount64 = 10

    /// Reads a 32-bit value at `offset` and moves `offset` past it; nil, with `offset` unmoved, if it is cut or too long.
    @inline(__always)
    public static func read32(_ bytes: UnsafeRawBufferPointer, at offset: inout Int) -> Int32? {
        guard offset >= 0, offset < bytes.count else { return nil }
        let first = bytes[offset]
        if first < 0x80 {
            offset += 1
            return Int32(first >> 1) ^ -Int32(first & 1)
        }
        var cursor = offset
        guard let raw = readUnsigned(bytes, at: &cursor, maximumByteCount: maximumByteCount32),
            raw <= UInt64(UInt32.max)
        else { return nil }
        offset = cursor
        let value = UInt32(truncatingIfNeeded: raw)
        return Int32(bitPattern: value >> 1) ^ -Int32(bitPattern: value & 1)
    }

    /// Reads a 64-bit value at `offset` and moves `offset` past it; nil, with `offset` unmoved, if it is cut or too long.
    public static func read64(_ bytes: UnsafeRawBufferPointer, at offset: inout Int) -> Int64? {
        var cursor = offset
        guard let raw = readUnsigned(bytes, at: &cursor, maximumByteCount: maximumByteCount64) else { return nil }
        offset = cursor
        return Int64(bitPattern: raw >> 1) ^ -Int64(bitPattern: raw & 1)
    }

    /// Appends `value` zig-zag coded.
    public static func append(_ value: Int32, to bytes: inout [UInt8]) {
        appendUnsigned(UInt64(UInt32(bitPattern: (value << 1) ^ (value >> 31))), to: &bytes)
    }

    /// Appends `value` zig-zag coded.
    public static func append(_ value: Int64, to bytes: inout [UInt8]) {
        appendUnsigned(UInt64(bitPattern: (value << 1) ^ (value >> 63)), to: &bytes)
    }

    /// How many bytes `value` takes.
    public static func byteCount(_ value: Int64) -> Int {
        let raw = UInt64(bitPattern: (value << 1) ^ (value >> 63))
        return max(1, (UInt64.bitWidth - raw.leadingZeroBitCount + 6) / 7)
    }

    private static func readUnsigned(
        _ bytes: UnsafeRawBufferPointer,
        at cursor: inout Int,
        maximumByteCount: Int
    ) -> UInt64? {
        guard cursor >= 0 else { return nil }
        var value: UInt64 = 0
        for index in 0..<maximumByteCount {
            guard cursor < bytes.count else { return nil }
            let byte = bytes[cursor]
            cursor += 1
            // The tenth byte has room for one bit only.
            if index == 9, byte > 1 { return nil }
            value |= UInt64(byte & 0x7F) << UInt64(7 * index)
            if byte < 0x80 { return value }
        }
        return nil
    }

    private static func appendUnsigned(_ value: UInt64, to bytes: inout [UInt8]) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }
}

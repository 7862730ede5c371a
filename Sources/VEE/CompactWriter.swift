/// Writes state as bytes: integers as zigzag LEB128 (most numbers of a slot are small), text and byte arrays with their length.
struct CompactWriter {
    private(set) var bytes: [UInt8]

    /// Appends to `bytes`.
    init(appendingTo bytes: consuming [UInt8]) {
        self.bytes = bytes
    }

    mutating func append<Integer: FixedWidthInteger & SignedInteger>(_ value: Integer) {
        let wide = Int64(value)
        append(unsigned: UInt64(bitPattern: wide << 1 ^ wide >> 63))
    }

    mutating func append(unsigned value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    mutating func append(count: Int) {
        append(unsigned: UInt64(count))
    }

    mutating func append(_ flag: Bool) {
        bytes.append(flag ? 1 : 0)
    }

    mutating func append(_ byte: UInt8) {
        bytes.append(byte)
    }

    mutating func append(_ text: String) {
        append(count: text.utf8.count)
        bytes.append(contentsOf: text.utf8)
    }

    mutating func append(_ array: [UInt8]) {
        append(count: array.count)
        bytes.append(contentsOf: array)
    }
}

import StreamCore

/// Reads what `CompactWriter` wrote, and takes nothing for granted.
struct CompactReader {
    private(set) var position: Int

    init(position: Int = 0) {
        self.position = position
    }

    mutating func unsigned(_ bytes: Span<UInt8>) throws(StateError) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            let byte = try byte(bytes)
            guard shift < 63 || byte <= 1 else { throw .malformed("an integer of more than 64 bits") }
            value |= UInt64(byte & 0x7f) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
    }

    mutating func integer<Integer: FixedWidthInteger & SignedInteger>(
        _ bytes: Span<UInt8>
    ) throws(StateError) -> Integer {
        let zigzag = try unsigned(bytes)
        let value = Int64(bitPattern: zigzag >> 1) ^ -Int64(bitPattern: zigzag & 1)
        guard let integer = Integer(exactly: value) else { throw .malformed("\(value) is out of range") }
        return integer
    }

    mutating func unsigned32(_ bytes: Span<UInt8>) throws(StateError) -> UInt32 {
        let value = try unsigned(bytes)
        guard let narrow = UInt32(exactly: value) else { throw .malformed("\(value) is out of range") }
        return narrow
    }

    /// A number of elements that each take at least one byte.
    mutating func count(_ bytes: Span<UInt8>) throws(StateError) -> Int {
        let value = try unsigned(bytes)
        guard value <= UInt64(bytes.count - position) else { throw .truncated }
        return Int(value)
    }

    mutating func flag(_ bytes: Span<UInt8>) throws(StateError) -> Bool {
        switch try byte(bytes) {
        case 0: return false
        case 1: return true
        case let other: throw .malformed("\(other) for a flag")
        }
    }

    mutating func byte(_ bytes: Span<UInt8>) throws(StateError) -> UInt8 {
        guard position < bytes.count else { throw .truncated }
        defer { position += 1 }
        return bytes[position]
    }

    mutating func array(_ bytes: Span<UInt8>) throws(StateError) -> [UInt8] {
        let count = try count(bytes)
        var array: [UInt8] = []
        array.reserveCapacity(count)
        for index in position..<position + count { array.append(bytes[index]) }
        position += count
        return array
    }

    mutating func text(_ bytes: Span<UInt8>) throws(StateError) -> String {
        String(decoding: try array(bytes), as: UTF8.self)
    }
}

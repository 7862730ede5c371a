/// Appends a processor's state as little-endian bytes.
public struct StateWriter: Sendable {
    public var bytes: [UInt8]

    public init(_ bytes: [UInt8] = []) {
        self.bytes = bytes
    }

    public mutating func append<T: FixedWidthInteger>(_ value: T) {
        var rest = UInt64(truncatingIfNeeded: value)
        for _ in 0..<(T.bitWidth / 8) {
            bytes.append(UInt8(truncatingIfNeeded: rest))
            rest >>= 8
        }
    }

    /// Length and UTF-8.
    public mutating func append(_ text: String) {
        append(UInt32(text.utf8.count))
        bytes.append(contentsOf: text.utf8)
    }
}

/// Reads what `StateWriter` wrote.
/// Reads what `StateWriter` wrote: a cursor that the caller moves over a span.
public struct StateReader: Sendable {
    /// Bytes read so far.
    public private(set) var cursor = 0

    public init() {}

    public mutating func read<T: FixedWidthInteger>(_ type: T.Type, from bytes: Span<UInt8>) throws(StateError) -> T {
        let width = T.bitWidth / 8
        guard bytes.count - cursor >= width else { throw .truncated }
        var value: UInt64 = 0
        for index in 0..<width { value |= UInt64(bytes[cursor + index]) << UInt64(8 * index) }
        cursor += width
        return T(truncatingIfNeeded: value)
    }

    public mutating func readText(from bytes: Span<UInt8>) throws(StateError) -> String {
        let length = Int(try read(UInt32.self, from: bytes))
        guard bytes.count - cursor >= length else { throw .truncated }
        var utf8: [UInt8] = []
        utf8.reserveCapacity(length)
        for index in cursor..<cursor + length { utf8.append(bytes[index]) }
        cursor += length
        return String(decoding: utf8, as: UTF8.self)
    }

    /// - Throws: `.malformed` when bytes are left over.
    public func finish(_ bytes: Span<UInt8>) throws(StateError) {
        guard cursor == bytes.count else {
            throw .malformed("\(bytes.count - cursor) bytes after the end of the state")
        }
    }
}

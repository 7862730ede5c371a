/// Bytes being written, in memory that is used again: what is needed is reserved once for each value, then written without checks
/// for room.
struct ByteSink: Sendable {
    private(set) var bytes: [UInt8]
    private(set) var count = 0

    init() {
        bytes = Array(repeating: 0, count: 4_096)
    }

    /// Starts anew with room for `capacity` bytes.
    mutating func begin(capacity: Int) {
        count = 0
        if bytes.count < capacity { bytes = Array(repeating: 0, count: max(capacity, bytes.count * 2)) }
    }

    @inline(__always)
    mutating func append(_ byte: UInt8) {
        bytes[count] = byte
        count += 1
    }

    mutating func append(_ source: Span<UInt8>) {
        for index in source.indices { bytes[count + index] = source[index] }
        count += source.count
    }

    mutating func append(_ text: StaticString) {
        text.withUTF8Buffer { letters in
            for letter in letters { append(letter) }
        }
    }

    mutating func append(repeating byte: UInt8, count length: Int) {
        for index in count..<count + length { bytes[index] = byte }
        count += length
    }

    // MARK: Protobuf

    @inline(__always)
    mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        append(UInt8(truncatingIfNeeded: rest))
    }

    /// A varint field that is not zero.
    mutating func field(_ tag: UInt8, varint value: UInt64) {
        guard value != 0 else { return }
        append(tag)
        varint(value)
    }

    mutating func field(_ tag: UInt8, zigzag value: Int64) {
        field(tag, varint: ByteSink.zigzag(value))
    }

    mutating func field(_ tag: UInt8, fixed value: UInt64) {
        append(tag)
        for shift in stride(from: UInt64(0), to: 64, by: 8) { append(UInt8(truncatingIfNeeded: value >> shift)) }
    }

    mutating func field(_ tag: UInt8, _ content: Span<UInt8>) {
        append(tag)
        varint(UInt64(content.count))
        append(content)
    }

    @inline(__always)
    static func zigzag(_ value: Int64) -> UInt64 { UInt64(bitPattern: value << 1 ^ value >> 63) }

    /// Bytes of a value as varint.
    @inline(__always)
    static func varintLength(_ value: UInt64) -> Int { (70 - (value | 1).leadingZeroBitCount) / 7 }

    /// Writes through `body`, which is given the memory and the position to go on at, and moves that.
    @inline(__always)
    mutating func write(_ body: (inout MutableSpan<UInt8>, inout Int) -> Void) {
        var position = count
        var span = bytes.mutableSpan
        body(&span, &position)
        count = position
    }

    // MARK: JSON

    /// A whole number.
    mutating func decimal(_ value: Int64) {
        decimal(value, decimals: 0)
    }

    /// `mantissa * 10^-decimals`, without zeros at the end of the fraction.
    mutating func decimal(_ mantissa: Int64, decimals: Int) {
        if mantissa < 0 { append(UInt8(ascii: "-")) }
        let power = UInt64(PowersOfTen.power(decimals))
        let whole = mantissa.magnitude / power
        var fraction = mantissa.magnitude % power
        digits(whole, atLeast: 1)
        guard fraction > 0 else { return }
        var length = decimals
        while fraction % 10 == 0 {
            fraction /= 10
            length -= 1
        }
        append(UInt8(ascii: "."))
        digits(fraction, atLeast: length)
    }

    private mutating func digits(_ value: UInt64, atLeast width: Int) {
        var length = 1
        var rest = value / 10
        while rest > 0 {
            length += 1
            rest /= 10
        }
        length = max(length, width)
        rest = value
        for index in stride(from: count + length - 1, through: count, by: -1) {
            bytes[index] = UInt8(truncatingIfNeeded: rest % 10) + UInt8(ascii: "0")
            rest /= 10
        }
        count += length
    }
}

/// The Snappy compression format: one raw block, or blocks in the framing that Java's Kafka clients write.
///
/// Sources: "Snappy compressed format description" (google/snappy, format_description.txt); the framing of the xerial
/// library: `0x82 "SNAPPY" 0`, two 32-bit version numbers, then blocks with their lengths before them, big-endian.
public enum Snappy {
    private static let xerialMagic: [UInt8] = [0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]

    /// Unpacks all blocks.
    public static func decompress(_ bytes: Span<UInt8>, limitBytes: Int) throws(CompressionError) -> [UInt8] {
        guard startsWithMagic(bytes) else {
            var output: [UInt8] = []
            try unpack(bytes, into: &output, limitBytes: limitBytes)
            return output
        }
        let headerBytes = xerialMagic.count + 8
        guard bytes.count >= headerBytes else { throw .truncated }
        var output: [UInt8] = []
        var position = headerBytes
        while position < bytes.count {
            guard bytes.count - position >= 4 else { throw .truncated }
            let length = (0..<4).reduce(0) { $0 << 8 | Int(bytes[position + $1]) }
            position += 4
            guard length <= bytes.count - position else { throw .truncated }
            try unpack(bytes.extracting(position..<(position + length)), into: &output, limitBytes: limitBytes)
            position += length
        }
        return output
    }

    private static func startsWithMagic(_ bytes: Span<UInt8>) -> Bool {
        guard bytes.count >= xerialMagic.count else { return false }
        for index in xerialMagic.indices where bytes[index] != xerialMagic[index] { return false }
        return true
    }

    /// Unpacks one block and appends what it holds.
    private static func unpack(
        _ block: Span<UInt8>,
        into output: inout [UInt8],
        limitBytes: Int
    ) throws(CompressionError) {
        var position = 0
        let length = try readLength(block, &position)
        guard output.count + length <= limitBytes else { throw .tooLarge(limitBytes: limitBytes) }
        let start = output.count
        let end = start + length
        // A stated length alone reserves little.
        output.reserveCapacity(start + min(length, 16 * 1_024 * 1_024))
        while position < block.count {
            let tag = Int(block[position])
            position += 1
            if tag & 3 == 0 {
                let count = try literalLength(block, tag, &position)
                guard count <= block.count - position else { throw .truncated }
                guard count <= end - output.count else { throw .corrupt("a literal is longer than the content") }
                for index in position..<(position + count) { output.append(block[index]) }
                position += count
            } else {
                let (count, distance) = try copyOf(block, tag, &position)
                guard distance > 0, distance <= output.count - start else { throw .corrupt("a copy from nowhere") }
                guard count <= end - output.count else { throw .corrupt("a copy is longer than the content") }
                // Source and target may overlap: what is copied may have been written by this copy.
                for _ in 0..<count { output.append(output[output.count - distance]) }
            }
        }
        guard output.count == end else { throw .truncated }
    }

    /// The length of the content, a little-endian base 128 number of at most 32 bits.
    private static func readLength(_ block: Span<UInt8>, _ position: inout Int) throws(CompressionError) -> Int {
        var length = 0
        for shift in stride(from: 0, to: 35, by: 7) {
            guard position < block.count else { throw .truncated }
            let byte = Int(block[position])
            position += 1
            length |= (byte & 0x7f) << shift
            if byte & 0x80 == 0 {
                guard length <= Int(UInt32.max) else { break }
                return length
            }
        }
        throw .corrupt("the length of the content has more than 32 bits")
    }

    private static func literalLength(
        _ block: Span<UInt8>,
        _ tag: Int,
        _ position: inout Int
    ) throws(CompressionError) -> Int {
        let short = tag >> 2
        guard short >= 60 else { return short + 1 }
        return try littleEndian(block, byteCount: short - 59, &position) + 1
    }

    private static func copyOf(
        _ block: Span<UInt8>,
        _ tag: Int,
        _ position: inout Int
    ) throws(CompressionError) -> (count: Int, distance: Int) {
        switch tag & 3 {
        case 1:
            let low = try littleEndian(block, byteCount: 1, &position)
            return ((tag >> 2) & 7 + 4, (tag >> 5) << 8 | low)
        case 2: return (tag >> 2 + 1, try littleEndian(block, byteCount: 2, &position))
        default: return (tag >> 2 + 1, try littleEndian(block, byteCount: 4, &position))
        }
    }

    private static func littleEndian(
        _ block: Span<UInt8>,
        byteCount: Int,
        _ position: inout Int
    ) throws(CompressionError) -> Int {
        guard byteCount <= block.count - position else { throw .truncated }
        var value = 0
        for index in 0..<byteCount { value |= Int(block[position + index]) << (8 * index) }
        position += byteCount
        return value
    }
}

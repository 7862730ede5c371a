/// The tables of a TZif file (RFC 8536): spans of constant offset and the footer's rule.
struct TZifTable {
    /// First second of each span, ascending; the first is `Int64.min`.
    private(set) var starts: [Int64] = [.min]
    /// Seconds east of UTC of each span.
    private(set) var offsets: [Int32] = []
    private(set) var footer: PosixZone?

    /// The six counts of a TZif header (section 3.1).
    private struct Header {
        let version: UInt8
        let isUTCCount: Int
        let isStandardCount: Int
        let leapCount: Int
        let transitionCount: Int
        let typeCount: Int
        let characterCount: Int

        static let length = 44

        /// Bytes of the data block behind the header, with times of `timeSize` bytes.
        func blockLength(timeSize: Int) -> Int {
            transitionCount * (timeSize + 1) + typeCount * 6 + characterCount + leapCount * (timeSize + 4)
                + isStandardCount + isUTCCount
        }
    }

    init(_ bytes: Span<UInt8>) throws(ZoneError) {
        let first = try Self.header(bytes, at: 0)
        guard first.version >= UInt8(ascii: "2") else { throw .malformed("version 1 has no 64-bit times") }
        let second = Header.length + first.blockLength(timeSize: 4)
        let header = try Self.header(bytes, at: second)
        let block = second + Header.length
        let footerStart = block + header.blockLength(timeSize: 8)
        guard footerStart <= bytes.count else { throw .truncated }
        try readSpans(bytes, at: block, header)
        footer = try Self.footer(bytes, at: footerStart)
        if let footer, footer.daylight == nil, starts.count == 1, header.transitionCount == 0 {
            offsets[0] = Int32(footer.standardOffset)
        }
    }

    private static func header(_ bytes: Span<UInt8>, at start: Int) throws(ZoneError) -> Header {
        guard start + Header.length <= bytes.count else { throw .truncated }
        let magic: [UInt8] = [0x54, 0x5a, 0x69, 0x66]
        for index in 0..<4 where bytes[start + index] != magic[index] { throw .malformed("not a TZif header") }
        let counts = (0..<6).map { Int(bigEndian32(bytes, start + 20 + $0 * 4)) }
        guard counts.allSatisfy({ $0 <= 1 << 16 }), counts[4] >= 1, counts[4] <= 256
        else { throw .malformed("implausible table sizes") }
        return Header(
            version: bytes[start + 4],
            isUTCCount: counts[0],
            isStandardCount: counts[1],
            leapCount: counts[2],
            transitionCount: counts[3],
            typeCount: counts[4],
            characterCount: counts[5]
        )
    }

    private mutating func readSpans(_ bytes: Span<UInt8>, at block: Int, _ header: Header) throws(ZoneError) {
        let indices = block + header.transitionCount * 8
        let types = indices + header.transitionCount
        var typeOffsets: [Int32] = []
        for type in 0..<header.typeCount {
            let offset = Int32(bitPattern: Self.bigEndian32(bytes, types + type * 6))
            guard abs(Int(offset)) <= 26 * 3600 else { throw .malformed("an offset beyond 26 hours") }
            typeOffsets.append(offset)
        }
        offsets = [typeOffsets[0]]
        for transition in 0..<header.transitionCount {
            let second = Self.bigEndian64(bytes, block + transition * 8)
            let type = Int(bytes[indices + transition])
            guard type < typeOffsets.count else { throw .malformed("a transition to a type that is not there") }
            guard let last = starts.last, second > last else { throw .malformed("transitions out of order") }
            guard second < 1 << 50 else { throw .malformed("a transition out of range") }
            if offsets.last == typeOffsets[type] { continue }
            starts.append(second)
            offsets.append(typeOffsets[type])
        }
    }

    private static func footer(_ bytes: Span<UInt8>, at start: Int) throws(ZoneError) -> PosixZone? {
        guard start < bytes.count, bytes[start] == 0x0a else { throw .truncated }
        var end = start + 1
        while end < bytes.count, bytes[end] != 0x0a { end += 1 }
        guard end < bytes.count else { throw .truncated }
        guard end > start + 1 else { return nil }
        guard let footer = PosixZone(bytes, start + 1..<end) else {
            var text: [UInt8] = []
            for index in start + 1..<min(end, start + 65) { text.append(bytes[index]) }
            throw .malformedFooter(String(decoding: text, as: UTF8.self))
        }
        return footer
    }

    private static func bigEndian32(_ bytes: Span<UInt8>, _ start: Int) -> UInt32 {
        var value: UInt32 = 0
        for index in start..<start + 4 { value = value << 8 | UInt32(bytes[index]) }
        return value
    }

    private static func bigEndian64(_ bytes: Span<UInt8>, _ start: Int) -> Int64 {
        var value: UInt64 = 0
        for index in start..<start + 8 { value = value << 8 | UInt64(bytes[index]) }
        return Int64(bitPattern: value)
    }
}

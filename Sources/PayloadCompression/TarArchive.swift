/// A tar archive in memory: ustar (POSIX.1-1988), pax names and sizes (POSIX.1-2001), GNU long names.
public struct TarArchive: Sendable {
    public struct Entry: Equatable, Sendable {
        /// The member's path as it stands in the archive.
        public let name: String
        /// Where the content lies in the archive's bytes.
        public let range: Range<Int>
    }

    /// Regular files in archive order.
    public let entries: [Entry]
    private let fields: ByteFields

    /// Members of an archive that are read.
    public static let entryLimit = 1_000_000
    private static let blockBytes = 512

    public init(_ bytes: [UInt8]) throws(CompressionError) {
        fields = ByteFields(bytes: bytes)
        entries = try Self.members(fields)
    }

    /// The content of a member.
    public func contents(of entry: Entry) -> ArraySlice<UInt8> {
        fields.bytes[entry.range]
    }

    private static func members(_ fields: ByteFields) throws(CompressionError) -> [Entry] {
        var entries: [Entry] = []
        var longName: String?
        var longSize: Int?
        var start = 0
        while start < fields.bytes.count {
            guard start + blockBytes <= fields.bytes.count else { throw .truncated }
            if fields.bytes[start..<start + blockBytes].allSatisfy({ $0 == 0 }) { return entries }
            try verifyChecksum(fields, at: start)
            guard let recorded = number(fields, at: start + 124, size: 12), let size = Optional(longSize ?? recorded),
                let plain = name(fields, at: start)
            else { throw .corrupt("a tar header") }
            let content = start + blockBytes
            guard size >= 0, size <= fields.bytes.count - content else { throw .truncated }
            let range = content..<content + size
            switch fields.bytes[start + 156] {
            case UInt8(ascii: "x"):
                let records = try paxRecords(fields, range)
                longName = records.path ?? longName
                longSize = records.size
            case UInt8(ascii: "L"): longName = fields.text(content, size: size)
            case UInt8(ascii: "g"), UInt8(ascii: "K"): break
            case 0, UInt8(ascii: "0"), UInt8(ascii: "7"):
                guard entries.count < entryLimit else { throw .unsupported("more than \(entryLimit) tar members") }
                entries.append(Entry(name: longName ?? plain, range: range))
                (longName, longSize) = (nil, nil)
            default: (longName, longSize) = (nil, nil)
            }
            start = content + (size + blockBytes - 1) / blockBytes * blockBytes
        }
        // The end is marked by blocks of zeros, so this one lost its tail.
        throw .truncated
    }

    private static func name(_ fields: ByteFields, at start: Int) -> String? {
        guard let name = fields.text(start, size: 100), let prefix = fields.text(start + 345, size: 155) else {
            return nil
        }
        let isUstar = fields.text(start + 257, size: 5) == "ustar" && fields.bytes[start + 262] == 0
        return isUstar && !prefix.isEmpty ? prefix + "/" + name : name
    }

    /// Octal digits, or a binary number when the first bit is set.
    private static func number(_ fields: ByteFields, at start: Int, size: Int) -> Int? {
        let field = fields.bytes[start..<start + size]
        if let first = field.first, first & 0x80 != 0 {
            var value = Int(first & 0x7f)
            for byte in field.dropFirst() {
                guard value < 1 << 48 else { return nil }
                value = value << 8 | Int(byte)
            }
            return value
        }
        var value = 0
        for byte in field where byte != 0x20 && byte != 0 {
            guard (0x30...0x37).contains(byte) else { return nil }
            value = value << 3 | Int(byte - 0x30)
        }
        return value
    }

    /// The header's sum of bytes, its own field counted as blanks.
    private static func verifyChecksum(_ fields: ByteFields, at start: Int) throws(CompressionError) {
        var sum = 0
        for index in 0..<blockBytes { sum += (148..<156).contains(index) ? 0x20 : Int(fields.bytes[start + index]) }
        guard number(fields, at: start + 148, size: 8) == sum else { throw .corrupt("checksum of a tar header") }
    }

    /// Records `length key=value\n`; only path and size matter here.
    private static func paxRecords(
        _ fields: ByteFields,
        _ range: Range<Int>
    ) throws(CompressionError) -> (path: String?, size: Int?) {
        var path: String?
        var size: Int?
        var start = range.lowerBound
        while start < range.upperBound {
            var cursor = start
            var length = 0
            while cursor < range.upperBound, cursor - start < 8, (0x30...0x39).contains(fields.bytes[cursor]) {
                length = length * 10 + Int(fields.bytes[cursor] - 0x30)
                cursor += 1
            }
            let end = start + length
            guard cursor < end, end <= range.upperBound, fields.bytes[cursor] == 0x20, fields.bytes[end - 1] == 0x0a,
                let record = fields.text(cursor + 1, size: max(0, end - cursor - 2))
            else { throw .corrupt("a pax record") }
            if record.hasPrefix("path=") { path = String(record.dropFirst(5)) }
            if record.hasPrefix("size=") { size = Int(record.dropFirst(5)) }
            start = end
        }
        return (path, size)
    }
}

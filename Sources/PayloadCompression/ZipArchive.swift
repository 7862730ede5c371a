import CZlib

/// A ZIP archive in memory (PKWARE APPNOTE 6.3): stored and deflated members, found through the central directory.
///
/// Encrypted members, ZIP64 and archives in several parts are refused.
public struct ZipArchive: Sendable {
    public struct Entry: Equatable, Sendable {
        /// The member's path as it stands in the archive.
        public let name: String
        /// Size of the content in bytes, as the directory says.
        public let size: Int
        fileprivate let packedSize: Int
        fileprivate let method: Int
        fileprivate let flags: Int
        fileprivate let checksum: Int
        fileprivate let headerOffset: Int
    }

    /// In the order of the central directory; directories are left out.
    public let entries: [Entry]
    private let fields: ByteFields

    /// Members of an archive that are read.
    public static let entryLimit = 65_534

    public init(_ bytes: [UInt8]) throws(CompressionError) {
        fields = ByteFields(bytes: bytes)
        entries = try Self.directory(fields)
    }

    /// The content of a member, checked against its size and CRC-32.
    public func contents(of entry: Entry, limitBytes: Int) throws(CompressionError) -> [UInt8] {
        guard entry.flags & 1 == 0 else { throw .unsupported("an encrypted ZIP member") }
        guard entry.size <= limitBytes else { throw .tooLarge(limitBytes: limitBytes) }
        guard fields.littleEndian(entry.headerOffset, size: 4) == 0x0403_4b50,
            let nameLength = fields.littleEndian(entry.headerOffset + 26, size: 2),
            let extraLength = fields.littleEndian(entry.headerOffset + 28, size: 2)
        else { throw .corrupt("no ZIP member where the directory says") }
        let start = entry.headerOffset + 30 + nameLength + extraLength
        guard start + entry.packedSize <= fields.bytes.count else { throw .truncated }
        let packed = fields.bytes[start..<start + entry.packedSize]
        let content: [UInt8]
        switch entry.method {
        case 0: content = Array(packed)
        case 8: content = try Self.inflated(packed, limitBytes: min(limitBytes, entry.size))
        default: throw .unsupported("ZIP compression method \(entry.method)")
        }
        guard content.count == entry.size else { throw .corrupt("a ZIP member has another size") }
        let checksum = content.withUnsafeBufferPointer { crc32(0, $0.baseAddress, UInt32($0.count)) }
        guard content.isEmpty || Int(checksum) == entry.checksum else { throw .corrupt("CRC-32 of a ZIP member") }
        return content
    }

    private static func inflated(_ packed: ArraySlice<UInt8>, limitBytes: Int) throws(CompressionError) -> [UInt8] {
        let inflater = try Inflater(.none)
        var output = UnpackedBytes(limitBytes: limitBytes)
        _ = try packed.withUnsafeBufferPointer { (input) throws(CompressionError) in
            try inflater.run(input, into: &output)
        }
        return output.bytes
    }

    // MARK: Central directory

    private static func directory(_ fields: ByteFields) throws(CompressionError) -> [Entry] {
        let end = try endRecord(fields)
        guard let count = fields.littleEndian(end + 10, size: 2), let offset = fields.littleEndian(end + 16, size: 4),
            let disk = fields.littleEndian(end + 4, size: 2)
        else { throw .truncated }
        guard disk == 0 else { throw .unsupported("a ZIP archive in several parts") }
        guard count <= entryLimit, offset < 0xffff_ffff else { throw .unsupported("ZIP64") }
        var entries: [Entry] = []
        var cursor = offset
        for _ in 0..<count {
            let (entry, next) = try entry(fields, at: cursor)
            cursor = next
            if !entry.name.hasSuffix("/") { entries.append(entry) }
        }
        return entries
    }

    /// Where the end-of-directory record starts: it is the last thing but a comment of up to 65,535 bytes.
    private static func endRecord(_ fields: ByteFields) throws(CompressionError) -> Int {
        let size = 22
        var start = fields.bytes.count - size
        let lowest = max(0, start - 65_535)
        while start >= lowest {
            if fields.littleEndian(start, size: 4) == 0x0605_4b50 { return start }
            start -= 1
        }
        if fields.littleEndian(0, size: 4) == 0x0403_4b50 { throw .truncated }
        throw .corrupt("not a ZIP archive")
    }

    private static func entry(_ fields: ByteFields, at start: Int) throws(CompressionError) -> (Entry, next: Int) {
        guard fields.littleEndian(start, size: 4) == 0x0201_4b50 else { throw .corrupt("the ZIP directory") }
        guard let flags = fields.littleEndian(start + 8, size: 2),
            let method = fields.littleEndian(start + 10, size: 2),
            let checksum = fields.littleEndian(start + 16, size: 4),
            let packedSize = fields.littleEndian(start + 20, size: 4),
            let size = fields.littleEndian(start + 24, size: 4),
            let nameLength = fields.littleEndian(start + 28, size: 2),
            let extraLength = fields.littleEndian(start + 30, size: 2),
            let commentLength = fields.littleEndian(start + 32, size: 2),
            let headerOffset = fields.littleEndian(start + 42, size: 4),
            let name = fields.text(start + 46, size: nameLength)
        else { throw .truncated }
        guard size < 0xffff_ffff, packedSize < 0xffff_ffff, headerOffset < 0xffff_ffff
        else { throw .unsupported("ZIP64") }
        let entry = Entry(
            name: name,
            size: size,
            packedSize: packedSize,
            method: method,
            flags: flags,
            checksum: checksum,
            headerOffset: headerOffset
        )
        return (entry, start + 46 + nameLength + extraLength + commentLength)
    }
}

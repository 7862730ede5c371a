import PayloadCompression
import Testing

/// `printf 'meter readings\n' | gzip -n`, `| lz4`, `| xz`, made with the command-line tools.
private let gzipSample: [UInt8] = [
    0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x03, 0xcb, 0x4d, 0x2d, 0x49, 0x2d, 0x52,
    0x28, 0x4a, 0x4d, 0x4c, 0xc9, 0xcc, 0x4b, 0x2f, 0xe6, 0x02, 0x00, 0xb7, 0xf4, 0x4c, 0x5c, 0x0f,
    0x00, 0x00, 0x00,
]
private let lz4Sample: [UInt8] = [
    0x04, 0x22, 0x4d, 0x18, 0x64, 0x40, 0xa7, 0x0f, 0x00, 0x00, 0x80, 0x6d, 0x65, 0x74, 0x65, 0x72,
    0x20, 0x72, 0x65, 0x61, 0x64, 0x69, 0x6e, 0x67, 0x73, 0x0a, 0x00, 0x00, 0x00, 0x00, 0x80, 0xac,
    0x43, 0xf6,
]
private let xzSample: [UInt8] = [
    0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00, 0x00, 0x04, 0xe6, 0xd6, 0xb4, 0x46, 0x02, 0x00, 0x21, 0x01,
    0x16, 0x00, 0x00, 0x00, 0x74, 0x2f, 0xe5, 0xa3, 0x01, 0x00, 0x0e, 0x6d, 0x65, 0x74, 0x65, 0x72,
    0x20, 0x72, 0x65, 0x61, 0x64, 0x69, 0x6e, 0x67, 0x73, 0x0a, 0x00, 0x00, 0xa9, 0x2b, 0x16, 0xc4,
    0x4b, 0xad, 0x03, 0xb1, 0x00, 0x01, 0x27, 0x0f, 0xdf, 0x1a, 0xfc, 0x6a, 0x1f, 0xb6, 0xf3, 0x7d,
    0x01, 0x00, 0x00, 0x00, 0x00, 0x04, 0x59, 0x5a,
]
private let text = Array("meter readings\n".utf8)

struct ContentCodingTests {
    static let samples: [(ContentCoding, [UInt8])] = [(.gzip, gzipSample), (.lz4, lz4Sample), (.xz, xzSample)]

    @Test(arguments: samples)
    func readsWhatTheToolsWrite(coding: ContentCoding, packed: [UInt8]) throws {
        #expect(try unpacked(coding, packed, limit: 1000) == text)
        let sniffed = ContentCoding.sniffed(packed.span)
        #expect(sniffed == coding)
        #expect(try unpacked(coding, packed + packed, limit: 1000) == text + text)
    }

    @Test(arguments: samples)
    func everyTruncationIsTold(coding: ContentCoding, packed: [UInt8]) {
        for length in 0..<packed.count {
            #expect(throws: CompressionError.truncated) {
                try unpacked(coding, Array(packed[..<length]), limit: 1000)
            }
        }
    }

    @Test(arguments: samples)
    func everyFlippedBitIsFoundOrHarmless(coding: ContentCoding, packed: [UInt8]) {
        for bit in 0..<packed.count * 8 {
            var broken = packed
            broken[bit / 8] ^= 1 << (bit % 8)
            guard let content = try? unpacked(coding, broken, limit: 1000) else { continue }
            #expect(content == text)
        }
    }

    @Test(arguments: samples)
    func theLimitIsExact(coding: ContentCoding, packed: [UInt8]) throws {
        #expect(try unpacked(coding, packed, limit: text.count) == text)
        #expect(throws: CompressionError.tooLarge(limitBytes: text.count - 1)) {
            try unpacked(coding, packed, limit: text.count - 1)
        }
    }

    @Test func packingAndUnpackingGiveTheSame() throws {
        for size in [0, 1, 65_535, 65_536, 65_537, 1_000_000] {
            let content = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 7) }
            let zipped = try Gzip.compress(content.span)
            let framed = try LZ4Frame.compress(content.span)
            #expect(try unpacked(.gzip, zipped, limit: size) == content)
            #expect(try unpacked(.lz4, framed, limit: size) == content)
        }
    }

    @Test func aBombStopsAtTheLimit() throws {
        let packed = try Gzip.compress([UInt8](repeating: 0, count: 50_000_000).span, level: 9)
        #expect(packed.count < 100_000)
        #expect(throws: CompressionError.tooLarge(limitBytes: 1_000_000)) {
            try unpacked(.gzip, packed, limit: 1_000_000)
        }
    }

    @Test func gzipMayBePaddedButNotFollowed() throws {
        #expect(try unpacked(.gzip, gzipSample + [0, 0, 0], limit: 100) == text)
        #expect(throws: CompressionError.self) { try unpacked(.gzip, gzipSample + [1, 2, 3], limit: 100) }
    }
}

import PayloadCompression
import Testing

@Suite("Snappy")
struct SnappyTests {
    /// `abcabcabcabc...`: a literal of 3 bytes and copies of it.
    private static let repeated: [UInt8] = [
        0x0f, 0x08, 0x61, 0x62, 0x63,  // 15 bytes; the literal `abc`
        0x15, 0x03,  // 9 bytes from 3 back
        0x0a, 0x03, 0x00,  // 3 bytes from 3 back, a longer way to say it
    ]

    @Test("literals and copies, also of what the copy itself has written")
    func block() throws {
        let text = String(decoding: try Snappy.decompress(Self.repeated.span, limitBytes: 100), as: UTF8.self)
        #expect(text == "abcabcabcabcabc")
        #expect(try Snappy.decompress(([0] as [UInt8]).span, limitBytes: 100).isEmpty)
        // A literal whose length stands in one more byte.
        let long: [UInt8] = [70, 0xf0, 69] + [UInt8](repeating: 7, count: 70)
        #expect(try Snappy.decompress(long.span, limitBytes: 100) == [UInt8](repeating: 7, count: 70))
    }

    @Test("blocks in the framing of Java's clients")
    func framed() throws {
        let block = Self.repeated
        let length: [UInt8] = [0, 0, 0, UInt8(block.count)]
        let framed = [0x82] + Array("SNAPPY".utf8) + [0, 0, 0, 0, 1, 0, 0, 0, 1] + length + block + length + block
        let text = String(decoding: try Snappy.decompress(framed.span, limitBytes: 100), as: UTF8.self)
        #expect(text == "abcabcabcabcabcabcabcabcabcabc")
    }

    @Test(
        "what is damaged is refused",
        arguments: [
            [], [0x80], [0xff, 0xff, 0xff, 0xff, 0xff, 0xff], [5, 0x08, 0x61], [3, 0x08, 0x61, 0x62, 0x63, 0x00, 0x61],
            [9, 0x08, 0x61, 0x62, 0x63, 0x15, 0x04], [9, 0x08, 0x61, 0x62, 0x63, 0x15, 0x00],
            [9, 0x08, 0x61, 0x62, 0x63],
            [0x04, 0x15, 0x01],
        ] as [[UInt8]]
    )
    func damaged(bytes: [UInt8]) {
        #expect(throws: CompressionError.self) { try Snappy.decompress(bytes.span, limitBytes: 1_000) }
    }

    @Test("more than the limit is refused before it is unpacked")
    func limit() {
        let large: [UInt8] = [0xff, 0xff, 0xff, 0xff, 0x0f, 0x00]
        #expect(throws: CompressionError.tooLarge(limitBytes: 14)) {
            try Snappy.decompress(Self.repeated.span, limitBytes: 14)
        }
        #expect(throws: CompressionError.tooLarge(limitBytes: 1_000)) {
            try Snappy.decompress(large.span, limitBytes: 1_000)
        }
    }
}

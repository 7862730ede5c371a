import KafkaProtocol
import Testing

/// Every decoder against bytes that are no message. What is asserted is that it comes back: with a message or an error.
@Suite("Message decoders on damaged bytes")
struct MessageFuzzTests {
    /// Decodes; whatever comes out must not be more than the bytes could hold.
    private func decode(_ type: any KafkaMessage.Type, _ bytes: [UInt8], _ version: Int16) -> Bool {
        do throws(WireError) {
            _ = try type.init(decoding: bytes[...], version: version)
            return true
        } catch {
            return false
        }
    }

    @Test("cut at every byte: never a message")
    func truncation() throws {
        try MessageSamples.forEachRequest { type in
            for version in type.api.versions {
                let bytes = try #require(MessageSamples.validBody(type, version: version, seed: 11))
                #expect(decode(type, bytes, version))
                for length in 0..<bytes.count {
                    #expect(!decode(type, Array(bytes[..<length]), version), "\(type) v\(version) cut at \(length)")
                }
            }
        }
    }

    @Test("every bit flipped, and random bytes: an answer, never a trap")
    func flips() throws {
        var answers = 0
        var random = SplitMix64(state: 42)
        try MessageSamples.forEachRequest { type in
            for version in type.api.versions {
                let bytes = try #require(MessageSamples.validBody(type, version: version, seed: 5))
                for bit in 0..<(bytes.count * 8) {
                    var damaged = bytes
                    damaged[bit / 8] ^= 1 << UInt8(bit % 8)
                    _ = decode(type, damaged, version)
                    answers += 1
                }
                for _ in 0..<50 {
                    let count = Int(random.next() % 200)
                    let noise = (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
                    _ = decode(type, noise, version)
                    _ = try? RequestHeader.decode(noise[...])
                    answers += 1
                }
            }
        }
        #expect(answers > 10_000)
    }

    @Test("a count of billions in a few bytes costs no memory")
    func hugeCounts() {
        // Metadata v1: an array of 2^31 - 1 topics.
        #expect(throws: WireError.invalidLength(Int(Int32.max))) {
            try MetadataRequest(decoding: [0x7f, 0xff, 0xff, 0xff], version: 1)
        }
        // Metadata v9: a compact array of 2^32 - 2.
        #expect(throws: WireError.invalidLength(Int(UInt32.max) - 1)) {
            try MetadataRequest(decoding: [0xff, 0xff, 0xff, 0xff, 0x0f], version: 9)
        }
        #expect(throws: WireError.malformedVarint) {
            try MetadataRequest(decoding: [0xff, 0xff, 0xff, 0xff, 0x1f], version: 9)
        }
    }

    @Test("a client's request of many tiny elements is refused before they are read")
    func manyElements() throws {
        // FindCoordinator v4: key type, 200,001 or 200,000 empty keys, no tags.
        func request(_ count: Int) -> [UInt8] {
            let length = UInt32(count + 1)
            let varint = [UInt8(length & 0x7f) | 0x80, UInt8(length >> 7 & 0x7f) | 0x80, UInt8(length >> 14)]
            return [0] + varint + [UInt8](repeating: 1, count: count) + [0]
        }
        #expect(throws: WireError.tooManyElements(limit: 200_000)) {
            try FindCoordinatorRequest(received: request(200_001)[...], version: 4)
        }
        #expect(
            try FindCoordinatorRequest(received: request(200_000)[...], version: 4).coordinatorKeys.count == 200_000
        )
    }
}

import KafkaProtocol
import Testing

/// Whatever the bytes are, the parser answers or throws; it never traps and never reads outside.
@Suite struct RecordBatchFuzzTests {
    /// SplitMix64.
    struct Generator: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var value = state
            value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
            value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
            return value ^ (value >> 31)
        }
    }

    static func sample() -> [UInt8] {
        var builder = RecordBatchBuilder(baseTimestamp: 1_700_000_000_000)
        for number in 0..<5 {
            let field = RecordField(key: [1, 2], value: number == 2 ? nil : [9])
            builder.append(key: [UInt8(number)], value: [UInt8](repeating: 7, count: number * 40), headers: [field])
        }
        return builder.build()
    }

    /// Reads everything there is to read; the number of records read before an error.
    static func readAll(_ bytes: [UInt8]) -> Int {
        var count = 0
        bytes.withUnsafeBytes { buffer in
            do {
                var records = try RecordIterator(batch: buffer)
                while let record = try records.next() {
                    _ = try records.headers(of: record)
                    count += 1
                }
            } catch {
                // Refusing is right; the test is that nothing else happens.
            }
            _ = try? RecordBatchHeader(validating: buffer)
            _ = try? EndTransactionRecord(batch: buffer)
        }
        return count
    }

    @Test func everyTruncationIsRefused() {
        let bytes = Self.sample()
        for count in 0..<bytes.count {
            let cut = Array(bytes[..<count])
            #expect(throws: RecordBatchError.self) {
                try cut.withUnsafeBytes { try RecordBatchHeader(validating: $0) }
            }
            #expect(Self.readAll(cut) == 0)
        }
    }

    @Test func everyFlippedBitUnderTheChecksumIsFound() {
        let bytes = Self.sample()
        for index in RecordBatchHeader.checksumStart - 4..<bytes.count {
            for bit in 0..<8 {
                var flipped = bytes
                flipped[index] ^= 1 << UInt8(bit)
                #expect(throws: RecordBatchError.self) {
                    try flipped.withUnsafeBytes { try RecordBatchHeader(validating: $0) }
                }
                _ = Self.readAll(flipped)
            }
        }
    }

    @Test(arguments: 0..<8)
    func randomDamageNeverTraps(seed: Int) {
        var generator = Generator(state: UInt64(seed))
        let sample = Self.sample()
        var refused = 0
        for _ in 0..<4_000 {
            var bytes = sample
            for _ in 0..<Int.random(in: 1...6, using: &generator) {
                bytes[Int.random(in: 0..<bytes.count, using: &generator)] =
                    [0, 0x7F, 0x80, 0xFF, UInt8.random(in: 0...255, using: &generator)]
                    .randomElement(using: &generator) ?? 0
            }
            if Bool.random(using: &generator) { bytes.removeLast(Int.random(in: 0..<bytes.count, using: &generator)) }
            if Self.readAll(bytes) < 5 { refused += 1 }
        }
        #expect(refused > 0)
    }
}

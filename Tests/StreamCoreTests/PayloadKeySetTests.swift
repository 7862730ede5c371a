import StreamCore
import Testing

@Suite struct PayloadKeySetTests {
    private static let day: Int64 = 86_400_000

    private func key(_ number: Int) -> Hash128 {
        Hash128(hashing: Array("payload-\(number)".utf8).span)
    }

    private func set(keys: Int, days: Int) -> PayloadKeySet {
        var set = PayloadKeySet()
        for number in 0..<keys * days {
            let time = Int64(number / keys) * Self.day + Int64(number % keys)
            _ = set.insert(key(number), streamTimeMilliseconds: time)
        }
        return set
    }

    @Test func aKeyIsKnownForTheHorizonAndForgottenADayAtATime() {
        var set = set(keys: 100, days: 1)
        let isNewAfterAWeek = set.insert(key(7), streamTimeMilliseconds: 7 * Self.day)
        #expect(!isNewAfterAWeek)
        let isAnotherNew = set.insert(key(1_000), streamTimeMilliseconds: 8 * Self.day)
        #expect(isAnotherNew)
        #expect(set.count == 1)
        let isNewAgain = set.insert(key(7), streamTimeMilliseconds: 8 * Self.day)
        #expect(isNewAgain)
    }

    /// The figures of docs/operations.md.
    @Test(arguments: [1_000, 3_000, 7_000])
    func memoryIsBoundedByTheHorizonAndKnown(keysADay: Int) {
        let week = set(keys: keysADay, days: 8)
        let month = set(keys: keysADay, days: 30)
        #expect(month.count == week.count)
        let bytesAKey = Double(month.memoryByteCount) / Double(month.count)
        #expect((21...43.5).contains(bytesAKey), "\(bytesAKey) bytes a key")
        var writer = StateWriter()
        month.encode(into: &writer)
        #expect(writer.bytes.count <= month.count * 16 + 8 * 12 + 4)
    }

    @Test func aSetReadBackKnowsTheSameKeys() throws {
        let whole = set(keys: 50, days: 3)
        var writer = StateWriter()
        whole.encode(into: &writer)
        var copy = PayloadKeySet()
        var reader = StateReader()
        try copy.decode(from: writer.bytes.span, reader: &reader)
        try reader.finish(writer.bytes.span)
        #expect(copy == whole)
    }
}

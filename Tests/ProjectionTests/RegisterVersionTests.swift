import MeterCore
import MeterEvents
import Projection
import Testing

/// Which of several readings for one instant `registers` shows, worked out by hand, in every order of arrival.
@Suite("Versions of register readings", .enabled(if: TestDatabase.isExpected), .serialized)
struct RegisterVersionTests {
    /// What one sender said of the instant.
    private struct Word {
        var value: Int64
        var quality = Quality.raw
        var version: Int64 = 0
        var source = "he-1"
        var isFinal = false
        var isRestated = false
        var receivedAfter: Int64 = 0

        func record(_ at: Instant, _ id: UInt64) -> [UInt8] {
            var reads = RegisterReads(
                meter: "M-1",
                channel: "E1",
                unit: .kilowattHour,
                at: [at],
                billionths: [value * 1_000_000_000],
                qualities: [quality.rawValue]
            )
            reads.source = source
            reads.sourceVersion = version
            reads.sourceStatus = isFinal ? [30_000] : []
            if isRestated { reads.advance = RegisterReads.Advance(from: at, to: at + 86_400, billionths: 1) }
            let raw = Samples.raw(Int64(id), receivedAt: Samples.received + receivedAfter, payload: id)
            var bytes: [UInt8] = []
            JournalEvent(raw: raw, body: .registerReads(reads)).append(to: &bytes)
            return bytes
        }
    }

    private static let cases: [(holds: String, words: [Word])] = [
        // A later version replaces an earlier one, whatever the qualities, as NEM13's UpdateDateTime says.
        ("1195", [Word(value: 1210, quality: .estimatedLinear, version: 1), Word(value: 1195, version: 2)]),
        ("1210", [Word(value: 1195, version: 1), Word(value: 1210, quality: .estimatedLinear, version: 2)]),
        // But no actual replaces a final substitute, and a later substitute does.
        ("7", [Word(value: 7, quality: .estimatedProfile, version: 1, isFinal: true), Word(value: 8, version: 2)]),
        (
            "9",
            [
                Word(value: 7, quality: .estimatedProfile, version: 1, isFinal: true),
                Word(value: 9, quality: .estimatedProfile, version: 2),
            ]
        ),
        // Without versions the higher quality, then the later receive time.
        ("5", [Word(value: 4, quality: .estimatedLinear, receivedAfter: 60_000), Word(value: 5)]),
        ("6", [Word(value: 5), Word(value: 6, receivedAfter: 60_000)]),
        // Checked before it came or not is the same quality.
        ("6", [Word(value: 5, quality: .validated), Word(value: 6, receivedAfter: 60_000)]),
        // Versions are compared within a source only.
        (
            "5",
            [
                Word(value: 4, quality: .estimatedLinear, version: 9, source: "he-2"), Word(value: 5, version: 1),
                Word(value: 3, version: 0),
            ]
        ),
        // What is told again as the reading before another one replaces an estimate, and nothing that is better.
        ("12", [Word(value: 11, quality: .estimatedLinear, version: 1), Word(value: 12, version: 2, isRestated: true)]),
        ("11", [Word(value: 11, version: 1), Word(value: 12, quality: .estimatedLinear, version: 2, isRestated: true)]),
        ("13", [Word(value: 11, version: 1), Word(value: 13, version: 2, isRestated: true)]),
        ("11", [Word(value: 11, version: 2), Word(value: 13, version: 1, isRestated: true)]),
    ]

    @Test func theSameReadingHoldsInEveryOrder() async throws {
        try await ReadModelBench.run { bench in
            let instant = Samples.day
            var first: Int64 = 0
            for (number, one) in Self.cases.enumerated() {
                let records = one.words.enumerated().map { $1.record(instant, UInt64($0 + 1)) }
                for isReversed in [false, true] {
                    for isTogether in [false, true] {
                        let order = isReversed ? Array(records.reversed()) : records
                        try bench.execute("TRUNCATE rm_registry_1.registers")
                        for batch in isTogether ? [order] : order.map({ [$0] }) {
                            try bench.project(RegistryModel.self, batch, first: first)
                            first += Int64(batch.count)
                        }
                        let found = try bench.rows("SELECT value::text FROM registers")
                        #expect(found == [one.holds], "case \(number), reversed \(isReversed), together \(isTogether)")
                    }
                }
            }
        }
    }
}

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

        func record(_ channel: String, _ id: UInt64) -> [UInt8] {
            let at = Samples.day
            var reads = RegisterReads(
                meter: "M-1",
                channel: channel,
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
        // A final substitute that another substitute has replaced binds no longer: the later actual holds.
        (
            "10",
            [
                Word(value: 7, quality: .estimatedProfile, version: 1, isFinal: true),
                Word(value: 9, quality: .estimatedProfile, version: 2), Word(value: 10, version: 3),
            ]
        ),
        // Of a version the actual holds.
        ("8", [Word(value: 7, quality: .estimatedProfile, version: 1, isFinal: true), Word(value: 8, version: 1)]),
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
        (
            "12",
            [Word(value: 11, quality: .estimatedLinear, version: 1), Word(value: 12, version: 2, isRestated: true)]
        ),
        (
            "11",
            [Word(value: 11, version: 1), Word(value: 12, quality: .estimatedLinear, version: 2, isRestated: true)]
        ),
        ("13", [Word(value: 11, version: 1), Word(value: 13, version: 2, isRestated: true)]),
        ("11", [Word(value: 11, version: 2), Word(value: 13, version: 1, isRestated: true)]),
    ]

    /// Each case has a channel of its own, so that one order of every case is projected at once.
    @Test func theSameReadingHoldsInEveryOrder() async throws {
        var channels: [[[[UInt8]]]] = []
        for (number, one) in Self.cases.enumerated() {
            channels.append(
                Self.permutations(one.words.enumerated().map { $1.record("E\(number)", UInt64($0 + 1)) })
            )
        }
        let orders = channels.map(\.count).max() ?? 0
        let expected = Self.cases.enumerated().map { "E\($0) \($1.holds)" }.sorted()
        try await ReadModelBench.run { bench in
            var first: Int64 = 0
            for order in 0..<orders {
                // The n-th records of all cases; then all of them in one batch.
                let chosen = channels.map { $0[order % $0.count] }
                let steps = (0..<(chosen.map(\.count).max() ?? 0)).map { step in
                    chosen.compactMap { $0.indices.contains(step) ? $0[step] : nil }
                }
                for batches in [steps, [Array(steps.joined())]] {
                    try bench.execute("TRUNCATE rm_registry_1.registers")
                    for batch in batches {
                        try bench.project(RegistryModel.self, batch, first: first)
                        first += Int64(batch.count)
                    }
                    let found = try bench.rows("SELECT channel, value::text FROM registers")
                    #expect(found.sorted() == expected, "order \(order), \(batches.count) batches")
                }
            }
        }
    }

    private static func permutations<Element>(_ elements: [Element]) -> [[Element]] {
        guard elements.count > 1 else { return [elements] }
        return elements.indices.flatMap { index in
            var others = elements
            let first = others.remove(at: index)
            return permutations(others).map { [first] + $0 }
        }
    }
}

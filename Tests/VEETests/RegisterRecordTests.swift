import MeterCore
import MeterEvents
import RuleSets
import Testing
import VEE

/// Which of several readings for one instant of a register holds.
struct RegisterRecordTests {
    private struct Word {
        var value: Int64
        var quality = Quality.raw
        var source = "a"
        var version: Int64 = 0
        var isFinal = false
        var isRestated = false
    }

    /// The value that holds, the same in every order of arrival; a later word is received later.
    private func held(_ words: [Word]) -> Int64? {
        var found: Set<Int64> = []
        var orders: [[Int]] = [[]]
        for index in words.indices {
            orders = orders.flatMap { order in
                (0...order.count).map { place in
                    var longer = order
                    longer.insert(index, at: place)
                    return longer
                }
            }
        }
        for order in orders {
            var record = RegisterRecord(channel: "E1", tou: "", unit: .kilowattHour)
            for index in order {
                let word = words[index]
                _ = record.take(
                    RegisterCandidate(
                        RegisterPoint(at: 1000, value: word.value, quality: word.quality.rawValue),
                        Events.raw(5000 + Int64(index), id: UInt64(index) + 1),
                        source: word.source,
                        version: word.version,
                        isFinal: word.isFinal,
                        isRestated: word.isRestated
                    )
                )
            }
            if let value = record.entries.first?.point.value { found.insert(value) }
        }
        #expect(found.count == 1)
        return found.first
    }

    @Test func anActualReplacesAnEstimateOfTheSameVersionWheneverItComes() {
        #expect(held([Word(value: 1210, quality: .projected), Word(value: 1195)]) == 1195)
        #expect(held([Word(value: 1195), Word(value: 1210, quality: .projected)]) == 1195)
        #expect(held([Word(value: 1, quality: .raw), Word(value: 2, quality: .raw)]) == 2)
    }

    @Test func theLaterVersionOfASourceReplacesTheEarlierWhateverTheQualities() {
        let actual = Word(value: 1195, version: 2)
        #expect(held([Word(value: 1210, quality: .projected, version: 1), actual]) == 1195)
        #expect(held([actual, Word(value: 1201, quality: .estimatedLinear, version: 3)]) == 1201)
        #expect(held([Word(value: 1201, quality: .estimatedLinear, version: 3), actual]) == 1201)
    }

    @Test func aFinalSubstituteIsReplacedByNoLaterActualButByALaterSubstitute() {
        let final = Word(value: 30, quality: .estimatedProfile, version: 1, isFinal: true)
        let actual = Word(value: 31, version: 2)
        #expect(held([final, actual]) == 30)
        #expect(held([final, actual, Word(value: 32, quality: .estimatedProfile, version: 3)]) == 32)
        // What the substitute replaced the actual can replace again.
        let after = Word(value: 33, version: 4)
        #expect(held([final, actual, Word(value: 32, quality: .estimatedProfile, version: 3), after]) == 33)
        // Of one version the actual one stands above.
        #expect(held([final, Word(value: 34, version: 1)]) == 34)
    }

    @Test func betweenSourcesTheQualityDecidesThenTheLaterOne() {
        let actual = Word(value: 10, source: "b", version: 1)
        #expect(held([actual, Word(value: 11, quality: .projected, version: 9)]) == 10)
        #expect(held([actual, Word(value: 12, version: 0)]) == 12)
        // The last word of the one source is an estimate: the questionable reading of the other stands above it.
        let circle = [
            Word(value: 1, version: 1), Word(value: 2, quality: .estimatedLinear, version: 2),
            Word(value: 3, quality: .questionable, source: "b"),
        ]
        #expect(held(circle) == 3)
    }

    @Test func whatIsToldAgainAsTheReadingBeforeReplacesNothingBetter() {
        let own = Word(value: 1100, version: 1)
        #expect(held([own, Word(value: 1099, quality: .projected, version: 5, isRestated: true)]) == 1100)
        #expect(held([own, Word(value: 1101, version: 5, isRestated: true)]) == 1101)
        let estimate = Word(value: 1100, quality: .projected, version: 1)
        #expect(held([estimate, Word(value: 1095, version: 5, isRestated: true)]) == 1095)
    }

    /// A NEM13 record has the reading before and its own: the first is told again, and a status of 3xxxx is a final substitute.
    @Test func aRecordOfTwoReadingsSaysWhichOneIsItsOwn() {
        let (from, to) = (Instant(secondsSinceEpoch: 100), Instant(secondsSinceEpoch: 900))
        var reads = RegisterReads(
            meter: "m1",
            channel: "11",
            unit: .kilowattHour,
            at: [from, to],
            billionths: [1100, 1210],
            qualities: [Quality.raw.rawValue, Quality.projected.rawValue]
        )
        reads.advance = RegisterReads.Advance(from: from, to: to, billionths: 110)
        reads.source = "mdp"
        reads.sourceVersion = 20
        reads.sourceStatus = [10_000, 35_300]
        let before = RegisterCandidate(reads, 0, Events.raw(1000))
        let own = RegisterCandidate(reads, 1, Events.raw(1000))
        #expect(before.isRestated && !before.isFinal && before.point.quality == Quality.raw.rawValue)
        #expect(!own.isRestated && own.isFinal && own.version == 20 && own.source == "mdp")
    }
}

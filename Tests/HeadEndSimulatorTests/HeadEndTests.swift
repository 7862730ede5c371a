import HeadEndSimulator
import MeterCore
import MeterFormats
import Testing

@Suite struct HeadEndTests {
    private static func plan(seed: UInt64 = 7, faults: FaultRates = FaultRates()) throws -> SimulationPlan {
        let day = try #require(CivilDate(year: 2026, month: 3, day: 2))
        return SimulationPlan(meters: 60, days: 3, seed: seed, firstDay: day, zone: .utc, faults: faults)
    }

    private static func deliveries(_ headEnd: HeadEnd) -> [Delivery] {
        var headEnd = headEnd
        var result: [Delivery] = []
        while let delivery = headEnd.next() { result.append(delivery) }
        return result
    }

    @Test func theSameSeedGivesTheSameBytes() throws {
        let first = HeadEndTests.deliveries(HeadEnd(plan: try HeadEndTests.plan()))
        let second = HeadEndTests.deliveries(HeadEnd(plan: try HeadEndTests.plan()))
        #expect(first.map(\.body) == second.map(\.body))
        #expect(first.map(\.idempotencyKey) == second.map(\.idempotencyKey))
        let other = HeadEndTests.deliveries(HeadEnd(plan: try HeadEndTests.plan(seed: 8)))
        #expect(first.map(\.body) != other.map(\.body))
    }

    @Test func deliveriesComeInOrderOfReceiptAndTruthCountsThem() throws {
        let headEnd = HeadEnd(plan: try HeadEndTests.plan())
        let deliveries = HeadEndTests.deliveries(headEnd)
        let truth = headEnd.truth()
        #expect(
            zip(deliveries, deliveries.dropFirst()).allSatisfy {
                $0.receivedAtMilliseconds <= $1.receivedAtMilliseconds
            }
        )
        #expect(truth.payloads == deliveries.count)
        #expect(deliveries.count - Set(deliveries.map(\.idempotencyKey)).count == truth.duplicates)
        #expect(truth.totals.reduce(0, +) == 60 * 288)
        #expect(truth.totals.allSatisfy { $0 > 0 })
    }

    /// Everything that can be decoded, laid on one another, is what the truth says was measured.
    @Test func decodedPayloadsAgreeWithTheTruth() throws {
        let plan = try HeadEndTests.plan()
        let headEnd = HeadEnd(plan: plan)
        let truth = headEnd.truth()
        var values: [String: [Int64: Int64]] = [:]
        var refused = 0
        var alarms = 0
        var seen: Set<String> = []
        for delivery in HeadEndTests.deliveries(headEnd) where seen.insert(delivery.idempotencyKey).inserted {
            var batch = ReadingBatch()
            let mediaType = try #require(MediaType(delivery.mediaType))
            do throws(DecodeError) {
                try FormatCatalog.decode(delivery.body.span, mediaType: mediaType, zones: ZoneCatalog([]), into: &batch)
            } catch {
                refused += 1
                continue
            }
            alarms += batch.events.count
            for series in batch.series {
                for index in series.values where batch.quality[index] != Quality.missing.rawValue {
                    values[series.meter, default: [:]][batch.endSeconds[index]] = batch.billionths[index]
                }
            }
        }
        #expect(refused == truth.deadLetters)
        #expect(alarms == truth.alarms)
        for meter in 0..<plan.meters {
            let found = values[plan.meterName(meter)] ?? [:]
            for (index, outcome) in truth.outcomes[meter].enumerated() {
                let value = found[truth.intervalEnd(index).secondsSinceEpoch]
                switch outcome {
                case .validated, .failed: #expect(value == truth.billionths[meter][index])
                case .missing: #expect(value == nil)
                case .estimated: #expect(value == nil || (value ?? 0) < 0)
                }
            }
        }
    }

    @Test func withoutFaultsEverythingIsValid() throws {
        let truth = HeadEnd(plan: try HeadEndTests.plan(faults: .none)).truth()
        #expect(truth.totals == [60 * 288, 0, 0, 0])
        #expect(truth.duplicates == 0 && truth.deadLetters == 0 && truth.alarms == 0)
    }
}

import MeterBench
import MeterCore
import Testing
import VEE

/// The rig of `vee-accuracy` itself: where it cuts, what it changes, and how it scores.
@Suite("Accuracy rig")
struct AccuracyTests {
    /// 200 days of hours with a daily shape.
    private static func year(meter: String = "M") -> MeteredYear {
        MeteredYear(
            meter: meter,
            zone: "UTC",
            startSecond: 1_767_571_200,
            intervalSeconds: 3600,
            billionths: (0..<200 * 24).map { Int64(1_000_000_000 + ($0 % 24) * 50_000_000) }
        )
    }

    private static let gaps = [
        RealGap(seconds: 3600, secondOfWeek: 7200), RealGap(seconds: 7200, secondOfWeek: 86_400),
        RealGap(seconds: 36_000, secondOfWeek: 0), RealGap(seconds: 3 * 86_400, secondOfWeek: 3600),
        RealGap(seconds: 9 * 86_400, secondOfWeek: 0),
    ]

    @Test(arguments: [1, 2, 3] as [UInt64])
    func cutsFollowTheRealGapsAndKeepApart(_ seed: UInt64) {
        let year = Self.year()
        var random = BenchRandom(seed: seed)
        let cuts = GapCutter(Self.gaps).cuts(in: year, &random)
        #expect(cuts.contains { $0.gapClass == .twoHours } && cuts.contains { $0.gapClass == .week })
        for (left, right) in zip(cuts, cuts.dropFirst()) {
            #expect(right.range.lowerBound - left.range.upperBound >= 48)
        }
        for cut in cuts {
            let start = (year.startSecond + Int64(cut.range.lowerBound) * 3600) % (7 * 86_400)
            let like = Self.gaps.contains { $0.secondOfWeek == start && $0.seconds == Int64(cut.range.count) * 3600 }
            #expect(like, "a cut of \(cut.range.count) h at second \(start) of the week")
        }
        var again = BenchRandom(seed: seed)
        #expect(GapCutter(Self.gaps).cuts(in: year, &again).map(\.range) == cuts.map(\.range))
    }

    @Test func anomaliesAreWhereTheySayAndNowhereElse() {
        let truth = Self.year()
        var random = BenchRandom(seed: 7)
        let injector = AnomalyInjector(truth, other: Self.year(meter: "N"), &random)
        #expect(Set(injector.anomalies.map(\.kind)).isSuperset(of: [.spike, .negative, .unitError]))
        let touched = injector.anomalies.map(\.range)
        for index in 0..<truth.count where truth.billionths[index] != injector.year.billionths[index] {
            #expect(touched.contains { $0.contains(index) })
        }
    }

    @Test func errorsAndBiasAreThoseOfTheDefinition() {
        var sum = ErrorSum()
        sum.add(estimate: 3, truth: 2, scale: 2)
        sum.add(estimate: 1, truth: 3, scale: 2)
        #expect(sum.count == 2)
        #expect(sum.meanAbsoluteError == 1.5)
        #expect(sum.biasPercent == -20)
    }

    @Test func theProcessorsLastWordIsTaken() throws {
        var year = Self.year()
        year.billionths[1000] = nil
        year.billionths[2000] = -5
        let folded = try FoldedYear(year, configuration: VEEConfiguration(zones: ZoneCatalog([])))
        #expect(folded.values[999] == year.billionths[999])
        #expect(folded.qualities[999] == Quality.validated.rawValue)
        #expect(Quality(rawValue: folded.qualities[1000])?.isEstimated == true)
        #expect(folded.values[1000] > 0 && folded.values[2000] > 0)
        #expect(!folded.qualities.contains(Quality.missing.rawValue))
    }
}

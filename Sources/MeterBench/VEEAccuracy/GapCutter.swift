/// Cuts gaps from data without any, with the lengths and the places in the week of real ones.
package struct GapCutter: Sendable {
    /// A cut run of intervals.
    package struct Cut: Sendable {
        package var gapClass: GapClass
        package var range: Range<Int>
    }

    /// Real gaps by class, in the order they were met.
    private let patterns: [GapClass: [RealGap]]
    /// Intervals that stay between two cuts, so that each has ends and days around it.
    private static let marginSeconds: Int64 = 2 * 86_400
    /// The first weeks of a year are left whole: a channel without any history is another question.
    private static let headSeconds: Int64 = 28 * 86_400
    private static let tries = 200

    package init(_ gaps: [RealGap]) {
        var patterns: [GapClass: [RealGap]] = [:]
        for gap in gaps {
            if let gapClass = GapClass(seconds: gap.seconds) { patterns[gapClass, default: []].append(gap) }
        }
        self.patterns = patterns
    }

    func patternCount(_ gapClass: GapClass) -> Int { patterns[gapClass]?.count ?? 0 }

    /// Cuts that do not touch each other, in the order of time; the longest are placed first.
    package func cuts(in year: MeteredYear, _ random: inout BenchRandom) -> [Cut] {
        var cuts: [Cut] = []
        for gapClass in [GapClass.week, .day, .twoHours] {
            guard let real = patterns[gapClass], !real.isEmpty else { continue }
            for _ in 0..<gapClass.gapsPerYear {
                if let cut = place(gapClass, real, in: year, beside: cuts, &random) { cuts.append(cut) }
            }
        }
        return cuts.sorted { $0.range.lowerBound < $1.range.lowerBound }
    }

    private func place(
        _ gapClass: GapClass,
        _ real: [RealGap],
        in year: MeteredYear,
        beside cuts: [Cut],
        _ random: inout BenchRandom
    ) -> Cut? {
        let weeks = Int(Int64(year.count) * year.intervalSeconds / RealGap.weekSeconds)
        guard weeks > 0 else { return nil }
        let margin = Int(Self.marginSeconds / year.intervalSeconds)
        for _ in 0..<Self.tries {
            let gap = real[random.below(real.count)]
            let week = (year.startSecond / RealGap.weekSeconds + Int64(random.below(weeks))) * RealGap.weekSeconds
            let start = Int((week + gap.secondOfWeek - year.startSecond) / year.intervalSeconds)
            let length = max(1, Int((gap.seconds + year.intervalSeconds / 2) / year.intervalSeconds))
            let range = start..<start + length
            let around = range.lowerBound - margin..<range.upperBound + margin
            guard start >= Int(Self.headSeconds / year.intervalSeconds), year.isWhole(around),
                !cuts.contains(where: { $0.range.overlaps(around) })
            else { continue }
            return Cut(gapClass: gapClass, range: range)
        }
        return nil
    }
}

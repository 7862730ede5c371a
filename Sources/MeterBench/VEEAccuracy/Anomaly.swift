/// A fault put into real data at a known place.
package struct Anomaly: Sendable {
    package enum Kind: String, Sendable, CaseIterable {
        /// One interval many times the day's highest.
        case spike
        /// A register that stands still while time goes on: equal values for hours.
        case stuck
        case negative
        /// A day in Wh that was taken for kWh.
        case unitError = "unit-error"
        /// Days of another meter.
        case swapped
        /// The device's clock is minutes off.
        case clockDrift = "clock-drift"

        /// The rules that are there to find it.
        var rules: [UInt32] {
            switch self {
            case .spike: [19, 21]
            case .stuck: [29]
            case .negative: [30]
            case .unitError: [20, 22, 23, 24, 35]
            case .swapped: [22, 23, 24, 35]
            case .clockDrift: [2]
            }
        }

        var perYear: Int {
            switch self {
            case .spike, .negative: 3
            case .stuck, .clockDrift: 2
            case .unitError, .swapped: 1
            }
        }
    }

    package var kind: Kind
    /// Intervals that were changed.
    package var range: Range<Int>
}

/// Puts anomalies into a year, none within two days of another.
package struct AnomalyInjector: Sendable {
    /// The first weeks are left as they are, so that rules that look back have something to look at.
    private static let headSeconds: Int64 = 56 * 86_400
    private static let tries = 200

    package private(set) var year: MeteredYear
    package private(set) var anomalies: [Anomaly] = []
    private(set) var facts: [Int: FoldedYear.DayFacts] = [:]

    private var daySlots: Int { Int(86_400 / year.intervalSeconds) }

    /// - Parameter other: whose days are swapped in.
    package init(_ truth: MeteredYear, other: MeteredYear, _ random: inout BenchRandom) {
        year = truth
        for kind in Anomaly.Kind.allCases {
            for _ in 0..<kind.perYear { inject(kind, truth, other, &random) }
        }
    }

    private mutating func inject(
        _ kind: Anomaly.Kind,
        _ truth: MeteredYear,
        _ other: MeteredYear,
        _ random: inout BenchRandom
    ) {
        for _ in 0..<Self.tries {
            guard let range = place(kind, truth, &random) else { continue }
            let margin = range.lowerBound - 2 * daySlots..<range.upperBound + 2 * daySlots
            guard truth.isWhole(margin), !anomalies.contains(where: { $0.range.overlaps(margin) }),
                change(kind, range, other, &random)
            else { continue }
            anomalies.append(Anomaly(kind: kind, range: range))
            return
        }
    }

    private func place(_ kind: Anomaly.Kind, _ truth: MeteredYear, _ random: inout BenchRandom) -> Range<Int>? {
        let head = Int(Self.headSeconds / truth.intervalSeconds)
        guard truth.count > head + 8 * daySlots else { return nil }
        let start = head + random.below(truth.count - head - 8 * daySlots)
        let day = start / daySlots * daySlots
        switch kind {
        case .spike, .negative: return start..<start + 1
        case .stuck: return start..<start + daySlots / 4 + random.below(daySlots / 2)
        case .unitError, .clockDrift: return day..<day + daySlots
        case .swapped: return day..<day + 3 * daySlots
        }
    }

    /// False where the data there is no place for it.
    private mutating func change(
        _ kind: Anomaly.Kind,
        _ range: Range<Int>,
        _ other: MeteredYear,
        _ random: inout BenchRandom
    ) -> Bool {
        switch kind {
        case .spike:
            let around = range.lowerBound - daySlots..<range.upperBound + daySlots
            let highest = year.billionths[around].compactMap { $0 }.max() ?? 0
            guard highest > year.intervalSeconds * 500_000_000 / 3600 else { return false }
            year.billionths[range.lowerBound] = highest * Int64(4 + random.below(7))
        case .negative:
            guard let value = year.billionths[range.lowerBound], value > 0 else { return false }
            year.billionths[range.lowerBound] = -value
        case .stuck:
            guard let value = year.billionths[range.lowerBound], value > 0 else { return false }
            for index in range { year.billionths[index] = value }
        case .unitError:
            guard year.billionths[range].contains(where: { $0 ?? 0 > 0 }) else { return false }
            for index in range { year.billionths[index] = year.billionths[index].map { $0 * 1000 } }
        case .swapped:
            guard other.isWhole(range) else { return false }
            for index in range { year.billionths[index] = other.billionths[index] }
        case .clockDrift:
            let seconds = Int64(200 + random.below(3400))
            facts[range.lowerBound / daySlots] = FoldedYear.DayFacts(
                clockOffsetSeconds: random.chance(perMille: 500) ? seconds : -seconds
            )
        }
        return true
    }
}

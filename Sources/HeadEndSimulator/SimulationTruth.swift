public import MeterCore

/// What should be in the read model when everything has been delivered, processed and projected. Worked out from the faults that were
/// put in, not from the rules that find them.
public struct SimulationTruth: Sendable {
    /// What an interval should have become.
    public enum Outcome: UInt8, Sendable {
        case validated
        /// A short gap, or a negative value: estimated, by a straight line where nothing better is known.
        case estimated
        /// A spike: kept, marked as failed.
        case failed
        /// A long gap: empty, or estimated from earlier days.
        case missing
    }

    public let plan: SimulationPlan
    /// Payloads sent, repeated ones included.
    public internal(set) var payloads = 0
    /// Payloads that are copies of earlier ones.
    public internal(set) var duplicates = 0
    public internal(set) var deadLetters = 0
    public internal(set) var alarms = 0
    /// Per meter, per interval.
    public private(set) var outcomes: [[Outcome]] = []
    /// Per meter, per interval, in billionths of a kWh; 0 where missing.
    public private(set) var billionths: [[Int64]] = []

    init(plan: SimulationPlan) {
        self.plan = plan
    }

    /// End of interval `index`.
    public func intervalEnd(_ index: Int) -> Instant {
        plan.period.lowerBound + Int64((index + 1) * plan.intervalSeconds)
    }

    /// Intervals by outcome over all meters, indexed by `Outcome.rawValue`.
    public var totals: [Int] {
        var totals = [0, 0, 0, 0]
        for meter in outcomes {
            for outcome in meter { totals[Int(outcome.rawValue)] += 1 }
        }
        return totals
    }

    mutating func expect(_ histories: [MeterHistory]) {
        for history in histories {
            var outcome: [Outcome] = []
            var values: [Int64] = []
            for index in history.slots.indices {
                outcome.append(history.slots[index] == .spike ? .failed : .validated)
                values.append(history.reportedWattHours[index] * 1_000_000)
            }
            fillGaps(history, &outcome, &values)
            outcomes.append(outcome)
            billionths.append(values)
        }
    }

    private func fillGaps(_ history: MeterHistory, _ outcome: inout [Outcome], _ values: inout [Int64]) {
        let maxGap = 7200 / plan.intervalSeconds
        var index = 0
        while index < history.slots.count {
            let slot = history.slots[index]
            guard slot == .missing || slot == .negative else {
                index += 1
                continue
            }
            var end = index
            while end < history.slots.count, history.slots[end] == .missing || history.slots[end] == .negative {
                end += 1
            }
            let length = end - index
            for slot in index..<end {
                if length <= maxGap, index > 0, end < history.slots.count {
                    outcome[slot] = .estimated
                    values[slot] = SimulationTruth.line(values[index - 1], values[end], slot - index + 1, length + 1)
                } else {
                    outcome[slot] = .missing
                    values[slot] = 0
                }
            }
            index = end
        }
    }

    /// `from + (to - from) * step / steps`, rounded half away from zero to a billionth.
    private static func line(_ from: Int64, _ to: Int64, _ step: Int, _ steps: Int) -> Int64 {
        let numerator = (to - from) * Int64(step)
        let half = Int64(steps) / 2
        // Integer division cuts towards zero, so half the divisor is added away from it first.
        return from + (numerator + (numerator < 0 ? -half : half)) / Int64(steps)
    }
}

import MeterCore
import RuleSets

extension Series {
    /// What is estimated under a coarser value adds up to what the finer values in force leave of it; where no method has a value for a slot
    /// the rest is spread evenly. A day's part of a longer value does not scale what a method has for all of them. Not where a slot has a value that failed: what it stands for is not known.
    ///
    /// Formula: `estimate * rest / sum of estimates`, rounded on the running sum, so that the parts add up exactly.
    func shareTotals(_ outcome: inout DayOutcome) {
        for total in sharing.totals where total.slots.overlaps(outcome.survey.slots) {
            let slots = total.slots.clamped(to: outcome.survey.slots)
            guard slots == total.slots else { continue }
            // Another series has the time of the covered ones, and its values are taken off the total already.
            let elements = slots.filter { !sharing.covered.contains($0) }.map { Int($0 - outcome.survey.first) }
            var rest = Int128(total.value)
            var open: [Int] = []
            var isKnown = true
            for index in elements {
                if outcome.isFilled[index] || outcome.wants[index] {
                    open.append(index)
                } else if outcome.survey.verdicts[index].isUsable {
                    rest -= Int128(outcome.values[index])
                } else {
                    isKnown = false
                }
            }
            guard isKnown, rest >= 0, !open.isEmpty else { continue }
            if total.isShare, open.allSatisfy({ outcome.isFilled[$0] }) { continue }
            let isWhole = open.allSatisfy { outcome.isFilled[$0] && outcome.values[$0] >= 0 }
            let estimated = isWhole ? open.reduce(Int128(0)) { $0 + Int128(outcome.values[$1]) } : 0
            var sum: Int128 = 0
            var last: Int64 = 0
            for index in open {
                sum += estimated > 0 ? Int128(outcome.values[index]) : 1
                let whole = estimated > 0 ? estimated : Int128(open.count)
                let next = Rounding.quotient(sum * rest, whole)
                let method =
                    estimated > 0
                    ? EstimationMethod(rawValue: outcome.methods[index]) ?? .registerFlat : .registerFlat
                outcome.fill(index, next - last, .estimatedScaled, method)
                last = next
            }
        }
    }
}

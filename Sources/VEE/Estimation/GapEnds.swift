import MeterCore
import RuleSets

/// A gap with what stands on both sides of it.
struct GapEnds {
    /// The whole gap, or the part of a long one that was looked at.
    var slots: Range<Int64>
    /// The values directly before and after, when they may be ends of an interpolation.
    var before: Int64?
    var after: Int64?
    /// The power was out directly before, and directly after.
    var isOutBefore = false
    var isOutAfter = false
    /// The nearest values beyond the outage that may be ends.
    var beyondBefore: Int64?
    var beyondAfter: Int64?
}

extension Series {
    /// The gap that has `slot`, as far as `survey` reaches.
    func gapEnds(at slot: Int64, _ survey: Survey, outageReach: Int64, _ facts: MeterFacts) -> GapEnds {
        var lower = slot
        while lower > firstKnown, survey.verdict(lower - 1) == .gap { lower -= 1 }
        var upper = slot + 1
        while survey.verdict(upper) == .gap { upper += 1 }
        var ends = GapEnds(slots: lower..<upper)
        ends.before = endPoint(lower - 1, survey, facts)
        ends.after = endPoint(upper, survey, facts)
        ends.isOutBefore = ends.before == nil && isOut(lower - 1, survey, facts)
        ends.isOutAfter = ends.after == nil && isOut(upper, survey, facts)
        if ends.isOutBefore {
            var place = lower - 2
            while place >= lower - 1 - outageReach, isOut(place, survey, facts) { place -= 1 }
            ends.beyondBefore = endPoint(place, survey, facts)
        }
        if ends.isOutAfter {
            var place = upper + 1
            while place <= upper + outageReach, isOut(place, survey, facts) { place += 1 }
            ends.beyondAfter = endPoint(place, survey, facts)
        }
        return ends
    }

    /// A slot's value when it may be an end of an interpolation: measured, without objection, and with power all the time.
    private func endPoint(_ slot: Int64, _ survey: Survey, _ facts: MeterFacts) -> Int64? {
        guard survey.verdict(slot).isUsable, Self.isMeasured(survey.qualities[Int(slot - survey.first)]),
            !isOut(slot, survey, facts)
        else { return nil }
        return survey.value(slot)
    }

    /// Whether the power was out in a part of a slot that is not in a gap.
    private func isOut(_ slot: Int64, _ survey: Survey, _ facts: MeterFacts) -> Bool {
        guard survey.slots.contains(slot), survey.verdict(slot) != .gap else { return false }
        if IntervalFlags(rawValue: survey.flags[Int(slot - survey.first)]).contains(.powerFailed) { return true }
        return facts.outages.touch(start(of: slot)..<start(of: slot) + intervalSeconds)
    }

    /// Whether a known outage has the whole of a slot.
    func isWhollyOut(_ slot: Int64, _ facts: MeterFacts) -> Bool {
        if facts.outages.isEmpty { return false }
        let from = start(of: slot)
        return facts.outages.contains { $0.lowerBound <= from && $0.upperBound >= from + intervalSeconds }
    }
}

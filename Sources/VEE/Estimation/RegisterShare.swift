import MeterCore
import MeterEvents
import RuleSets

/// What two register readings leave for the estimates between them.
struct RegisterShare {
    /// The time between the readings, seconds since 1970.
    var span: Range<Int64>
    /// What passed, less what was measured.
    var rest: Int128
    /// Sum of the estimates before scaling.
    var estimated: Int128
    /// How many estimates there are, and the highest value of the span, measured or estimated.
    var estimates: Int128 = 0
    var highest: Int64 = 0
    /// Every slot of the span is measured or estimated, and scaling is possible.
    var isScalable: Bool
    /// Sum of the estimates of the span's earlier days, by the start of the day.
    var before: [(start: Int64, sum: Int128)]
}

extension Series {
    func totalRegister(_ facts: MeterFacts) -> RegisterRecord? {
        facts.registers.first { $0.channel == channel && $0.tou.isEmpty && $0.unit == unit }
    }

    /// Whether what passed between two readings can be shared out: both stand and the count goes on, with the same configuration.
    private func isUsable(
        _ span: RegisterChain.Span,
        _ scaling: EstimationParameters.Scaling,
        _ facts: MeterFacts
    ) -> Bool {
        span.advance != nil && span.time.count <= scaling.maximumSpanDays * 86_400 && isAligned(span.time)
            && span.to.at <= closedThrough && isWhole(slots(of: span.time))
            && !isReconfigured(slots(of: span.time), facts)
    }

    /// Whether estimates of a span can have so much together: no more on average than the connection carries, nor than the rules allow of the
    /// highest value around.
    private func isPlausible(
        _ rest: Int128,
        for count: Int128,
        highest: Int64?,
        _ rules: DayRules
    ) -> Bool {
        let carried = adopted[rules.index].limits.highest
        if carried < .max, rest > count * Int128(carried) { return false }
        let percent = adopted[rules.index].rules.parameters.estimation.scaling.peakPercentBillionths
        guard percent > 0, let highest else { return true }
        let (bound, overflow) = (count * Int128(highest)).multipliedReportingOverflow(by: Int128(percent))
        return overflow || rest <= bound / (100 * Int128(Quantity.scale))
    }

    private func isAligned(_ span: Range<Int64>) -> Bool {
        (span.lowerBound - phase) % intervalSeconds == 0 && (span.upperBound - phase) % intervalSeconds == 0
    }

    /// E8: what the registers on both sides leave, spread evenly over what has no measured value.
    ///
    /// Formula: `(R - sum of measured) / count` for every slot without one. Refused where that is below zero, and where it is more than can be
    /// (`isPlausible`).
    ///
    /// Source: Itron Analytics.
    func registerFlat(_ run: Range<Int>, _ first: Int64, _ rules: DayRules, _ context: FoldContext) -> [Int64]? {
        let scaling = adopted[rules.index].rules.parameters.estimation.scaling
        var values = [Int64](repeating: .min, count: run.count)
        let time = start(of: first + Int64(run.lowerBound))..<start(of: first + Int64(run.upperBound))
        for span in registerSpans(around: time, context) {
            guard let advance = span.advance, isUsable(span, scaling, context.facts) else { continue }
            let survey = survey(slots(of: span.time), context.facts)
            guard survey.count == slots(of: span.time).count, !survey.verdicts.contains(.failed) else { continue }
            var rest = Int128(advance)
            var count: Int128 = 0
            for index in 0..<survey.count {
                if survey.verdicts[index].isUsable { rest -= Int128(survey.values[index]) } else { count += 1 }
            }
            let highest = measured(around: span.time, context.facts).highest
            guard rest >= 0, count > 0, isPlausible(rest, for: count, highest: highest, rules) else { continue }
            let value = Rounding.quotient(rest, count)
            for index in run where survey.slots.contains(first + Int64(index)) {
                values[index - run.lowerBound] = value
            }
        }
        return values
    }

    /// Scales the day's estimates, and nothing else, to what the registers around them leave: `estimate * (R - measured) / estimates`.
    ///
    /// Not where a slot between the readings has no value that counts, nor where the factor would not be above zero or the estimates would be
    /// more than can be: what measured values alone exceed or can't be is for a person to look at (V25). Only between readings that were
    /// measured, that stand and of which the second goes on from the first (`RegisterChain`).
    ///
    /// Source: Oracle Interval Adjustment From Scalar, option 2; Itron Enterprise Edition topic 262240.
    mutating func scale(
        _ outcome: inout DayOutcome,
        _ day: LocalDay,
        _ rules: DayRules,
        _ context: FoldContext,
        _ calendar: inout DayCalendar,
        _ scratch: inout SettleScratch
    ) {
        let scaling = adopted[rules.index].rules.parameters.estimation.scaling
        guard scaling.isEnabled, outcome.isFilled.contains(true) else { return }
        for span in registerSpans(around: day.start..<day.end, context) {
            guard span.advance != nil, span.time.count <= scaling.maximumSpanDays * 86_400 else { continue }
            if !scratch.shares.contains(where: { $0.span == span.time }) {
                scratch.shares.append(share(of: span, rules, context, &calendar, &scratch))
            }
            guard let share = scratch.shares.first(where: { $0.span == span.time }), share.isScalable,
                let before = share.before.first(where: { $0.start == day.start })
            else { continue }
            apply(share, before.sum, to: &outcome)
        }
    }

    /// Rounds the running sum, so that the scaled values add up exactly.
    private func apply(_ share: RegisterShare, _ before: Int128, to outcome: inout DayOutcome) {
        var sum = before
        var last = Rounding.quotient(sum * share.rest, share.estimated)
        for index in 0..<outcome.survey.count where outcome.isFilled[index] {
            guard share.span.contains(start(of: outcome.survey.first + Int64(index))) else { continue }
            sum += Int128(outcome.values[index])
            let next = Rounding.quotient(sum * share.rest, share.estimated)
            outcome.values[index] = next - last
            outcome.qualities[index] = Quality.estimatedScaled.rawValue
            last = next
        }
    }

    private func share(
        of span: RegisterChain.Span,
        _ rules: DayRules,
        _ context: FoldContext,
        _ calendar: inout DayCalendar,
        _ scratch: inout SettleScratch
    ) -> RegisterShare {
        var share = RegisterShare(span: span.time, rest: 0, estimated: 0, isScalable: false, before: [])
        guard let advance = span.advance,
            isUsable(span, adopted[rules.index].rules.parameters.estimation.scaling, context.facts)
        else { return share }
        share.rest = Int128(advance)
        var day = calendar.day(at: span.from.at)
        while day.start < span.to.at {
            let kept = slots(of: day).clamped(to: keptBase..<max(keptBase, slots.end))
            let dayRules = dayRules(day, context)
            var outcome = outcome(day, kept, dayRules, context, &calendar)
            if dayRules.estimates, outcome.hasGaps {
                fillGaps(&outcome, day, dayRules, context, &calendar, &scratch)
            }
            share.before.append((day.start, share.estimated))
            guard add(outcome, slots(of: day).clamped(to: slots(of: span.time)), to: &share) else { return share }
            day = calendar.day(after: day)
        }
        let highest = max(share.highest, measured(around: span.time, context.facts).highest ?? 0)
        share.isScalable =
            share.rest > 0 && share.estimated > 0
            && isPlausible(share.rest, for: share.estimates, highest: highest, rules)
        return share
    }

    /// False: a slot has no value that counts.
    private func add(_ outcome: DayOutcome, _ part: Range<Int64>, to share: inout RegisterShare) -> Bool {
        guard outcome.survey.slots.lowerBound <= part.lowerBound, outcome.survey.slots.upperBound >= part.upperBound
        else { return false }
        for slot in part {
            let index = Int(slot - outcome.survey.first)
            if outcome.isFilled[index] {
                share.estimated += Int128(outcome.values[index])
                share.estimates += 1
                share.highest = max(share.highest, outcome.values[index])
            } else if outcome.survey.verdicts[index].isUsable {
                share.rest -= Int128(outcome.values[index])
            } else {
                return false
            }
        }
        return true
    }

    /// V06: the estimates of a run that stands for one stale reading and the lump after it add up to what the meter counted.
    func addUp(_ outcome: inout DayOutcome) {
        for finding in findings[findingIndex(outcome.survey.first)..<findingIndex(outcome.survey.slots.upperBound)]
        where finding.rule == StaleSnapshotRule.number && finding.effect == .estimate {
            let elements = finding.slots.clamped(to: outcome.survey.slots).map { Int($0 - outcome.survey.first) }
            guard elements.allSatisfy({ outcome.isFilled[$0] }) else { continue }
            let total = elements.reduce(Int128(0)) { $0 + Int128(outcome.values[$1]) }
            var sum: Int128 = 0
            var last: Int64 = 0
            for (place, index) in elements.enumerated() {
                sum += total > 0 ? Int128(outcome.values[index]) : 1
                let whole = total > 0 ? total : Int128(elements.count)
                let next =
                    place == elements.count - 1
                    ? finding.observedBillionths
                    : Rounding.quotient(sum * Int128(finding.observedBillionths), whole)
                outcome.values[index] = next - last
                last = next
            }
        }
    }
}

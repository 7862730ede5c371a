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
    /// Every slot of the span is measured or estimated, and scaling is possible.
    var isScalable: Bool
    /// Sum of the estimates of the span's earlier days, by the start of the day.
    var before: [(start: Int64, sum: Int128)]
}

extension Series {
    /// Two neighbouring readings of the total register of the channel with what passed between them.
    struct RegisterPair {
        var from: RegisterPoint
        var to: RegisterPoint
        var advance: Int64
    }

    /// Spans between neighbouring readings of the channel's total register that have a part of a time.
    func registerSpans(around time: Range<Int64>, _ facts: MeterFacts) -> [Range<Int64>] {
        guard unit.isAccumulated, let register = totalRegister(facts) else { return [] }
        var spans: [Range<Int64>] = []
        var index = max(1, register.firstIndex(from: time.lowerBound))
        while index < register.entries.count {
            let from = register.entries[index - 1].point.at
            let to = register.entries[index].point.at
            if from >= time.upperBound { break }
            if to > time.lowerBound { spans.append(from..<to) }
            index += 1
        }
        return spans
    }

    func totalRegister(_ facts: MeterFacts) -> RegisterRecord? {
        facts.registers.first { $0.channel == channel && $0.tou.isEmpty && $0.unit == unit }
    }

    /// The readings at the ends of a span, when they can be used.
    private func pair(_ span: Range<Int64>, _ rules: ResolvedRules, _ facts: MeterFacts) -> RegisterPair? {
        guard let register = totalRegister(facts) else { return nil }
        let index = register.firstIndex(from: span.upperBound)
        guard index > 0, index < register.entries.count else { return nil }
        let from = register.entries[index - 1].point
        let to = register.entries[index].point
        guard from.at == span.lowerBound, to.at == span.upperBound, Self.isMeasured(from.quality),
            Self.isMeasured(to.quality)
        else { return nil }
        let view = RegisterView(
            unit: unit,
            from: from,
            to: to,
            registration: facts.registration(of: channel),
            meter: facts.registration
        )
        guard !FirstRegisterRule.isBaseline(view),
            let advance = rules.parameters.registerIncrease.advance(view).billionths
        else { return nil }
        return RegisterPair(from: from, to: to, advance: advance)
    }

    private func isAligned(_ span: Range<Int64>) -> Bool {
        (span.lowerBound - phase) % intervalSeconds == 0 && (span.upperBound - phase) % intervalSeconds == 0
    }

    /// E8: what the registers on both sides leave, spread evenly over what has no measured value.
    ///
    /// Formula: `(R - sum of measured) / count` for every slot without one. Refused where that is below zero.
    ///
    /// Source: Itron Analytics.
    func registerFlat(_ run: Range<Int>, _ first: Int64, _ rules: DayRules, _ context: FoldContext) -> [Int64]? {
        let scaling = adopted[rules.index].rules.parameters.estimation.scaling
        var values = [Int64](repeating: .min, count: run.count)
        let time = start(of: first + Int64(run.lowerBound))..<start(of: first + Int64(run.upperBound))
        for span in registerSpans(around: time, context.facts) {
            guard span.count <= scaling.maximumSpanDays * 86_400, isAligned(span),
                span.upperBound <= closedThrough, isWhole(slots(of: span)),
                let pair = pair(span, adopted[rules.index].rules, context.facts)
            else { continue }
            let survey = survey(slots(of: span), context.facts)
            guard survey.count == slots(of: span).count, !survey.verdicts.contains(.failed) else { continue }
            var rest = Int128(pair.advance)
            var count: Int128 = 0
            for index in 0..<survey.count {
                if survey.verdicts[index].isUsable { rest -= Int128(survey.values[index]) } else { count += 1 }
            }
            guard rest >= 0, count > 0 else { continue }
            let value = Rounding.quotient(rest, count)
            for index in run where survey.slots.contains(first + Int64(index)) {
                values[index - run.lowerBound] = value
            }
        }
        return values
    }

    /// Scales the day's estimates, and nothing else, to what the registers around them leave: `estimate * (R - measured) / estimates`.
    ///
    /// Not where a slot between the readings has no value that counts, nor where the factor would not be above zero: what measured
    /// values alone exceed is for a person to look at (V25).
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
        for span in registerSpans(around: day.start..<day.end, context.facts) {
            guard span.count <= scaling.maximumSpanDays * 86_400 else { continue }
            if !scratch.shares.contains(where: { $0.span == span }) {
                scratch.shares.append(share(of: span, rules, context, &calendar, &scratch))
            }
            guard let share = scratch.shares.first(where: { $0.span == span }), share.isScalable,
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
        of span: Range<Int64>,
        _ rules: DayRules,
        _ context: FoldContext,
        _ calendar: inout DayCalendar,
        _ scratch: inout SettleScratch
    ) -> RegisterShare {
        var share = RegisterShare(span: span, rest: 0, estimated: 0, isScalable: false, before: [])
        guard isAligned(span), span.upperBound <= closedThrough, isWhole(slots(of: span)),
            let pair = pair(span, adopted[rules.index].rules, context.facts)
        else { return share }
        share.rest = Int128(pair.advance)
        var day = calendar.day(at: span.lowerBound)
        while day.start < span.upperBound {
            let kept = slots(of: day).clamped(to: keptBase..<max(keptBase, slots.end))
            let dayRules = dayRules(day, context)
            var outcome = outcome(day, kept, dayRules, context, &calendar)
            if dayRules.estimates, outcome.hasGaps {
                fillGaps(&outcome, day, dayRules, context, &calendar, &scratch)
            }
            share.before.append((day.start, share.estimated))
            guard add(outcome, slots(of: day).clamped(to: slots(of: span)), to: &share) else { return share }
            day = calendar.day(after: day)
        }
        share.isScalable = share.rest > 0 && share.estimated > 0
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

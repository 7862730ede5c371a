import MeterCore
import MeterEvents
import RuleSets

/// Judges readings of a register against each other for `RegisterChain`.
struct RegisterJudge {
    /// What passed in a time, in billionths and seconds.
    typealias Pace = (advance: Int64, seconds: Int64)
    typealias Evidence = (Range<Int64>, _ peakPercent: Int64) -> RegisterChain.Evidence?

    let entries: [RegisterRecord.Entry]
    let unit: MeasurementUnit
    let registration: ChannelRegistration?
    let facts: MeterFacts
    /// By entry of the timeline.
    let rules: [ResolvedRules]
    let timeline: RuleTimeline

    private enum Relation {
        case baseline
        /// The second goes on from the first.
        case goesOn(Int64)
        case breaks
    }

    func view(_ from: Int?, _ to: Int, passable: Int64? = nil) -> RegisterView {
        RegisterView(
            unit: unit,
            from: from.map { entries[$0].point },
            to: entries[to].point,
            registration: registration,
            meter: facts.registration,
            exchanges: facts.exchanges,
            passable: passable
        )
    }

    private func parameters(_ index: Int) -> RuleParameters {
        rules[timeline.index(at: entries[index].point.at)].parameters
    }

    /// Whether a reading was measured and the register has digits for it.
    func isUsable(_ index: Int) -> Bool {
        guard Series.isMeasured(entries[index].point.quality) else { return false }
        let dials = parameters(index).dials
        var findings: [WindowFinding] = []
        dials.judge(view(nil, index), &findings)
        return !findings.contains { $0.severity == .fail }
    }

    /// What a reading is, as the ones before and after it say.
    ///
    /// - Parameters:
    ///   - base: the last reading that stands.
    ///   - following: the readings after it that can be used.
    ///   - pace: what passed in the span that ended with `base`.
    func link(
        _ base: Int,
        _ index: Int,
        _ following: ArraySlice<Int>,
        _ pace: Pace?,
        _ evidence: Evidence
    ) -> RegisterChain.Link {
        var link = RegisterChain.Link(verdict: .continued, base: base)
        var next: Pace?
        if let first = following.first {
            let (amount, overflow) = entries[first].point.value.subtractingReportingOverflow(entries[index].point.value)
            if !overflow { next = (amount, entries[first].point.at - entries[index].point.at) }
        }
        switch relation(base, index, [pace, next].compactMap(\.self), evidence, &link.passable) {
        case .baseline: link.verdict = .baseline
        case .goesOn(let amount): link.advance = amount
        case .breaks: link.verdict = verdict(base, index, following, evidence)
        }
        return link
    }

    private func verdict(
        _ base: Int,
        _ index: Int,
        _ following: ArraySlice<Int>,
        _ evidence: Evidence
    ) -> RegisterChain.Verdict {
        let value = entries[index].point.value
        let isUpward = value >= entries[base].point.value
        // A reading that is only repeated says nothing new.
        let others = following.drop { entries[$0].point.value == value }
        guard let first = others.first else { return .unconfirmed }
        var unused: Int64?
        let onward = relation(index, first, [], evidence, &unused)
        var goesOn = false
        if case .goesOn = onward { goesOn = true }
        for later in others {
            // What comes after a known exchange says nothing about before.
            if FirstRegisterRule.isBaseline(view(base, later)) { break }
            // Above its last value the count does not return, however much time there was.
            if isUpward, entries[later].point.value >= value { continue }
            guard case .goesOn(let past) = relation(base, later, [], evidence, &unused) else { continue }
            guard goesOn else { return .outlier }
            if later == first, !isNearer(onward, index, past, base, first, evidence) { return .outlier }
            break
        }
        return goesOn ? .exchanged : .outlier
    }

    /// Whether the count from a reading on is nearer to the intervals than the one past it.
    private func isNearer(
        _ onward: Relation,
        _ index: Int,
        _ past: Int64,
        _ base: Int,
        _ later: Int,
        _ evidence: Evidence
    ) -> Bool {
        let end = entries[later].point.at
        guard case .goesOn(let amount) = onward, let own = evidence(entries[index].point.at..<end, 0),
            let all = evidence(entries[base].point.at..<end, 0)
        else { return false }
        return (Int128(amount) - own.measured).magnitude < (Int128(past) - all.measured).magnitude
    }

    private func relation(
        _ from: Int,
        _ to: Int,
        _ paces: [Pace],
        _ evidence: Evidence,
        _ passable: inout Int64?
    ) -> Relation {
        var view = view(from, to)
        if FirstRegisterRule.isBaseline(view) { return .baseline }
        guard view.seconds > 0 else { return .breaks }
        let parameters = parameters(to)
        let increase = parameters.registerIncrease
        if let known = parameters.registerLimits.highestBillionths(view) ?? increase.plausibleBillionths(view) {
            guard let amount = increase.advance(view).billionths, amount.magnitude <= known.magnitude else {
                return .breaks
            }
            return .goesOn(amount)
        }
        let percent = parameters.registerLimits.peakPercentBillionths
        if case .amount(let amount, _) = increase.advance(view),
            amount == 0 || percent == 0
                || runsLike(paces, amount, view.seconds, percent)
        {
            return .goesOn(amount)
        }
        let canRollOver = registration?.digits ?? 0 > 0
        if entries[to].point.value < entries[from].point.value, !canRollOver { return .breaks }
        if percent > 0 { passable = evidence(entries[from].point.at..<entries[to].point.at, percent)?.passable }
        view.passable = passable
        guard let amount = increase.advance(view).billionths,
            amount.magnitude <= (passable ?? .max).magnitude
        else { return .breaks }
        return .goesOn(amount)
    }

    /// Whether a span is no steeper than so many percent of all those around it.
    private func runsLike(_ paces: [Pace], _ amount: Int64, _ seconds: Int64, _ percent: Int64) -> Bool {
        guard amount > 0, !paces.isEmpty else { return false }
        let whole = 100 * Int128(Quantity.scale)
        return paces.allSatisfy { pace in
            guard pace.advance > 0, pace.seconds > 0 else { return false }
            let (own, isTooLarge) = (Int128(amount) * Int128(pace.seconds)).multipliedReportingOverflow(by: whole)
            let (other, overflow) = (Int128(pace.advance) * Int128(seconds))
                .multipliedReportingOverflow(by: Int128(percent))
            return !isTooLarge && (overflow || own <= other)
        }
    }
}

import MeterCore
import MeterEvents
import RuleSets

extension Series {
    /// What a register would read at the end of a closed window, with the reading that it starts from.
    struct Derivation {
        var value: Int64
        var quality: Quality
        var base: RegisterRecord.Entry
        var intervals: UInt32
        var estimated: UInt32
    }

    /// What there is to say of a register at the end of a window.
    enum Derived {
        case reading(Derivation)
        /// It was read then, or it can't be said.
        case nothing
        /// What it would follow from is partly forgotten: what was said stays.
        case forgotten
    }

    /// E9, a register from intervals.
    ///
    /// Formula: `r = reading + sum of the intervals since`, less `10 ^ digits` where that is reached. The reading is the nearest one before the end
    /// of the window that was measured and that stands (`RegisterChain`). Forward only.
    ///
    /// Not where the register was read at that instant, where the reading is older than `maximumSpanDays`, where an interval between has no
    /// value that counts, where the meter was exchanged or its configuration changed in between, and where the next reading does not go on
    /// from it.
    ///
    /// Source: Itron Enterprise Edition, Usage Calculation (status ESTUSGCAL).
    func derive(
        _ register: RegisterRecord,
        _ chain: RegisterChain,
        at end: Int64,
        _ rules: ResolvedRules,
        _ context: FoldContext
    ) -> Derived {
        let parameters = rules.parameters.estimation.derivedRegisters
        guard parameters.isEnabled, unit.isAccumulated, let newest = register.entries.last?.point.at else {
            return .nothing
        }
        // An hour more: a day when the clock is set back is longer.
        let reach = Int64(min(parameters.maximumSpanDays, context.limits.lookBackDays)) * 86_400 + 3600
        guard end - reach > newest - context.limits.keptSeconds, firstSlot(from: end - reach) >= forgottenBelow else {
            return .forgotten
        }
        let digits = context.facts.registration(of: channel)?.digits ?? 0
        let capacity = DialsRule.capacityBillionths(digits: digits)
        guard let base = chain.base(at: end), base.point.at >= end - reach,
            isSame(from: base.point.at, to: end, context)
        else { return .nothing }
        var span = RegisterSpan(from: base.point, to: base.point, advance: nil)
        sumResults(base.point.at..<end, into: &span)
        guard span.isAligned, span.expected > 0, span.used == span.expected else { return .nothing }
        var (value, overflow) = base.point.value.addingReportingOverflow(span.intervalSum)
        guard !overflow else { return .nothing }
        if let capacity, value >= capacity { value -= capacity }
        return .reading(
            Derivation(
                value: value,
                quality: span.projected > 0 ? .projected : .derived,
                base: base,
                intervals: UInt32(clamping: span.expected),
                estimated: UInt32(clamping: span.estimated)
            )
        )
    }

    /// Whether the same meter with the same configuration counted all the time.
    private func isSame(from start: Int64, to end: Int64, _ context: FoldContext) -> Bool {
        if let meter = context.facts.registration {
            if let installed = meter.installedFrom?.secondsSinceEpoch, start < installed, end >= installed {
                return false
            }
            if let removed = meter.installedTo?.secondsSinceEpoch, end > removed { return false }
        }
        if context.facts.exchanges.contains(where: { start < $0 && end >= $0 }) { return false }
        return !isReconfigured(slots(of: start..<end), context.facts)
    }
}

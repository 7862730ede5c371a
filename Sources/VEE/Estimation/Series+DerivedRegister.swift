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
    /// of the window that was measured and that the register has digits for. Forward only.
    ///
    /// Not where the register was read at that instant, where the reading is older than `maximumSpanDays`, where an interval between has no
    /// value that counts, and where the meter was exchanged or its configuration changed in between.
    ///
    /// Source: Itron Enterprise Edition, Usage Calculation (status ESTUSGCAL).
    func derive(_ register: RegisterRecord, at end: Int64, _ rules: ResolvedRules, _ context: FoldContext) -> Derived {
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
        guard let base = base(of: register, at: end, reach: reach, capacity),
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

    /// The nearest usable reading before an instant; nil when there is none in reach, or when the register was read at that instant.
    private func base(
        of register: RegisterRecord,
        at end: Int64,
        reach: Int64,
        _ capacity: Int64?
    ) -> RegisterRecord.Entry? {
        var index = register.firstIndex(from: end)
        if index < register.entries.count, register.entries[index].point.at == end { return nil }
        while index > 0 {
            index -= 1
            let entry = register.entries[index]
            if entry.point.at < end - reach { return nil }
            let isInRange = entry.point.value >= 0 && capacity.map { entry.point.value < $0 } ?? true
            if Self.isMeasured(entry.point.quality), isInRange { return entry }
        }
        return nil
    }

    /// Whether the same meter with the same configuration counted all the time.
    private func isSame(from start: Int64, to end: Int64, _ context: FoldContext) -> Bool {
        if let meter = context.facts.registration {
            if let installed = meter.installedFrom?.secondsSinceEpoch, start < installed, end >= installed {
                return false
            }
            if let removed = meter.installedTo?.secondsSinceEpoch, end > removed { return false }
        }
        let range = slots(of: start..<end)
        for finding in findings[findingIndex(range.lowerBound)..<findingIndex(range.upperBound)]
        where finding.rule == IntervalStatusRule.number {
            let survey = survey(finding.slots, context.facts)
            let flags = survey.flags.reduce(UInt16(0)) { $0 | $1 }
            if IntervalFlags(rawValue: flags).contains(.configurationChanged) { return false }
        }
        return true
    }
}

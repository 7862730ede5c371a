import MeterCore
import MeterEvents
import RuleSets
import StreamCore

extension Series {
    /// Puts out the new versions of one day: a record for each run, the window's state with the last, or alone.
    mutating func emit(
        _ runs: [Range<Int64>],
        _ window: WindowState?,
        _ rules: DayRules,
        _ context: FoldContext,
        _ effects: inout Effects
    ) {
        if effects.isMuted {
            fates.removeAll()
            return
        }
        let window = window.map { real($0, context) }
        let runs = isDaily ? runs.flatMap { ofOneLength($0, context) } : runs
        for index in runs.indices {
            emit(runs[index], index == runs.count - 1 ? window : nil, rules, context, &effects)
        }
        guard runs.isEmpty, window != nil else { return }
        let slot = firstSlot(from: rules.dayStart)
        emit(slot..<slot, window, rules, context, &effects)
    }

    /// Puts out the slots that have no reading in force any more, and takes them out of what is pending.
    mutating func emitWithdrawals(_ context: FoldContext, _ effects: inout Effects) {
        for place in pending.indices {
            var rest: [Range<Int64>] = []
            var withdrawn: [Range<Int64>] = []
            for run in pending[place].runs {
                var lower = run.lowerBound
                while lower < run.upperBound {
                    let isWithdrawn = slots.outQualities[Int(lower - slots.base)] == SlotStore.withdrawn
                    var upper = lower + 1
                    while upper < run.upperBound,
                        (slots.outQualities[Int(upper - slots.base)] == SlotStore.withdrawn) == isWithdrawn
                    {
                        upper += 1
                    }
                    if isWithdrawn { withdrawn.append(lower..<upper) } else { rest.append(lower..<upper) }
                    lower = upper
                }
            }
            guard !withdrawn.isEmpty else { continue }
            pending[place].runs = rest
            emit(withdrawn, nil, dayRules(pending[place].day, context), context, &effects)
        }
    }

    /// Qualities as consumers know them.
    private static func told(_ qualities: ArraySlice<UInt8>) -> [UInt8] {
        guard qualities.contains(SlotStore.withdrawn) else { return Array(qualities) }
        return qualities.map { $0 == SlotStore.withdrawn ? ValidatedIntervals.withdrawn : $0 }
    }

    /// Puts out what became of a block's values when nothing else came of it.
    mutating func emitFates(_ context: FoldContext, _ effects: inout Effects) {
        guard let fate = fates.first else { return }
        let slot = firstSlot(from: time(fate.start.secondsSinceEpoch, context))
        let index = context.timeline.index(at: start(of: slot))
        let rules = DayRules(
            index: index,
            dayStart: start(of: slot),
            isClosed: false,
            judgesAbsent: false,
            estimates: false
        )
        if effects.isMuted { fates.removeAll() } else { emit(slot..<slot, nil, rules, context, &effects) }
    }

    /// The window by the clock that everybody has.
    private func real(_ window: WindowState, _ context: FoldContext) -> WindowState {
        guard isDaily else { return window }
        var window = window
        window.start = Instant(secondsSinceEpoch: instant(window.start.secondsSinceEpoch, context))
        window.end = Instant(secondsSinceEpoch: instant(window.end.secondsSinceEpoch, context))
        return window
    }

    /// Daily values are as long as their days: the parts of a run whose days have one length.
    private func ofOneLength(_ run: Range<Int64>, _ context: FoldContext) -> [Range<Int64>] {
        var parts: [Range<Int64>] = []
        var lower = run.lowerBound
        var slot = lower
        while slot < run.upperBound {
            let length = seconds(of: slot, context)
            var next = slot + 1
            while next < run.upperBound, seconds(of: next, context) == length { next += 1 }
            parts.append(lower..<next)
            lower = next
            slot = next
        }
        return parts
    }

    /// How long an interval really is.
    func seconds(of slot: Int64, _ context: FoldContext) -> Int64 {
        guard isDaily else { return intervalSeconds }
        return max(1, instant(start(of: slot + 1), context) - instant(start(of: slot), context))
    }

    private mutating func emit(
        _ run: Range<Int64>,
        _ window: WindowState?,
        _ rules: DayRules,
        _ context: FoldContext,
        _ effects: inout Effects
    ) {
        var elements = 0..<0
        if !run.isEmpty { elements = Int(run.lowerBound - slots.base)..<Int(run.upperBound - slots.base) }
        countVersions(elements, &effects)
        var event = ValidatedIntervals(
            meter: context.meter,
            channel: channel,
            unit: unit,
            zone: context.zone,
            start: Instant(secondsSinceEpoch: instant(start(of: run.lowerBound), context)),
            intervalSeconds: Int32(clamping: seconds(of: run.lowerBound, context)),
            billionths: Array(slots.outValues[elements]),
            qualities: Self.told(slots.outQualities[elements]),
            methods: slots.outMethods[elements].map { $0 & SlotStore.methodMask },
            revisions: Array(slots.revisions[elements]),
            provenance: provenance(elements, context),
            findings: findings(run, rules, context),
            ruleSet: adopted[rules.index].rules.version,
            decidedAtMilliseconds: context.decidedAtMilliseconds,
            window: window
        )
        if !fates.isEmpty {
            event.fates = fates
            fates.removeAll()
        }
        effects.emit(
            to: VEEProcessor.validatedOutput,
            key: context.key,
            timestampMilliseconds: context.recordMilliseconds
        ) { bytes in
            event.append(to: &bytes)
        }
    }

    /// Puts out a reading of the channel's register that follows from its intervals.
    func emit(_ register: DerivedRegister, _ rules: ResolvedRules, _ context: FoldContext, _ effects: inout Effects) {
        let event = ValidatedIntervals(
            meter: context.meter,
            channel: channel,
            unit: unit,
            zone: context.zone,
            start: register.at,
            intervalSeconds: Int32(clamping: intervalSeconds),
            billionths: [],
            qualities: [],
            methods: [],
            revisions: [],
            provenance: [],
            findings: [],
            ruleSet: rules.version,
            decidedAtMilliseconds: context.decidedAtMilliseconds,
            window: nil,
            registers: [register]
        )
        effects.emit(
            to: VEEProcessor.validatedOutput,
            key: context.key,
            timestampMilliseconds: context.recordMilliseconds
        ) { bytes in
            event.append(to: &bytes)
        }
    }

    private func countVersions(_ elements: Range<Int>, _ effects: inout Effects) {
        var validated: Int64 = 0
        var estimated: Int64 = 0
        var failed: Int64 = 0
        var missing: Int64 = 0
        var revised: Int64 = 0
        for index in elements {
            switch slots.outQualities[index] {
            case Quality.missing.rawValue: missing += 1
            case Quality.failed.rawValue: failed += 1
            case Quality.validated.rawValue: validated += 1
            case SlotStore.withdrawn: continue
            case let quality: if Self.isEstimated(quality) { estimated += 1 } else { validated += 1 }
            }
            if slots.revisions[index] > 1 { revised += 1 }
        }
        effects.count(VEECounter.validated.rawValue, by: validated)
        effects.count(VEECounter.estimated.rawValue, by: estimated)
        effects.count(VEECounter.failed.rawValue, by: failed)
        effects.count(VEECounter.missing.rawValue, by: missing)
        effects.count(VEECounter.revisions.rawValue, by: revised)
    }

    /// The raw events behind the slots: for a value that came the one it came with, for one that a person entered the edit, else the one that
    /// made the decision due.
    private func provenance(_ elements: Range<Int>, _ context: FoldContext) -> [Provenance] {
        var runs: [Provenance] = []
        for index in elements {
            let raw = origin(index, context)
            if let last = runs.last, last.raw == raw {
                runs[runs.count - 1].count += 1
            } else {
                runs.append(Provenance(count: 1, raw: raw))
            }
        }
        return runs
    }

    private func origin(_ index: Int, _ context: FoldContext) -> RawReference {
        if slots.outQualities[index] == SlotStore.withdrawn { return context.raw }
        switch slots.outMethods[index] & SlotStore.methodMask {
        case EstimationMethod.none.rawValue, EstimationMethod.source.rawValue:
            guard slots.sources[index] != SlotStore.absent else { return context.raw }
            return references[Int(slots.references[index])].raw
        case EstimationMethod.manual.rawValue:
            let slotStart = start(of: slots.base + Int64(index))
            let edit = context.facts.edits.last {
                $0.channel == channel && $0.value(at: slotStart, intervalSeconds: intervalSeconds) != nil
            }
            return edit?.raw ?? context.raw
        default: return context.raw
        }
    }

    /// What the rules say about the slots of a run, in the order of slots, and of rule numbers within a slot.
    private func findings(_ run: Range<Int64>, _ rules: DayRules, _ context: FoldContext) -> [Finding] {
        var found: [Finding] = []
        appendGapFindings(run, rules, &found)
        guard !findings.isEmpty, !run.isEmpty else { return found }
        let hasGapFindings = !found.isEmpty
        for finding in findings[findingIndex(firstSlot(from: rules.dayStart))..<findingIndex(run.upperBound)] {
            let part = finding.slots.clamped(to: run)
            guard !part.isEmpty else { continue }
            found.append(
                Finding(
                    first: UInt32(part.lowerBound - run.lowerBound),
                    count: UInt32(clamping: part.count),
                    rule: finding.rule,
                    severity: finding.severity,
                    observedBillionths: finding.observedBillionths,
                    limitBillionths: finding.limitBillionths
                )
            )
        }
        if hasGapFindings { found.sort { ($0.first, $0.rule) < ($1.first, $1.rule) } }
        return found
    }

    /// V09 of slots that nothing came for.
    private func appendGapFindings(_ run: Range<Int64>, _ rules: DayRules, _ found: inout [Finding]) {
        let parameters = adopted[rules.index].rules.parameters
        guard parameters.gap.isEnabled else { return }
        for slot in run {
            let index = Int(slot - slots.base)
            guard slots.outQualities[index] != SlotStore.withdrawn,
                slots.sources[index] == SlotStore.absent || slots.sources[index] == Quality.missing.rawValue,
                slots.outMethods[index] & SlotStore.methodMask != EstimationMethod.manual.rawValue
            else { continue }
            let place = UInt32(slot - run.lowerBound)
            let isEstimated = slots.outQualities[index] != Quality.missing.rawValue
            let severity = GapRule.severity(isEstimated: isEstimated)
            if let last = found.last, last.severity == severity, last.first + last.count == place {
                found[found.count - 1].count += 1
                continue
            }
            found.append(
                Finding(
                    first: place,
                    count: 1,
                    rule: GapRule.number,
                    severity: severity,
                    observedBillionths: intervalSeconds * Quantity.scale,
                    limitBillionths: parameters.estimation.longestGapSeconds * Quantity.scale
                )
            )
        }
    }
}

import MeterCore
import MeterEvents
import StreamCore

extension Series {
    /// Puts out the new versions of one day: a record for each run, the window's state with the last, or alone.
    func emit(
        _ runs: [Range<Int64>],
        _ window: WindowState?,
        _ rules: DayRules,
        _ context: FoldContext,
        _ effects: inout Effects
    ) {
        if effects.isMuted { return }
        for index in runs.indices {
            emit(runs[index], index == runs.count - 1 ? window : nil, rules, context, &effects)
        }
        guard runs.isEmpty, let window else { return }
        let slot = firstSlot(from: window.start.secondsSinceEpoch)
        emit(slot..<slot, window, rules, context, &effects)
    }

    private func emit(
        _ run: Range<Int64>,
        _ window: WindowState?,
        _ rules: DayRules,
        _ context: FoldContext,
        _ effects: inout Effects
    ) {
        var elements = 0..<0
        if !run.isEmpty { elements = Int(run.lowerBound - slots.base)..<Int(run.upperBound - slots.base) }
        countVersions(elements, &effects)
        let event = ValidatedIntervals(
            meter: context.meter,
            channel: channel,
            unit: unit,
            zone: context.zone,
            start: Instant(secondsSinceEpoch: start(of: run.lowerBound)),
            intervalSeconds: Int32(clamping: intervalSeconds),
            billionths: Array(slots.outValues[elements]),
            qualities: Array(slots.outQualities[elements]),
            methods: Array(slots.outMethods[elements]),
            revisions: Array(slots.revisions[elements]),
            provenance: provenance(elements, context),
            findings: findings(run, rules, context),
            ruleSet: context.timeline.entries[rules.index].rules.version,
            decidedAtMilliseconds: context.decidedAtMilliseconds,
            window: window
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

    /// The raw events behind the slots: for a value that came the one it came with, else the one that made the decision due.
    private func provenance(_ elements: Range<Int>, _ context: FoldContext) -> [Provenance] {
        var runs: [Provenance] = []
        var last = UInt32.max
        let decided = UInt32.max - 1
        for index in elements {
            let isOwn =
                slots.sources[index] != SlotStore.absent
                && slots.outMethods[index] != EstimationMethod.linear.rawValue
            let reference = isOwn ? slots.references[index] : decided
            if reference == last {
                runs[runs.count - 1].count += 1
                continue
            }
            last = reference
            runs.append(Provenance(count: 1, raw: isOwn ? references[Int(reference)].raw : context.raw))
        }
        return runs
    }

    /// What the rules say about the slots of a run, in the order of slots, and of rule numbers within a slot.
    private func findings(_ run: Range<Int64>, _ rules: DayRules, _ context: FoldContext) -> [Finding] {
        var findings: [Finding] = []
        if rules.offsetSeconds != 0, !run.isEmpty {
            findings.append(
                Finding(
                    first: 0,
                    count: UInt32(clamping: run.count),
                    rule: AlignmentRule.number,
                    severity: .warn,
                    observedBillionths: rules.offsetSeconds * 1_000_000_000,
                    limitBillionths: 0
                )
            )
        }
        for slot in run {
            let index = Int(slot - slots.base)
            let source = slots.sources[index]
            if source == Quality.raw.rawValue, slots.values[index] >= 0, spikes.isEmpty { continue }
            let place = UInt32(slot - run.lowerBound)
            let quality = source & SlotStore.qualityMask
            if quality == SlotStore.absent || quality == Quality.missing.rawValue {
                appendGapFinding(index, place, rules, context, &findings)
            } else if let spike = spike(at: slot) {
                findings.append(
                    Finding(
                        first: place,
                        count: 1,
                        rule: SpikeRule.number,
                        severity: spike.severity,
                        observedBillionths: spike.observedBillionths,
                        limitBillionths: spike.limitBillionths
                    )
                )
            } else if failsNegative(slots.values[index], quality, rules.index) {
                findings.append(
                    Finding(
                        first: place,
                        count: 1,
                        rule: NegativeRule.number,
                        severity: .fail,
                        observedBillionths: slots.values[index],
                        limitBillionths: 0
                    )
                )
            }
        }
        return findings
    }

    private func appendGapFinding(
        _ index: Int,
        _ place: UInt32,
        _ rules: DayRules,
        _ context: FoldContext,
        _ findings: inout [Finding]
    ) {
        let set = context.timeline.entries[rules.index].rules
        guard set.gap.isEnabled else { return }
        let isEstimated = slots.outQualities[index] != Quality.missing.rawValue
        let finding = Finding(
            first: place,
            count: 1,
            rule: GapRule.number,
            severity: GapRule.severity(isEstimated: isEstimated),
            observedBillionths: intervalSeconds * 1_000_000_000,
            limitBillionths: (set.linear.isEnabled ? set.linear.maximumGapSeconds : 0) * 1_000_000_000
        )
        if var last = findings.last, last.rule == finding.rule, last.severity == finding.severity,
            last.first + last.count == place
        {
            last.count += 1
            findings[findings.count - 1] = last
        } else {
            findings.append(finding)
        }
    }
}

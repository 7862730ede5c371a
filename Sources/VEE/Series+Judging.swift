import MeterCore
import MeterEvents
import RuleSets

extension Series {
    /// Whether any slot of a range of `slots` could be found by a rule on single values.
    func isSuspicious(_ range: Range<Int64>, _ limits: SlotLimits) -> Bool {
        for index in Int(range.lowerBound - slots.base)..<Int(range.upperBound - slots.base) {
            guard limits.isSuspect(slots.values[index], IntervalFlags(rawValue: slots.flags[index])) else { continue }
            if slots.sources[index] != SlotStore.absent { return true }
        }
        return false
    }

    /// Whether findings, edits or the device speak about slots of a range.
    func isTouched(_ range: Range<Int64>, _ facts: MeterFacts) -> Bool {
        if !findings.isEmpty, findingIndex(range.lowerBound) < findingIndex(range.upperBound) { return true }
        if !facts.tests.isEmpty, facts.tests.touch(start(of: range.lowerBound)..<start(of: range.upperBound)) {
            return true
        }
        return hasEdits(facts)
    }

    /// Runs the rules on intervals over a day. Returns the slots about which something else is found than before, ascending.
    mutating func judge(
        _ day: LocalDay,
        isClosed: Bool,
        _ context: FoldContext,
        _ calendar: inout DayCalendar
    ) -> [Int64] {
        let kept = slots(of: day).clamped(to: slots.base..<slots.end)
        guard !kept.isEmpty else { return [] }
        let adopted = adopted[context.timeline.index(at: day.start)]
        var found: [RuleFinding] = []
        var view = view(of: kept, day, isClosed, adopted.limits, context.facts)
        let spike = adopted.rules.parameters.spike
        if isClosed { askPeaks(of: day, spike, &view, context, &calendar) }
        adopted.rules.parameters.judgeIntervals(view, &found)
        let lower = findingIndex(kept.lowerBound)
        let upper = findingIndex(kept.upperBound)
        var new = shiftFindings(kept, adopted.rules.parameters.alignment)
        if found.isEmpty, new.isEmpty, lower == upper { return [] }
        for finding in found {
            new.append(
                SlotFinding(
                    first: kept.lowerBound + Int64(finding.first),
                    count: finding.count,
                    rule: finding.rule,
                    severity: finding.severity,
                    effect: finding.effect,
                    observedBillionths: finding.observedBillionths,
                    limitBillionths: finding.limitBillionths
                )
            )
        }
        new.sort { ($0.first, $0.rule) < ($1.first, $1.rule) }
        let old = findings[lower..<upper]
        if old.elementsEqual(new) { return [] }
        var changed: [Int64] = []
        for slot in kept where !Self.same(old, new[...], slot) { changed.append(slot) }
        findings.replaceSubrange(lower..<upper, with: new)
        return changed
    }

    /// Tells V19 the peaks of the windows before, where it asks for them, and notes that it did.
    private mutating func askPeaks(
        of day: LocalDay,
        _ spike: SpikeRule,
        _ view: inout DayView,
        _ context: FoldContext,
        _ calendar: inout DayCalendar
    ) {
        let place = peakDays.lastIndex { $0 <= day.start }
        let isNoted = place.map { peakDays[$0] == day.start } ?? false
        guard spike.isCandidate(view) else {
            if isNoted, let place { peakDays.remove(at: place) }
            return
        }
        if !isNoted { peakDays.insert(day.start, at: place.map { $0 + 1 } ?? 0) }
        var history = PeakHistory()
        // No farther than every day of the kept history can look back.
        let reach = min(spike.historyDays, Int64(context.limits.lookBackDays))
        let first = day.date.daysSinceEpoch - Int32(clamping: reach)
        let second = day.start.flooredRemainder(86_400)
        var other = day
        while other.start > start(of: max(keptBase, firstKnown)) {
            other = calendar.day(at: other.start - 1)
            guard other.date.daysSinceEpoch >= first else { break }
            let isAlike =
                other.end - other.start >= Self.leastDaySeconds || other.start.flooredRemainder(86_400) == second
            if isAlike { history.add(peak(other, context.facts)) }
        }
        view.history = history
    }

    /// The highest measured value of a window, whatever the rules say of it; `Int64.min` without any.
    private func peak(_ day: LocalDay, _ facts: MeterFacts) -> Int64 {
        let survey = survey(slots(of: day), facts)
        var peak = Int64.min
        for index in 0..<survey.count where Self.isMeasured(survey.qualities[index]) {
            peak = max(peak, survey.values[index])
        }
        return peak
    }

    /// V08 of values whose stamps were a little off the grid that they were put on.
    private func shiftFindings(_ kept: Range<Int64>, _ rule: AlignmentRule) -> [SlotFinding] {
        guard rule.isEnabled, references.contains(where: { $0.shiftSeconds != 0 }) else { return [] }
        var found: [SlotFinding] = []
        for slot in kept {
            let index = Int(slot - slots.base)
            guard slots.sources[index] != SlotStore.absent else { continue }
            let shift = Int64(references[Int(slots.references[index])].shiftSeconds)
            guard shift != 0 else { continue }
            if let last = found.last, last.slots.upperBound == slot, last.observedBillionths == shift * Quantity.scale {
                found[found.count - 1].count += 1
                continue
            }
            found.append(
                SlotFinding(
                    first: slot,
                    count: 1,
                    rule: AlignmentRule.number,
                    severity: rule.severity,
                    effect: .note,
                    observedBillionths: shift * Quantity.scale,
                    limitBillionths: BlockPlacement.toleranceSeconds(intervalSeconds) * Quantity.scale
                )
            )
        }
        return found
    }

    private func view(
        of kept: Range<Int64>,
        _ day: LocalDay,
        _ isClosed: Bool,
        _ limits: SlotLimits,
        _ facts: MeterFacts
    ) -> DayView {
        let outages = facts.outages.filter { $0.lowerBound < day.end && $0.upperBound > day.start }
        let tests = facts.tests.filter { $0.lowerBound < day.end && $0.upperBound > day.start }
        let stale = facts.staleAt.filter { $0 >= day.start && $0 <= day.end }
        if hasEdits(facts) {
            let survey = survey(kept, facts)
            return DayView(
                values: survey.values,
                qualities: survey.qualities,
                flags: survey.flags,
                elements: 0..<survey.count,
                start: start(of: kept.lowerBound),
                dayStart: day.start,
                dayEnd: day.end,
                intervalSeconds: intervalSeconds,
                unit: unit,
                isClosed: isClosed,
                previous: previous(kept.lowerBound, facts),
                limits: limits,
                outages: outages,
                tests: tests,
                staleAt: stale
            )
        }
        return DayView(
            values: slots.values,
            qualities: slots.sources,
            flags: slots.flags,
            elements: Int(kept.lowerBound - slots.base)..<Int(kept.upperBound - slots.base),
            start: start(of: kept.lowerBound),
            dayStart: day.start,
            dayEnd: day.end,
            intervalSeconds: intervalSeconds,
            unit: unit,
            isClosed: isClosed,
            previous: previous(kept.lowerBound, facts),
            limits: limits,
            outages: outages,
            tests: tests,
            staleAt: stale
        )
    }

    /// The last measured value within a day before a slot.
    private func previous(_ slot: Int64, _ facts: MeterFacts) -> (start: Int64, value: Int64)? {
        let reach = max(1, 86_400 / intervalSeconds)
        if hasEdits(facts) {
            let before = survey(slot - reach..<slot, facts)
            for index in (0..<before.count).reversed() where Self.isMeasured(before.qualities[index]) {
                return (start(of: before.first + Int64(index)), before.values[index])
            }
            return nil
        }
        var place = slot - 1
        while place >= slots.base, place >= slot - reach {
            let index = Int(place - slots.base)
            if Self.isMeasured(slots.sources[index]) { return (start(of: place), slots.values[index]) }
            place -= 1
        }
        return nil
    }

    /// Whether two lists of findings say the same of a slot.
    private static func same(_ one: ArraySlice<SlotFinding>, _ other: ArraySlice<SlotFinding>, _ slot: Int64) -> Bool {
        var left = one.makeIterator()
        var right = other.makeIterator()
        while true {
            var first = left.next()
            while let finding = first, !finding.slots.contains(slot) { first = left.next() }
            var second = right.next()
            while let finding = second, !finding.slots.contains(slot) { second = right.next() }
            guard let first, let second else { return first == nil && second == nil }
            guard first.rule == second.rule, first.severity == second.severity, first.effect == second.effect,
                first.observedBillionths == second.observedBillionths, first.limitBillionths == second.limitBillionths
            else { return false }
        }
    }
}

import MeterCore
import MeterEvents
import RuleSets
import StreamCore

extension Series {
    /// A day to be decided, and which of its slots.
    private struct Plan {
        var day: LocalDay
        var part: Range<Int64>
    }

    /// Decides the slots of `range` anew, with all that leans on them. `forced` slots (ascending) get a new version even when value, quality
    /// and method stay. What became different waits in `pending`.
    mutating func settle(
        _ range: Range<Int64>,
        forced: [Int64] = [],
        _ context: FoldContext,
        _ calendar: inout DayCalendar
    ) {
        let range = range.clamped(to: keptBase..<max(keptBase, slots.end))
        guard !range.isEmpty else { return }
        let firstDay = calendar.day(at: start(of: range.lowerBound))
        thaw(from: firstSlot(from: firstDay.start) - max(1, 86_400 / intervalSeconds))
        var forced = forced
        var plans: [Plan] = []
        var day = firstDay
        while day.start < start(of: range.upperBound) {
            plan(day, range, &plans, &forced, context, &calendar)
            day = calendar.day(after: day)
        }
        // A rule may look at the value before the day.
        if day.end <= closedThrough, day.start < start(of: slots.end) {
            let changed = judge(day, isClosed: true, context, &calendar)
            if !changed.isEmpty {
                forced.append(contentsOf: changed)
                plans.append(Plan(day: day, part: slots(of: day).clamped(to: slots.base..<slots.end)))
            }
        }
        judgePeaks(behind: firstDay.start, &plans, &forced, context, &calendar)
        forced.sort()
        let closed = plans.filter { $0.day.end <= closedThrough }
        if let first = closed.first, let last = closed.last {
            addDependents(of: first.day, through: last.day, &plans, context, &calendar)
        }
        var scratch = SettleScratch()
        for plan in plans {
            decide(plan.day, plan.part, forced, context, &calendar, &scratch)
        }
    }

    private mutating func plan(
        _ day: LocalDay,
        _ range: Range<Int64>,
        _ plans: inout [Plan],
        _ forced: inout [Int64],
        _ context: FoldContext,
        _ calendar: inout DayCalendar
    ) {
        let kept = slots(of: day).clamped(to: slots.base..<slots.end)
        guard !kept.isEmpty else { return }
        let isClosed = day.end <= closedThrough
        var part = isClosed ? kept : kept.clamped(to: range)
        guard !part.isEmpty else { return }
        let limits = adopted[context.timeline.index(at: day.start)].limits
        if isClosed || isTouched(kept, context.facts) || isSuspicious(part, limits) {
            let changed = judge(day, isClosed: isClosed, context, &calendar)
            if let first = changed.first, let last = changed.last {
                forced.append(contentsOf: changed)
                part = min(part.lowerBound, first)..<max(part.upperBound, last + 1)
            }
        }
        plans.append(Plan(day: day, part: part))
    }

    /// Judges the later windows anew of which V19 compares a value with the peaks of the windows before.
    private mutating func judgePeaks(
        behind start: Int64,
        _ plans: inout [Plan],
        _ forced: inout [Int64],
        _ context: FoldContext,
        _ calendar: inout DayCalendar
    ) {
        guard let last = peakDays.last, last > start else { return }
        let planned = plans.last?.day.end ?? start
        for other in peakDays where other > start && !plans.contains(where: { $0.day.start == other }) {
            let days = adopted[context.timeline.index(at: other)].rules.parameters.spike.historyDays + 1
            guard other < planned + days * 86_400 else { break }
            let day = calendar.day(at: other)
            let kept = slots(of: day).clamped(to: slots.base..<slots.end)
            guard day.start == other, !kept.isEmpty else { continue }
            let changed = judge(day, isClosed: true, context, &calendar)
            guard !changed.isEmpty else { continue }
            forced.append(contentsOf: changed)
            plans.append(Plan(day: day, part: kept))
        }
        plans.sort { $0.day.start < $1.day.start }
    }

    /// Adds the closed days whose results may follow from those of the planned ones: days with gaps that adjoin, days that were estimated from
    /// earlier days, and days between the same register readings. Keeps the plans in order.
    private mutating func addDependents(
        of first: LocalDay,
        through last: LocalDay,
        _ plans: inout [Plan],
        _ context: FoldContext,
        _ calendar: inout DayCalendar
    ) {
        guard !windows.isEmpty else { return }
        var starts: [Int64] = []
        var index = windowIndex(first.start) - 1
        while index >= 0, windows[index].hasGaps {
            starts.append(windows[index].start)
            if !windows[index].isAllGap { break }
            index -= 1
        }
        index = windowIndex(last.end)
        while index < windows.count, windows[index].hasGaps {
            starts.append(windows[index].start)
            if !windows[index].isAllGap { break }
            index += 1
        }
        let reach = last.end + Int64(context.limits.lookBackDays + 1) * 86_400
        index = windowIndex(first.start)
        while index < windows.count, windows[index].start < reach {
            // Where a part of what it leaned on is forgotten, it would only get worse.
            let reference = windows[index].start - Int64(context.limits.lookBackDays) * 86_400
            if windows[index].leansOnHistory, firstSlot(from: reference) >= forgottenBelow {
                starts.append(windows[index].start)
            }
            index += 1
        }
        var spans = registerSpans(behind: first.start..<last.end, context)
        if !context.facts.registers.isEmpty {
            // Estimates share what registers leave: where one changes, so do those between the same readings.
            for start in starts {
                let end = windows[windowIndex(start)].end
                for span in registerSpans(around: start..<end, context) where !spans.contains(span.time) {
                    spans.append(span.time)
                }
            }
        }
        for span in spans {
            var index = windowIndex(calendar.day(at: span.lowerBound).start)
            while index < windows.count, windows[index].start < span.upperBound {
                if windows[index].hasGaps { starts.append(windows[index].start) }
                index += 1
            }
        }
        guard !starts.isEmpty else { return }
        for start in starts where !plans.contains(where: { $0.day.start == start }) {
            let day = calendar.day(at: start)
            let whole = slots(of: day)
            thaw(from: whole.lowerBound)
            let kept = whole.clamped(to: slots.base..<slots.end)
            if day.start == start, !kept.isEmpty { plans.append(Plan(day: day, part: kept)) }
        }
        plans.sort { $0.day.start < $1.day.start }
    }

    // MARK: One day

    /// What the slots of a day are judged by.
    struct DayRules {
        var index: Int
        var dayStart: Int64
        var isClosed: Bool
        /// Slots without a record are missing.
        var judgesAbsent: Bool
        /// Gaps are estimated.
        var estimates: Bool
    }

    func dayRules(_ day: LocalDay, _ context: FoldContext) -> DayRules {
        let index = context.timeline.index(at: day.start)
        let isClosed = day.end <= closedThrough
        return DayRules(
            index: index,
            dayStart: day.start,
            isClosed: isClosed,
            judgesAbsent: isClosed && isolation?.isVirgin != false && adopted[index].rules.parameters.gap.isEnabled,
            estimates: isClosed
        )
    }

    private mutating func decide(
        _ day: LocalDay,
        _ part: Range<Int64>,
        _ forced: [Int64],
        _ context: FoldContext,
        _ calendar: inout DayCalendar,
        _ scratch: inout SettleScratch
    ) {
        let rules = dayRules(day, context)
        let kept = slots(of: day).clamped(to: slots.base..<slots.end)
        var runs: [Range<Int64>] = []
        var gaps = GapSummary()
        if isTouched(kept, context.facts) || !decidePlainly(part, rules, forced, &runs) {
            var outcome = outcome(day, kept, rules, context, &calendar)
            outcome.gaps.isWaiting = rules.estimates && waits(day, outcome.gaps, rules, context)
            if rules.estimates, outcome.hasGaps, !outcome.gaps.isWaiting {
                fillGaps(&outcome, day, rules, context, &calendar, &scratch)
                scale(&outcome, day, rules, context, &calendar, &scratch)
            }
            gaps = outcome.gaps
            runs = record(outcome, part, rules, forced, context)
        }
        // A window before everything that is known is none; what another cut told of it is taken back.
        guard rules.isClosed, kept.upperBound > firstKnown else {
            if !runs.isEmpty { notePending(day, runs, isRecounted: false) }
            return
        }
        let isRecounted = recount(day, kept, gaps, context)
        // A day that is closed for the first time has a window to put out.
        notePending(day, runs, isRecounted: isRecounted)
    }

    private mutating func notePending(_ day: LocalDay, _ runs: [Range<Int64>], isRecounted: Bool) {
        var index = pending.count
        while index > 0, pending[index - 1].day.start > day.start { index -= 1 }
        if index > 0, pending[index - 1].day.start == day.start {
            let held = pending[index - 1].runs
            pending[index - 1].runs = held.isEmpty ? runs : Self.merge(held, runs)
            pending[index - 1].isRecounted = pending[index - 1].isRecounted || isRecounted
        } else {
            pending.insert(PendingDay(day: day, runs: runs, isRecounted: isRecounted), at: index)
        }
    }

    private static func merge(_ one: [Range<Int64>], _ other: [Range<Int64>]) -> [Range<Int64>] {
        var merged: [Range<Int64>] = []
        for run in (one + other).sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = merged.last, run.lowerBound <= last.upperBound {
                merged[merged.count - 1] = last.lowerBound..<max(last.upperBound, run.upperBound)
            } else {
                merged.append(run)
            }
        }
        return merged
    }

    /// Decides slots that all have a value of their own and about which nothing was found. False: there is one that has more to it; then
    /// nothing was changed.
    private mutating func decidePlainly(
        _ part: Range<Int64>,
        _ rules: DayRules,
        _ forced: [Int64],
        _ runs: inout [Range<Int64>]
    ) -> Bool {
        if sharing.covered.overlaps(part) { return false }
        let elements = Int(part.lowerBound - slots.base)..<Int(part.upperBound - slots.base)
        for index in elements {
            switch slots.sources[index] {
            case SlotStore.absent:
                // A window that was closed before its meter's days were cut anew told what was missing.
                let out = slots.outQualities[index]
                if rules.isClosed || (out != SlotStore.neverEmitted && out != SlotStore.withdrawn) { return false }
            case Quality.missing.rawValue, Quality.failed.rawValue: return false
            default: break
            }
            if slots.outMethods[index] & SlotStore.frozenBit != 0 { return false }
        }
        var runStart = Int64.min
        for index in elements {
            let source = slots.sources[index]
            let slot = slots.base + Int64(index)
            var isNew = false
            if source != SlotStore.absent {
                let quality = source == Quality.raw.rawValue ? Quality.validated.rawValue : source
                let method = Self.sourceMethod(source)
                isNew = version(index, slots.values[index], quality, method, isForced: forced.containsSorted(slot))
            }
            if isNew, runStart == .min { runStart = slot }
            if !isNew, runStart != .min {
                runs.append(runStart..<slot)
                runStart = .min
            }
        }
        if runStart != .min { runs.append(runStart..<part.upperBound) }
        return true
    }

    @inline(__always)
    static func sourceMethod(_ source: UInt8) -> UInt8 {
        source != Quality.raw.rawValue && isEstimated(source)
            ? EstimationMethod.source.rawValue : EstimationMethod.none.rawValue
    }

    /// Makes a new version of a slot when it is another result. `method` may have the frozen bit.
    @inline(__always)
    mutating func version(_ index: Int, _ value: Int64, _ quality: UInt8, _ method: UInt8, isForced: Bool) -> Bool {
        guard
            slots.outQualities[index] != quality || slots.outValues[index] != value
                || slots.outMethods[index] != method || isForced
        else { return false }
        slots.outQualities[index] = quality
        slots.outValues[index] = value
        slots.outMethods[index] = method
        // Slots that were forgotten may have been versioned before.
        slots.revisions[index] = max(slots.revisions[index], isolation == nil ? 0 : forgottenRevision) + 1
        return true
    }
}

extension [Int64] {
    /// Whether the ascending array has the element.
    @inline(__always)
    func containsSorted(_ element: Int64) -> Bool {
        if isEmpty { return false }
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if self[middle] < element { low = middle + 1 } else { high = middle }
        }
        return low < count && self[low] == element
    }
}

import MeterCore
import MeterEvents
import StreamCore

extension Series {
    /// Decides the slots of `range` anew, with all that leans on them, and puts out what became different. `forced` slots (ascending)
    /// come out even when value, quality and method stay.
    mutating func settle(
        _ range: Range<Int64>,
        forced: [Int64] = [],
        _ context: FoldContext,
        _ calendar: inout DayCalendar,
        _ effects: inout Effects
    ) {
        let range = range.clamped(to: slots.base..<slots.end)
        guard !range.isEmpty else { return }
        var affected = range
        var forced = forced
        if start(of: range.lowerBound) < closedThrough {
            markSpikes(in: range, &affected, &forced, context, &calendar)
            // A gap that is filled, or was, has both ends within this distance.
            let reach = context.timeline.maximumGapSlots(intervalSeconds: intervalSeconds) + 1
            affected = affected.lowerBound - reach..<affected.upperBound + reach
        }
        affected = affected.clamped(to: slots.base..<slots.end)
        var day = calendar.day(at: start(of: affected.lowerBound))
        while day.start < start(of: affected.upperBound) {
            let whole = slots(of: day)
            let part = whole.clamped(to: affected)
            if !part.isEmpty { settle(day, whole, part, forced, context, &effects) }
            day = calendar.day(after: day)
        }
    }

    /// Finds the spikes of the closed days of `range`; slots that became spikes or are no more widen `affected`, and ones whose numbers
    /// changed are forced out.
    private mutating func markSpikes(
        in range: Range<Int64>,
        _ affected: inout Range<Int64>,
        _ forced: inout [Int64],
        _ context: FoldContext,
        _ calendar: inout DayCalendar
    ) {
        guard unit == .kilowattHour else { return }
        var changed: [Int64] = []
        var day = calendar.day(at: start(of: range.lowerBound))
        while day.start < start(of: range.upperBound), day.end <= closedThrough {
            let whole = slots(of: day)
            let new = spikes(
                in: whole.clamped(to: slots.base..<slots.end),
                context.timeline.index(at: day.start),
                context
            )
            replaceSpikes(in: whole, with: new, &changed)
            day = calendar.day(after: day)
        }
        guard !changed.isEmpty else { return }
        for slot in changed {
            affected = min(affected.lowerBound, slot)..<max(affected.upperBound, slot + 1)
        }
        forced.append(contentsOf: changed)
        forced.sort()
    }

    private func spikes(in range: Range<Int64>, _ rulesIndex: Int, _ context: FoldContext) -> [SpikeMark] {
        let rule = context.timeline.entries[rulesIndex].rules.spike
        guard rule.isEnabled, !range.isEmpty else { return [] }
        var ranking = SpikeRule.Ranking()
        let elements = Int(range.lowerBound - slots.base)..<Int(range.upperBound - slots.base)
        for index in elements {
            let quality = slots.sources[index] & SlotStore.qualityMask
            if Self.isMeasured(quality), slots.values[index] >= 0 { ranking.offer(slots.values[index]) }
        }
        guard rule.finds(in: ranking, intervalSeconds: intervalSeconds) else { return [] }
        var marks: [SpikeMark] = []
        for index in elements {
            let value = slots.values[index]
            // What a person or a bill has settled is not taken back by a rule.
            guard Self.isChecked(slots.sources[index] & SlotStore.qualityMask), value > ranking.third,
                rule.isExceeded(by: value, third: ranking.third)
            else { continue }
            marks.append(
                SpikeMark(
                    slot: slots.base + Int64(index),
                    severity: rule.severity,
                    observedBillionths: rule.excessPercentBillionths(of: value, third: ranking.third),
                    limitBillionths: rule.thresholdPercentBillionths
                )
            )
        }
        return marks
    }

    private mutating func replaceSpikes(in range: Range<Int64>, with new: [SpikeMark], _ changed: inout [Int64]) {
        if spikes.isEmpty, new.isEmpty { return }
        let lower = spikeIndex(range.lowerBound)
        let upper = spikeIndex(range.upperBound)
        let old = spikes[lower..<upper]
        if old.elementsEqual(new) { return }
        for mark in old where !new.contains(mark) { changed.append(mark.slot) }
        for mark in new where !old.contains(mark) && changed.last != mark.slot { changed.append(mark.slot) }
        spikes.replaceSubrange(lower..<upper, with: new)
    }

    /// Index of the first spike at a slot or after it.
    func spikeIndex(_ slot: Int64) -> Int {
        var low = 0
        var high = spikes.count
        while low < high {
            let middle = (low + high) / 2
            if spikes[middle].slot < slot { low = middle + 1 } else { high = middle }
        }
        return low
    }

    func spike(at slot: Int64) -> SpikeMark? {
        if spikes.isEmpty { return nil }
        let index = spikeIndex(slot)
        return index < spikes.count && spikes[index].slot == slot ? spikes[index] : nil
    }

    // MARK: One day

    /// What the slots of a day are judged by.
    struct DayRules {
        var index: Int
        var isClosed: Bool
        /// Seconds by which the slots are off the day's grid.
        var offsetSeconds: Int64
        /// Slots without a record are missing.
        var judgesAbsent: Bool
        /// Gaps of up to this many slots are estimated; 0 where none are.
        var maximumGap: Int64
    }

    func dayRules(_ day: LocalDay, _ context: FoldContext) -> DayRules {
        let index = context.timeline.index(at: day.start)
        let rules = context.timeline.entries[index].rules
        let offset = AlignmentRule.offsetSeconds(dayStart: day.start, phase: phase, intervalSeconds: intervalSeconds)
        // A 25-hour day is no whole number of daily intervals: where the next one starts is for the source to say.
        let isEven = (day.end - day.start) % intervalSeconds == 0
        let isJudged = day.end <= closedThrough && offset == 0 && isEven
        return DayRules(
            index: index,
            isClosed: day.end <= closedThrough,
            offsetSeconds: rules.alignment.isEnabled ? offset : 0,
            judgesAbsent: isJudged && rules.gap.isEnabled && isolation?.isVirgin != false,
            maximumGap: isJudged ? rules.linear.maximumSlots(intervalSeconds: intervalSeconds) : 0
        )
    }

    private mutating func settle(
        _ day: LocalDay,
        _ whole: Range<Int64>,
        _ part: Range<Int64>,
        _ forced: [Int64],
        _ context: FoldContext,
        _ effects: inout Effects
    ) {
        let rules = dayRules(day, context)
        let runs = decide(part, rules, forced, &effects)
        let kept = whole.clamped(to: slots.base..<slots.end)
        var window: WindowState?
        if rules.isClosed, !whole.isEmpty, isWhole(whole) {
            window = recount(day, whole, kept, &effects)
        }
        emit(runs, window, rules, context, &effects)
        reviewExceptions(day, kept, rules, context, &effects)
    }

    /// Computes the results of `part` and returns the runs of slots that have a new version.
    private mutating func decide(
        _ part: Range<Int64>,
        _ rules: DayRules,
        _ forced: [Int64],
        _ effects: inout Effects
    ) -> [Range<Int64>] {
        var runs: [Range<Int64>] = []
        var gap = GapRun(slots: 0..<0, isFilled: false, before: 0, after: 0)
        var runStart = Int64.min
        for slot in part {
            let index = Int(slot - slots.base)
            let source = slots.sources[index] & SlotStore.qualityMask
            var value = slots.values[index]
            var quality = source
            var method = EstimationMethod.none.rawValue
            if source == Quality.raw.rawValue, value >= 0, spikes.isEmpty {
                quality = Quality.validated.rawValue
            } else {
                if isGap(slot, rules.index) {
                    if source == SlotStore.absent {
                        if !rules.judgesAbsent || slot < firstKnown {
                            if runStart != .min { runs.append(runStart..<slot) }
                            runStart = .min
                            continue
                        }
                        quality = Quality.missing.rawValue
                    } else if source != Quality.missing.rawValue {
                        quality = Quality.failed.rawValue
                    }
                    if rules.maximumGap > 0 {
                        if !gap.slots.contains(slot) { gap = gapRun(at: slot, rules) }
                        if gap.isFilled {
                            value = gap.value(at: slot)
                            quality = Quality.estimatedLinear.rawValue
                            method = EstimationMethod.linear.rawValue
                        }
                    }
                } else if let spike = spike(at: slot) {
                    quality = spike.severity == .fail ? Quality.failed.rawValue : Quality.questionable.rawValue
                } else if source == Quality.raw.rawValue {
                    quality = Quality.validated.rawValue
                } else if Self.isEstimated(source) {
                    method = EstimationMethod.source.rawValue
                }
            }
            let isNew =
                slots.outQualities[index] != quality || slots.outValues[index] != value
                || slots.outMethods[index] != method || forced.containsSorted(slot)
            guard isNew else {
                if runStart != .min { runs.append(runStart..<slot) }
                runStart = .min
                continue
            }
            slots.outQualities[index] = quality
            slots.outValues[index] = value
            slots.outMethods[index] = method
            slots.revisions[index] = max(slots.revisions[index], forgottenRevisionFloor(slot)) + 1
            if runStart == .min { runStart = slot }
        }
        if runStart != .min { runs.append(runStart..<part.upperBound) }
        return runs
    }

    /// Slots that were forgotten may have been versioned before.
    @inline(__always)
    private func forgottenRevisionFloor(_ slot: Int64) -> UInt32 {
        isolation == nil ? 0 : forgottenRevision
    }
}

extension [Int64] {
    /// Whether the ascending array has the element.
    @inline(__always)
    fileprivate func containsSorted(_ element: Int64) -> Bool {
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

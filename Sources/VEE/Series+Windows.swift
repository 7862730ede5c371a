import MeterCore
import MeterEvents
import RuleSets
import StreamCore

extension Series {
    /// Counts a closed day. True: what rules on windows know of it is something else than before.
    mutating func recount(
        _ day: LocalDay,
        _ kept: Range<Int64>,
        _ gaps: GapSummary,
        _ context: FoldContext
    ) -> Bool {
        let whole = slots(of: day)
        guard !whole.isEmpty, isWhole(whole) else { return false }
        let index = windowIndex(day.start)
        let isKnown = index < windows.count && windows[index].start == day.start
        var record = isKnown ? windows[index] : WindowRecord(day)
        record.hasGaps = gaps.hasGaps
        record.isAllGap = gaps.isAllGap
        record.leansOnHistory = gaps.leansOnHistory
        record.isWaiting = gaps.isWaiting
        let statistics = statistics(day, whole, kept, context.facts)
        if isKnown {
            windows[index] = record
            if self.statistics[index] == statistics { return false }
            self.statistics[index] = statistics
        } else {
            windows.insert(record, at: index)
            self.statistics.insert(statistics, at: index)
        }
        return true
    }

    private func statistics(
        _ day: LocalDay,
        _ whole: Range<Int64>,
        _ kept: Range<Int64>,
        _ facts: MeterFacts
    ) -> WindowStatistics {
        var statistics = WindowStatistics(
            date: day.date.daysSinceEpoch,
            days: day.days,
            daySeconds: Int32(clamping: day.end - day.start),
            slots.outValues.span,
            slots.outQualities.span,
            Int(kept.lowerBound - slots.base)..<Int(kept.upperBound - slots.base),
            expected: whole.count,
            firstStart: Int32(clamping: start(of: kept.lowerBound) - day.start),
            intervalSeconds: Int32(clamping: intervalSeconds)
        )
        var out: Int64 = 0
        for outage in facts.outages where outage.lowerBound < day.end && outage.upperBound > day.start {
            out += min(outage.upperBound, day.end) - max(outage.lowerBound, day.start)
        }
        statistics.outageSeconds = Int32(clamping: out)
        return statistics
    }

    /// The state of a closed window that is to go out; nil when it is the one that went out last.
    ///
    /// The state of an open window is never put out: it would change with every block, and a reader can count the slots itself.
    ///
    /// - Parameter isDecided: the day's slots are at hand and may have other results than before.
    mutating func renewWindow(
        _ day: LocalDay,
        grade: Severity?,
        isDecided: Bool,
        _ effects: inout Effects
    ) -> WindowState? {
        let index = windowIndex(day.start)
        guard index < windows.count, windows[index].start == day.start else { return nil }
        let old = windows[index]
        var new = old
        if isDecided {
            let whole = slots(of: day)
            new = count(day, whole, whole.clamped(to: slots.base..<max(slots.base, slots.end)), old)
        }
        new.grade = grade?.rawValue ?? 0
        if old.revision > 0, new == old { return nil }
        new.revision = max(old.revision, isolation == nil ? withdrawnRevision : forgottenRevision) + 1
        effects.count((old.revision > 0 ? VEECounter.windowsRevised : .windowsClosed).rawValue)
        windows[index] = new
        return new.state(isBeyondHistory: isolation != nil)
    }

    /// Slots before the channel's first known interval are expected but counted nowhere. Failed and missing values are not summed.
    private func count(
        _ day: LocalDay,
        _ whole: Range<Int64>,
        _ kept: Range<Int64>,
        _ record: WindowRecord
    ) -> WindowRecord {
        var new = record
        new.validated = 0
        new.estimated = 0
        new.failed = 0
        new.missing = 0
        var sum: Int64 = 0
        for index in Int(kept.lowerBound - slots.base)..<Int(kept.upperBound - slots.base) {
            switch slots.outQualities[index] {
            case SlotStore.neverEmitted: continue
            case Quality.missing.rawValue:
                new.missing += 1
                continue
            case Quality.failed.rawValue:
                new.failed += 1
                continue
            case Quality.validated.rawValue: new.validated += 1
            case let quality: if Self.isEstimated(quality) { new.estimated += 1 } else { new.validated += 1 }
            }
            let (total, overflow) = sum.addingReportingOverflow(slots.outValues[index])
            sum = overflow ? (sum < 0 ? .min : .max) : total
        }
        let isEven = (day.end - day.start) % intervalSeconds == 0
        let expected = isEven ? Int64(whole.count) : max(1, (day.end - day.start) / intervalSeconds)
        new.expected = UInt32(clamping: expected)
        new.sumBillionths = sum
        return new
    }

    /// Index of the first window at an instant or after it.
    func windowIndex(_ seconds: Int64) -> Int {
        var low = 0
        var high = windows.count
        while low < high {
            let middle = (low + high) / 2
            if windows[middle].start < seconds { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

extension Series.WindowRecord {
    init(_ day: LocalDay) {
        self.init(
            start: day.start,
            end: day.end,
            expected: 0,
            validated: 0,
            estimated: 0,
            failed: 0,
            missing: 0,
            revision: 0,
            sumBillionths: 0,
            grade: 0,
            hasGaps: false,
            isAllGap: false,
            leansOnHistory: false
        )
    }

    func state(isBeyondHistory: Bool) -> WindowState {
        var state = WindowState(
            start: Instant(secondsSinceEpoch: start),
            end: Instant(secondsSinceEpoch: end),
            expected: expected
        )
        state.validated = validated
        state.estimated = estimated
        state.failed = failed
        state.missing = missing
        state.isClosed = true
        state.revision = revision
        state.sumBillionths = sumBillionths
        state.grade = Severity(rawValue: grade)
        state.isBeyondHistory = isBeyondHistory
        return state
    }
}

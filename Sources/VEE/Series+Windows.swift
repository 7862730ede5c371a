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
        if sharing.covered.overlaps(whole) { leaveOutCovered(whole, kept, &statistics) }
        return statistics
    }

    /// Slots whose time another series has are neither expected nor missing.
    private func leaveOutCovered(_ whole: Range<Int64>, _ kept: Range<Int64>, _ statistics: inout WindowStatistics) {
        statistics.expected -= min(statistics.expected, UInt16(clamping: sharing.covered.count(in: whole)))
        for part in sharing.covered.part(in: kept) {
            for slot in part where slots.outQualities[Int(slot - slots.base)] == SlotStore.neverEmitted {
                statistics.missing -= min(statistics.missing, 1)
            }
        }
    }

    /// What a series has in force of a window that another series of its channel counts.
    struct WindowPart: Sendable, Equatable {
        var validated: UInt32 = 0
        var estimated: UInt32 = 0
        var failed: UInt32 = 0
        var missing: UInt32 = 0
        var sum: Int64 = 0
        var failedSum: Int64 = 0
        var highest = Int64.min
        var least = Int64.max

        var isEmpty: Bool { validated == 0 && estimated == 0 && failed == 0 && missing == 0 }
        var count: UInt32 { validated + estimated + failed + missing }

        mutating func add(_ value: Int64, _ quality: UInt8) {
            switch quality {
            case SlotStore.neverEmitted, SlotStore.withdrawn: return
            case Quality.missing.rawValue:
                missing += 1
                return
            case Quality.failed.rawValue:
                failed += 1
                failedSum = Self.sum(failedSum, value)
                return
            case Quality.validated.rawValue: validated += 1
            case let quality: if Series.isEstimated(quality) { estimated += 1 } else { validated += 1 }
            }
            sum = Self.sum(sum, value)
            highest = max(highest, value)
            least = min(least, value)
        }

        mutating func add(_ other: WindowPart) {
            validated += other.validated
            estimated += other.estimated
            failed += other.failed
            missing += other.missing
            sum = Self.sum(sum, other.sum)
            failedSum = Self.sum(failedSum, other.failedSum)
            highest = max(highest, other.highest)
            least = min(least, other.least)
        }

        /// Cut at the ends of `Int64`.
        static func sum(_ one: Int64, _ other: Int64) -> Int64 {
            let (total, overflow) = one.addingReportingOverflow(other)
            return overflow ? (other < 0 ? .min : .max) : total
        }
    }

    /// What is in force of slots, at hand or cold.
    func part(_ range: Range<Int64>) -> WindowPart {
        var part = WindowPart()
        var slot = max(range.lowerBound, keptBase)
        let end = min(range.upperBound, slots.end)
        while slot < end {
            if let piece = cold.piece(at: slot) {
                var unused: [Reference] = []
                let store = cold.read(piece, &unused)
                let upper = min(end, store.end)
                for place in Int(slot - store.base)..<Int(upper - store.base) {
                    part.add(store.outValues[place], store.outQualities[place])
                }
                slot = upper
            } else {
                let place = Int(slot - slots.base)
                part.add(slots.outValues[place], slots.outQualities[place])
                slot += 1
            }
        }
        return part
    }

    /// The state of a closed window that is to go out; nil when it is the one that went out last, or when another series counts it.
    ///
    /// The state of an open window is never put out: it would change with every block, and a reader can count the slots itself.
    ///
    /// - Parameters:
    ///   - isDecided: the day's slots are at hand and may have other results than before.
    ///   - others: what the other series of the channel have in it; nil where it has none.
    mutating func renewWindow(
        _ day: LocalDay,
        grade: Severity?,
        isDecided: Bool,
        others: ChannelWindow?,
        _ effects: inout Effects
    ) -> WindowState? {
        let index = windowIndex(day.start)
        guard index < windows.count, windows[index].start == day.start else { return nil }
        if sharing.followed.overlaps(day.start..<day.end) { return nil }
        let old = windows[index]
        var new = old
        if isDecided {
            let whole = slots(of: day)
            new = count(day, whole, whole.clamped(to: slots.base..<max(slots.base, slots.end)), old)
            if let part = others?.part { new.add(part) }
        }
        new.grade = grade?.rawValue ?? 0
        // Another series may have counted the window in between.
        let isLatest = (others?.revision ?? 0) <= old.revision
        if old.revision > 0, new == old, isLatest { return nil }
        let known = max(old.revision, others?.revision ?? 0)
        new.revision = max(known, isolation == nil ? withdrawnRevision : forgottenRevision) + 1
        effects.count((old.revision > 0 ? VEECounter.windowsRevised : .windowsClosed).rawValue)
        windows[index] = new
        return new.state(isBeyondHistory: isolation != nil)
    }

    /// What the other series of the channel know of a window.
    struct ChannelWindow: Sendable {
        var part = WindowPart()
        /// The highest that one of them put out.
        var revision: UInt32 = 0
    }

    /// Slots before the channel's first known interval are expected but counted nowhere. Failed and missing values are not summed.
    private func count(
        _ day: LocalDay,
        _ whole: Range<Int64>,
        _ kept: Range<Int64>,
        _ record: WindowRecord
    ) -> WindowRecord {
        var part = WindowPart()
        for index in Int(kept.lowerBound - slots.base)..<Int(kept.upperBound - slots.base) {
            part.add(slots.outValues[index], slots.outQualities[index])
        }
        var new = record
        new.validated = part.validated
        new.estimated = part.estimated
        new.failed = part.failed
        new.missing = part.missing
        new.sumBillionths = part.sum
        new.failedSumBillionths = part.failedSum
        new.expected = UInt32(clamping: max(0, Int64(whole.count) - Int64(sharing.covered.count(in: whole))))
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
    /// Counts what another series of the channel has in the window.
    mutating func add(_ part: Series.WindowPart) {
        expected += part.count
        validated += part.validated
        estimated += part.estimated
        failed += part.failed
        missing += part.missing
        sumBillionths = Series.WindowPart.sum(sumBillionths, part.sum)
        failedSumBillionths = Series.WindowPart.sum(failedSumBillionths, part.failedSum)
    }

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
        state.failedSumBillionths = failedSumBillionths
        state.grade = Severity(rawValue: grade)
        state.isBeyondHistory = isBeyondHistory
        return state
    }
}

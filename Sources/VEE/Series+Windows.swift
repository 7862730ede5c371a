import MeterCore
import MeterEvents
import StreamCore

extension Series {
    /// Counts a closed day and returns its state when it is not the one that went out last.
    ///
    /// The state of an open window is never put out: it would change with every block, and a reader can count the slots itself.
    mutating func recount(
        _ day: LocalDay,
        _ whole: Range<Int64>,
        _ kept: Range<Int64>,
        _ effects: inout Effects
    ) -> WindowState? {
        var new = count(day, whole, kept)
        let index = windowIndex(day.start)
        let isKnown = index < windows.count && windows[index].start == day.start
        new.revision = isKnown ? windows[index].revision : 0
        if isKnown, windows[index] == new { return nil }
        new.revision = max(new.revision, isolation == nil ? withdrawnRevision : forgottenRevision) + 1
        if isKnown {
            windows[index] = new
            effects.count(VEECounter.windowsRevised.rawValue)
        } else {
            windows.insert(new, at: index)
            effects.count(VEECounter.windowsClosed.rawValue)
        }
        return new.state
    }

    /// Slots before the channel's first known interval are expected but counted nowhere. Failed and missing values are not summed.
    private func count(_ day: LocalDay, _ whole: Range<Int64>, _ kept: Range<Int64>) -> WindowRecord {
        var validated: UInt32 = 0
        var estimated: UInt32 = 0
        var failed: UInt32 = 0
        var missing: UInt32 = 0
        var sum: Int64 = 0
        for index in Int(kept.lowerBound - slots.base)..<Int(kept.upperBound - slots.base) {
            switch slots.outQualities[index] {
            case SlotStore.neverEmitted: continue
            case Quality.missing.rawValue:
                missing += 1
                continue
            case Quality.failed.rawValue:
                failed += 1
                continue
            case Quality.validated.rawValue: validated += 1
            case let quality: if Self.isEstimated(quality) { estimated += 1 } else { validated += 1 }
            }
            let (total, overflow) = sum.addingReportingOverflow(slots.outValues[index])
            sum = overflow ? (sum < 0 ? .min : .max) : total
        }
        let isEven = (day.end - day.start) % intervalSeconds == 0
        let expected = isEven ? Int64(whole.count) : max(1, (day.end - day.start) / intervalSeconds)
        return WindowRecord(
            start: day.start,
            end: day.end,
            expected: UInt32(clamping: expected),
            validated: validated,
            estimated: estimated,
            failed: failed,
            missing: missing,
            revision: 0,
            sumBillionths: sum
        )
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
    var state: WindowState {
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
        return state
    }
}

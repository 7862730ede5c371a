import MeterCore

/// A run of slots that want an estimate, as seen from one of them.
struct GapRun {
    /// The run, or the part of a long one that was looked at.
    var slots: Range<Int64>
    /// Short enough, with a valid value on both sides.
    var isFilled: Bool
    var before: Int64
    var after: Int64

    func value(at slot: Int64) -> Int64 {
        LinearEstimation.value(
            before: before,
            after: after,
            k: slot - slots.lowerBound + 1,
            count: Int64(slots.count)
        )
    }
}

extension Series {
    /// Whether a slot has no value that can be used: none came, the source had none, or the one that came failed an interval check.
    @inline(__always)
    func isGap(_ slot: Int64, _ rulesIndex: Int) -> Bool {
        guard slot >= slots.base, slot < slots.end else { return false }
        let index = Int(slot - slots.base)
        switch slots.sources[index] & SlotStore.qualityMask {
        case SlotStore.absent, Quality.missing.rawValue, Quality.failed.rawValue: return true
        case let quality: return failsNegative(slots.values[index], quality, rulesIndex)
        }
    }

    /// Whether a slot's value may be one end of an interpolation.
    func isEndPoint(_ slot: Int64, _ rulesIndex: Int) -> Bool {
        guard slot >= slots.base, slot < slots.end else { return false }
        let index = Int(slot - slots.base)
        let source = slots.sources[index]
        guard source & SlotStore.powerFailedBit == 0, Self.isMeasured(source),
            !failsNegative(slots.values[index], source, rulesIndex)
        else { return false }
        return spike(at: slot) == nil
    }

    /// The gap around a slot. Looks no farther than a gap that can be filled reaches.
    func gapRun(at slot: Int64, _ rules: DayRules) -> GapRun {
        var lower = slot
        while slot - lower <= rules.maximumGap, lower - 1 >= firstKnown, isGap(lower - 1, rules.index) { lower -= 1 }
        var upper = slot + 1
        while upper - slot <= rules.maximumGap, isGap(upper, rules.index) { upper += 1 }
        var run = GapRun(slots: lower..<upper, isFilled: false, before: 0, after: 0)
        guard upper - lower <= rules.maximumGap, isEndPoint(lower - 1, rules.index), isEndPoint(upper, rules.index)
        else { return run }
        run.before = slots.values[Int(lower - 1 - slots.base)]
        run.after = slots.values[Int(upper - slots.base)]
        run.isFilled = true
        return run
    }
}

/// The checks and estimates of w1 on one day.
///
/// * A negative value is kept and marked.
/// * Spike: of the valid values, the largest is marked when (largest - third largest) / third largest > 1.8.
/// * A run of up to 8 missing intervals between two valid ones is interpolated linearly.
/// * Any other missing interval gets the mean of the same slot over the valid values of up to three earlier days of the channel.
/// * What has neither stays missing.
///
/// Estimates have six decimals, or those of the day's values where that is more, rounded half away from zero.
enum DayValidation {
    static let longestLinearRun = 8
    static let estimateDecimals = 6

    /// What came out, besides the slots.
    struct Outcome {
        /// Decimals of every mantissa now.
        var decimals: Int
        /// Largest valid value.
        var largest: Int64
        var linear = 0
        var likeDay = 0
        var missing = 0
    }

    static func run(_ day: inout DayMessage, _ history: borrowing DayHistory) -> Outcome {
        let decimals = day.hasMissing ? max(day.decimals, estimateDecimals) : day.decimals
        var outcome = Outcome(decimals: decimals, largest: 0)
        outcome.largest = markSpike(&day.slots, count: day.count, decimals: decimals)
        guard day.hasMissing else { return outcome }
        let start = day.start
        fillGaps(&day.slots, count: day.count, &outcome) { slot in
            history.mean(ofSlot: slot, before: start, decimals: decimals)
        }
        return outcome
    }

    /// Brings all mantissas to the same decimals and looks for the spike.
    /// - Returns: the largest valid value that is no spike.
    private static func markSpike(_ slots: inout [DayMessage.Slot], count: Int, decimals: Int) -> Int64 {
        var slots = slots.mutableSpan
        var first: Int64 = -1
        var second: Int64 = -1
        var third: Int64 = -1
        var place = 0
        for index in 0..<count {
            let slot = slots[index]
            let value = slot.mantissa &* PowersOfTen.power(decimals - Int(slot.decimals))
            slots[index].mantissa = value
            guard slot.quality == W1Quality.valid, value > third else { continue }
            if value > first {
                third = second
                second = first
                first = value
                place = index
            } else if value > second {
                third = second
                second = value
            } else {
                third = value
            }
        }
        guard third > 0, (first - third) * 10 > third * 18 else { return max(first, 0) }
        slots[place].quality = W1Quality.spike
        return second
    }

    private static func fillGaps(
        _ slots: inout [DayMessage.Slot],
        count: Int,
        _ outcome: inout Outcome,
        likeDay: (Int) -> Int64?
    ) {
        var index = 0
        while index < count {
            guard slots[index].quality == W1Quality.missing else {
                index += 1
                continue
            }
            var end = index + 1
            while end < count, slots[end].quality == W1Quality.missing { end += 1 }
            let isBetweenValid =
                index > 0 && end < count && slots[index - 1].quality == W1Quality.valid
                && slots[end].quality == W1Quality.valid
            if isBetweenValid, end - index <= longestLinearRun {
                interpolate(&slots, index..<end)
                outcome.linear += end - index
            } else {
                for slot in index..<end {
                    guard let value = likeDay(slot) else {
                        outcome.missing += 1
                        continue
                    }
                    slots[slot].mantissa = value
                    slots[slot].quality = W1Quality.likeDay
                    outcome.likeDay += 1
                }
            }
            index = end
        }
    }

    private static func interpolate(_ slots: inout [DayMessage.Slot], _ gap: Range<Int>) {
        let left = slots[gap.lowerBound - 1].mantissa
        let rise = slots[gap.upperBound].mantissa - left
        let steps = Int64(gap.count + 1)
        for (step, slot) in zip(Int64(1)..., gap) {
            slots[slot].mantissa = left + PowersOfTen.rounded(rise * step, dividedBy: steps)
            slots[slot].quality = W1Quality.linear
        }
    }
}

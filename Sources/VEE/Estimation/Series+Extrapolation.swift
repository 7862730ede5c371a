import MeterCore
import RuleSets

extension Series {
    /// Until when the channel's newest data is extrapolated, seconds since 1970; nil where it is not. What is taken off is not extrapolated.
    func extrapolatedUntil(_ context: FoldContext) -> Int64? {
        let index = context.timeline.index(at: dataEndSeconds)
        guard dataEnd > .min, isolation == nil,
            let reach = adopted[index].rules.parameters.estimation.extrapolationSeconds,
            context.facts.registration?.status != .inactive
        else { return nil }
        return min(dataEndSeconds + reach, context.facts.registration?.installedTo?.secondsSinceEpoch ?? .max)
    }

    /// Whether a slot lies beyond the newest data and is for E10 alone.
    func isExtrapolated(_ slot: Int64, _ parameters: EstimationParameters, _ facts: MeterFacts) -> Bool {
        isolation == nil && slot >= dataEnd && parameters.extrapolationSeconds != nil && !isForced(slot, facts)
    }

    /// E10, beyond the newest data: like days go on. With the register first, what each day's slots have together is the average daily usage for
    /// their time, and the like days give its shape: `ADU * seconds / 86400`, shared out by the mean of the reference days, evenly where
    /// they have nothing. Otherwise the mean of the reference days stands as it is, and the average daily load where there is none.
    ///
    /// `Int64.min` where there is no value: beyond the reach, or nothing is known of earlier days.
    ///
    /// Source: Itron Enterprise Edition, extrapolation options 1 (register first) and 2 (intervals first).
    func extrapolate(
        _ run: Range<Int>,
        _ first: Int64,
        _ day: LocalDay,
        _ parameters: EstimationParameters,
        _ tables: inout EstimationTables,
        _ context: FoldContext,
        _ calendar: inout DayCalendar,
        _ scratch: inout SettleScratch
    ) -> [Int64] {
        tables.isUsed = true
        var values = run.map { index in
            like(first + Int64(index), .average, &tables, parameters, context, &calendar, &scratch)
        }
        let until = extrapolatedUntil(context) ?? .min
        let usage = unit.isAccumulated ? averageDailyUsage(before: day, parameters, context) : nil
        if let usage {
            if parameters.extrapolation.isRegisterFirst {
                var lower = 0
                while lower < values.count {
                    let own = calendar.comparedDay(at: start(of: first + Int64(run.lowerBound + lower)))
                    let end = firstSlot(from: own.end) - first - Int64(run.lowerBound)
                    let upper = min(values.count, max(lower + 1, Int(clamping: end)))
                    share(usage, over: lower..<upper, of: &values)
                    lower = upper
                }
            } else {
                let even = Rounding.quotient(Int128(usage) * Int128(intervalSeconds), 86_400)
                for index in values.indices where values[index] == .min { values[index] = even }
            }
        }
        for index in values.indices where start(of: first + Int64(run.lowerBound + index) + 1) > until {
            values[index] = .min
        }
        return values
    }

    /// Gives slots the average usage of their time, in the shape that they have. Rounds the running sum, so that they add up exactly.
    private func share(_ usage: Int64, over slots: Range<Int>, of values: inout [Int64]) {
        let total = Rounding.quotient(Int128(usage) * Int128(slots.count) * Int128(intervalSeconds), 86_400)
        let hasShape = slots.allSatisfy { values[$0] >= 0 } && slots.contains { values[$0] > 0 }
        let whole = hasShape ? slots.reduce(Int128(0)) { $0 + Int128(values[$1]) } : Int128(slots.count)
        var sum: Int128 = 0
        var last: Int64 = 0
        for index in slots {
            sum += hasShape ? Int128(values[index]) : 1
            let next = Rounding.quotient(sum * Int128(total), whole)
            values[index] = next - last
            last = next
        }
    }
}

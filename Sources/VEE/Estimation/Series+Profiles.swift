import MeterCore
import RuleSets

extension Series {
    /// E6 and E7: the average daily usage of the whole measured windows before a window, by the profile of the customer's class or evenly.
    ///
    /// Formula: E6 `ADU * weight of the hour / sum of weights * interval / 3600`; E7 `ADU * interval / 86400`.
    ///
    /// Source: Oracle Interval Profile (E6); Itron Enterprise Edition, average daily load (E7).
    func profile(
        _ estimator: Estimator,
        _ run: Range<Int>,
        _ first: Int64,
        _ day: LocalDay,
        _ parameters: EstimationParameters,
        _ context: FoldContext,
        _ calendar: inout DayCalendar
    ) -> [Int64]? {
        guard unit.isAccumulated, let usage = averageDailyUsage(before: day, parameters, context) else { return nil }
        if estimator == .averageLoad {
            let value = Rounding.quotient(Int128(usage) * Int128(intervalSeconds), 86_400)
            return Array(repeating: value, count: run.count)
        }
        let customerClass = context.facts.registration?.customerClass ?? ""
        guard
            let profile = parameters.profiles.first(where: { $0.customerClass == customerClass })
                ?? parameters.profiles.first(where: { $0.customerClass.isEmpty })
        else { return nil }
        return run.map { index in
            let seconds = start(of: first + Int64(index))
            let date = calendar.comparedDay(at: seconds).date
            let isFree = date.isoWeekday > 5 || parameters.holidays.contains(date)
            let weights = isFree ? profile.weekend : profile.weekday
            let sum = weights.reduce(Int128(0)) { $0 + Int128($1) }
            guard weights.count == 24, sum > 0 else { return .min }
            let second = calendar.rules.localTime(of: Instant(secondsSinceEpoch: seconds)).secondOfDay
            return share(usage, weights, sum, from: second)
        }
    }

    /// What an interval from a second of the day on has of the day's usage.
    private func share(_ usage: Int64, _ weights: [UInt32], _ sum: Int128, from second: Int) -> Int64 {
        var weighted: Int128 = 0
        var place = second
        let end = second + Int(intervalSeconds)
        while place < end {
            let next = min(end, (place / 3600 + 1) * 3600)
            weighted += Int128(weights[place / 3600 % 24]) * Int128(next - place)
            place = next
        }
        return Rounding.quotient(Int128(usage) * weighted, sum * 3600)
    }

    func averageDailyUsage(
        before day: LocalDay,
        _ parameters: EstimationParameters,
        _ context: FoldContext
    ) -> Int64? {
        let lookBack = min(parameters.referenceDays.lookBackDays, context.limits.lookBackDays)
        let date = day.date.daysSinceEpoch
        var sum: Int128 = 0
        var seconds: Int128 = 0
        for statistics in statistics.reversed() where statistics.date < date {
            if statistics.date < date - Int32(lookBack) { break }
            guard statistics.expected > 0, statistics.measured == statistics.expected else { continue }
            sum += Int128(statistics.sum)
            seconds += Int128(statistics.daySeconds)
        }
        return seconds > 0 ? Rounding.quotient(sum * 86_400, seconds) : nil
    }
}

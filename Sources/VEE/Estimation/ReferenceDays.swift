import MeterCore
import RuleSets

/// Which earlier days stand for a day, in the order in which they are preferred.
///
/// * `average` (E2a): a holiday is like earlier holidays, then Sundays. Another day is like the same weekday, then the days of its class (Monday to
///   Friday, Saturday and Sunday), then any; the nearest first.
/// * `nearest` (E3): Monday, Friday, Saturday, Sunday are like themselves; Tuesday is like Tuesday, Wednesday, Thursday; Wednesday like Wednesday,
///   Tuesday, Thursday; Thursday like Thursday, Wednesday, Tuesday.
/// * `temperature` (E5): days of the class whose mean temperature is within the band, the most alike first.
///
/// Source: Itron Enterprise Edition topic 251836; Western Australia Metering Code 2012, appendix 3 (E3); Oracle Interval Proxy Day (E5).
enum ReferenceChoice {
    case average
    case nearest
    case temperature
}

extension Series {
    /// For every slot of a day the mean of its first `count` values in like days; `Int64.min` where there is none.
    func referenceValues(
        _ day: LocalDay,
        _ range: Range<Int64>,
        _ choice: ReferenceChoice,
        _ parameters: EstimationParameters,
        _ context: FoldContext,
        _ calendar: inout DayCalendar,
        _ scratch: inout SettleScratch
    ) -> [Int64] {
        let wanted = choice == .nearest ? 1 : max(1, parameters.referenceDays.count)
        var sums = [Int128](repeating: 0, count: range.count)
        var counts = [Int](repeating: 0, count: range.count)
        var open = range.count
        let offsets = offsetsInDay(day, range, calendar)
        for date in candidates(for: day, choice, parameters, context, calendar) {
            let other = calendar.day(on: date)
            guard other.end - other.start == 86_400, other.end <= closedThrough else { continue }
            let whole = slots(of: other)
            guard whole.lowerBound >= max(firstKnown, keptBase), !whole.isEmpty else { continue }
            let survey = scratch.survey(other.start) { self.survey(whole, context.facts) }
            guard survey.count == whole.count,
                isReference(survey, parameters.referenceDays.maximumUnusablePercent, context.facts)
            else { continue }
            for index in 0..<range.count where counts[index] < wanted {
                let seconds = other.start + offsets[index] - start(of: survey.first)
                guard seconds >= 0, seconds % intervalSeconds == 0, seconds / intervalSeconds < Int64(survey.count)
                else { continue }
                let element = Int(seconds / intervalSeconds)
                guard isReference(element, survey, context.facts) else { continue }
                sums[index] += Int128(survey.values[element])
                counts[index] += 1
                if counts[index] == wanted { open -= 1 }
            }
            if open == 0 { break }
        }
        return (0..<range.count).map { index in
            counts[index] == 0 ? Int64.min : Rounding.quotient(sums[index], Int128(counts[index]))
        }
    }

    /// Seconds of the wall clock into the day, of every slot.
    private func offsetsInDay(_ day: LocalDay, _ range: Range<Int64>, _ calendar: DayCalendar) -> [Int64] {
        let local = calendar.day(on: day.date)
        if local.end - local.start == 86_400 { return range.map { start(of: $0) - local.start } }
        return range.map {
            Int64(calendar.rules.localTime(of: Instant(secondsSinceEpoch: start(of: $0))).secondOfDay)
        }
    }

    private func isReference(_ survey: Survey, _ maximumUnusablePercent: Int, _ facts: MeterFacts) -> Bool {
        var unusable = 0
        for element in 0..<survey.count where !isReference(element, survey, facts) { unusable += 1 }
        return unusable * 100 <= survey.count * maximumUnusablePercent
    }

    /// A value that was measured without objection while there was power.
    private func isReference(_ element: Int, _ survey: Survey, _ facts: MeterFacts) -> Bool {
        guard survey.verdicts[element] == .used, Self.isMeasured(survey.qualities[element]),
            !IntervalFlags(rawValue: survey.flags[element]).contains(.powerFailed)
        else { return false }
        if facts.outages.isEmpty { return true }
        let from = start(of: survey.first + Int64(element))
        return !facts.outages.touch(from..<from + intervalSeconds)
    }

    private func candidates(
        for day: LocalDay,
        _ choice: ReferenceChoice,
        _ parameters: EstimationParameters,
        _ context: FoldContext,
        _ calendar: DayCalendar
    ) -> [CivilDate] {
        let lookBack = min(parameters.referenceDays.lookBackDays, context.limits.lookBackDays)
        guard lookBack > 0 else { return [] }
        let earlier = (1...lookBack).map { CivilDate(daysSinceEpoch: day.date.daysSinceEpoch - Int32($0)) }
        let holidays = parameters.holidays
        let weekday = day.date.isoWeekday
        switch choice {
        case .average:
            if holidays.contains(day.date) {
                return earlier.filter { holidays.contains($0) }
                    + earlier.filter { !holidays.contains($0) && $0.isoWeekday == 7 }
            }
            let ordinary = earlier.filter { !holidays.contains($0) }
            let isWeekend = weekday > 5
            return ordinary.filter { $0.isoWeekday == weekday }
                + ordinary.filter { $0.isoWeekday != weekday && ($0.isoWeekday > 5) == isWeekend }
                + ordinary.filter { ($0.isoWeekday > 5) != isWeekend }
        case .nearest:
            if holidays.contains(day.date) { return earlier.filter { holidays.contains($0) || $0.isoWeekday == 7 } }
            let ordinary = earlier.prefix(14).filter { !holidays.contains($0) }
            return Self.likeWeekdays(weekday).flatMap { like in ordinary.filter { $0.isoWeekday == like } }
        case .temperature:
            let local = calendar.day(on: day.date)
            guard let weather = context.facts.weather, let own = weather.mean(local.start..<local.end) else {
                return []
            }
            var found: [(difference: Int32, date: CivilDate)] = []
            for date in earlier where !holidays.contains(date) && (date.isoWeekday > 5) == (weekday > 5) {
                let other = calendar.day(on: date)
                guard other.end > other.start, let mean = weather.mean(other.start..<other.end) else { continue }
                let difference = Int32(clamping: abs(Int64(mean) - Int64(own)))
                if difference <= parameters.referenceDays.temperatureBandMillikelvin {
                    found.append((difference, date))
                }
            }
            found.sort { $0.difference == $1.difference ? $1.date < $0.date : $0.difference < $1.difference }
            return found.map(\.date)
        }
    }

    private static func likeWeekdays(_ weekday: Int) -> [Int] {
        switch weekday {
        case 2: [2, 3, 4]
        case 3: [3, 2, 4]
        case 4: [4, 3, 2]
        default: [weekday]
        }
    }
}

/// Division of whole numbers.
enum Rounding {
    /// Rounded half away from zero, cut at the ends of `Int64`; the divisor is above zero.
    static func quotient(_ numerator: Int128, _ divisor: Int128) -> Int64 {
        let rounded = (2 * numerator.magnitude + divisor.magnitude) / (2 * divisor.magnitude)
        return numerator < 0 ? Int64(clamping: -Int128(rounded)) : Int64(clamping: Int128(rounded))
    }
}

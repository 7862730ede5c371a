import MeterCore
import MeterEvents
import RuleSets

extension Series {
    /// Fills the gaps of a closed day, by the methods of its rules in their order.
    func fillGaps(
        _ outcome: inout DayOutcome,
        _ day: LocalDay,
        _ rules: DayRules,
        _ context: FoldContext,
        _ calendar: inout DayCalendar,
        _ scratch: inout SettleScratch
    ) {
        let parameters = adopted[rules.index].rules.parameters.estimation
        let surround = surround(outcome, parameters, context.facts)
        var tables = EstimationTables()
        var index = 0
        while index < outcome.wants.count {
            guard outcome.wants[index] else {
                index += 1
                continue
            }
            let lower = index
            let isBeyond = isExtrapolated(outcome.survey.first + Int64(index), parameters, context.facts)
            while index < outcome.wants.count, outcome.wants[index],
                isExtrapolated(outcome.survey.first + Int64(index), parameters, context.facts) == isBeyond
            {
                index += 1
            }
            if isBeyond {
                let first = outcome.survey.first
                let values = extrapolate(
                    lower..<index,
                    first,
                    day,
                    parameters,
                    &tables,
                    context,
                    &calendar,
                    &scratch
                )
                for (place, value) in values.enumerated() where value != .min {
                    outcome.fill(lower + place, value, Estimator.extrapolation.quality, .extrapolated)
                }
            } else {
                fill(lower..<index, surround, &outcome, &tables, day, rules, context, &calendar, &scratch)
            }
        }
        addUp(&outcome)
        shareTotals(&outcome)
        if tables.isUsed { outcome.gaps.leansOnHistory = true }
    }

    /// The day's slots, with those around it when a gap touches its ends.
    private func surround(_ outcome: DayOutcome, _ parameters: EstimationParameters, _ facts: MeterFacts) -> Survey {
        guard outcome.wants.first == true || outcome.wants.last == true else { return outcome.survey }
        let reach = (parameters.maximumEndedGapSeconds + 7200) / intervalSeconds + 2
        let own = outcome.survey.slots
        return survey(own.lowerBound - reach..<own.upperBound + reach, facts)
    }

    private func fill(
        _ run: Range<Int>,
        _ surround: Survey,
        _ outcome: inout DayOutcome,
        _ tables: inout EstimationTables,
        _ day: LocalDay,
        _ rules: DayRules,
        _ context: FoldContext,
        _ calendar: inout DayCalendar,
        _ scratch: inout SettleScratch
    ) {
        let parameters = adopted[rules.index].rules.parameters.estimation
        let first = outcome.survey.first
        let gap = gapEnds(
            at: first + Int64(run.lowerBound),
            surround,
            outageReach: 7200 / intervalSeconds,
            context.facts
        )
        let seconds = Int64(gap.slots.count) * intervalSeconds
        // An order to estimate is carried out with historical averages, whatever methods the rules have.
        let order =
            context.facts.forced.isEmpty ? parameters.order : parameters.order + EstimationParameters.forcedOrder
        for step in order {
            let isShort = seconds <= step.maximumGapSeconds
            if step.estimator == .outage { fillOutages(run, &outcome, context.facts) }
            var isOpen = false
            var values: [Int64]?
            for index in run where outcome.wants[index] {
                let slot = first + Int64(index)
                guard isShort || isForced(slot, context.facts) else { continue }
                isOpen = true
                if values == nil {
                    values = estimates(
                        step.estimator,
                        run,
                        gap,
                        isShort,
                        outcome,
                        &tables,
                        day,
                        rules,
                        context,
                        &calendar,
                        &scratch
                    )
                }
                guard let value = values?[index - run.lowerBound], value != .min else { continue }
                let method: EstimationMethod =
                    step.estimator == .outage && !(gap.isOutBefore && gap.isOutAfter)
                    ? .outageOneSide : step.estimator.method
                outcome.fill(index, value, step.estimator.quality, method)
            }
            if !isOpen, !run.contains(where: { outcome.wants[$0] }) { return }
        }
    }

    /// What lies wholly in a known outage is zero, however long it was.
    private func fillOutages(_ run: Range<Int>, _ outcome: inout DayOutcome, _ facts: MeterFacts) {
        guard unit.isAccumulated, !facts.outages.isEmpty else { return }
        for index in run where outcome.wants[index] && isWhollyOut(outcome.survey.first + Int64(index), facts) {
            outcome.fill(index, 0, .estimatedLinear, .outageZero)
        }
    }

    func isForced(_ slot: Int64, _ facts: MeterFacts) -> Bool {
        if facts.forced.isEmpty { return false }
        let from = start(of: slot)
        return facts.forced.contains { $0.lowerBound <= from && $0.upperBound >= from + intervalSeconds }
    }

    /// The values of a method for a run of slots, `Int64.min` where it has none; nil when it has none at all.
    private func estimates(
        _ estimator: Estimator,
        _ run: Range<Int>,
        _ gap: GapEnds,
        _ isShort: Bool,
        _ outcome: DayOutcome,
        _ tables: inout EstimationTables,
        _ day: LocalDay,
        _ rules: DayRules,
        _ context: FoldContext,
        _ calendar: inout DayCalendar,
        _ scratch: inout SettleScratch
    ) -> [Int64]? {
        let parameters = adopted[rules.index].rules.parameters.estimation
        let first = outcome.survey.first
        switch estimator {
        case .linear:
            guard isShort, let before = gap.before, let after = gap.after else { return nil }
            return line(run, first, gap, before, after)
        case .outage:
            guard isShort, unit.isAccumulated else { return nil }
            if gap.isOutBefore, gap.isOutAfter { return Array(repeating: 0, count: run.count) }
            guard gap.isOutBefore || gap.isOutAfter, let before = gap.before ?? gap.beyondBefore,
                let after = gap.after ?? gap.beyondAfter
            else { return nil }
            return line(run, first, gap, before, after)
        case .anchored:
            guard isShort, let before = gap.before, let after = gap.after else { return nil }
            return anchored(run, first, gap, before, after, &tables, day, parameters, context, &calendar, &scratch)
        case .referenceDays, .likeDay, .proxyDay:
            return run.map { index in
                like(first + Int64(index), estimator.choice, &tables, parameters, context, &calendar, &scratch)
            }
        case .classProfile, .averageLoad:
            tables.isUsed = true
            return profile(estimator, run, first, day, parameters, context, &calendar)
        case .registerFlat: return registerFlat(run, first, rules, context)
        case .checkMeter: return checkValues(run, first, context)
        case .extrapolation: return nil
        }
    }

    private func line(_ run: Range<Int>, _ first: Int64, _ gap: GapEnds, _ before: Int64, _ after: Int64) -> [Int64] {
        run.map { index in
            LinearEstimation.value(
                before: before,
                after: after,
                k: first + Int64(index) - gap.slots.lowerBound + 1,
                count: Int64(gap.slots.count)
            )
        }
    }

    /// What like days have in a slot; `Int64.min` where they have nothing.
    func like(
        _ slot: Int64,
        _ choice: ReferenceChoice,
        _ tables: inout EstimationTables,
        _ parameters: EstimationParameters,
        _ context: FoldContext,
        _ calendar: inout DayCalendar,
        _ scratch: inout SettleScratch
    ) -> Int64 {
        let own = calendar.comparedDay(at: start(of: slot))
        let range = slots(of: own)
        let table = tables.values(choice, own.start) {
            referenceValues(own, range, choice, parameters, context, &calendar, &scratch)
        }
        return range.contains(slot) ? table[Int(slot - range.lowerBound)] : .min
    }

    /// E1b, see `AnchoredEstimation`.
    private func anchored(
        _ run: Range<Int>,
        _ first: Int64,
        _ gap: GapEnds,
        _ before: Int64,
        _ after: Int64,
        _ tables: inout EstimationTables,
        _ day: LocalDay,
        _ parameters: EstimationParameters,
        _ context: FoldContext,
        _ calendar: inout DayCalendar,
        _ scratch: inout SettleScratch
    ) -> [Int64]? {
        func shape(_ slot: Int64) -> Int64 {
            like(slot, .average, &tables, parameters, context, &calendar, &scratch)
        }
        let shapeBefore = shape(gap.slots.lowerBound - 1)
        let shapeAfter = shape(gap.slots.upperBound)
        guard shapeBefore != .min, shapeAfter != .min else { return nil }
        let count = Int64(gap.slots.count)
        return run.map { index in
            let slot = first + Int64(index)
            let own = shape(slot)
            guard own != .min else { return .min }
            let k = slot - gap.slots.lowerBound + 1
            let value = AnchoredEstimation.value(
                line: LinearEstimation.value(before: before, after: after, k: k, count: count),
                shape: own,
                shapeLine: LinearEstimation.value(before: shapeBefore, after: shapeAfter, k: k, count: count),
                gapSeconds: count * intervalSeconds,
                halfWeightSeconds: parameters.anchorHalfWeightSeconds
            )
            guard let value else { return .min }
            return unit.isAccumulated && before >= 0 && after >= 0 ? max(value, 0) : value
        }
    }
}

/// What was worked out for the gaps of one day.
struct EstimationTables {
    private var tables: [(choice: ReferenceChoice, start: Int64, values: [Int64])] = []
    /// Something was asked that follows from earlier days.
    var isUsed = false

    mutating func values(_ choice: ReferenceChoice, _ start: Int64, _ make: () -> [Int64]) -> [Int64] {
        isUsed = true
        if let held = tables.first(where: { $0.choice == choice && $0.start == start }) { return held.values }
        let values = make()
        tables.append((choice, start, values))
        return values
    }
}

extension Estimator {
    fileprivate var choice: ReferenceChoice {
        switch self {
        case .likeDay: .nearest
        case .proxyDay: .temperature
        default: .average
        }
    }
}

extension DayOutcome {
    mutating func fill(_ index: Int, _ value: Int64, _ quality: Quality, _ method: EstimationMethod) {
        values[index] = value
        qualities[index] = quality.rawValue
        methods[index] = method.rawValue
        wants[index] = false
        isFilled[index] = true
    }
}

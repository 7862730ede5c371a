import MeterCore
import MeterEvents
import RuleSets
import StreamCore

extension VEEProcessor {
    /// Derives the registers of a channel anew at the ends of the closed windows that a time has a part in, and of the later ones that
    /// count from a reading before its end; what is different from what went out last goes out.
    ///
    /// What a register would read follows from its readings, the registry, the device's reports, the rules, and the results and findings of the
    /// series: whatever of these changes, this is to be called.
    mutating func deriveRegisters(
        _ index: Int,
        _ time: Range<Int64>,
        _ context: FoldContext,
        _ effects: inout Effects
    ) {
        let meter = series[index].meter
        guard
            let place = meters[meter].registers.firstIndex(where: {
                $0.record.channel == series[index].channel && $0.record.tou.isEmpty
                    && $0.record.unit == series[index].unit
            })
        else { return }
        let forgotten = series[index].forgottenBelow
        if forgotten > .min {
            let instant = series[index].instant(series[index].start(of: forgotten), context)
            meters[meter].registers[place].forgetDerived(before: instant)
        }
        let group = channelSeries(index).filter { !series[$0].isEmpty }
        let windows = countedWindows(of: group, behind: time.lowerBound, context)
        let record = meters[meter].registers[place].record
        let chain = self.chain(of: record, meter, context)
        var ends: [Int64] = []
        for window in windows {
            let rules = series[window.series].adopted[window.rules].rules
            switch derive(record, chain, at: window.end, group, rules, context) {
            case .forgotten: break
            case .nothing: note(nil, at: window.end, window.series, place, rules, context, &effects)
            case .reading(let derivation):
                // What counts from a later reading is as it was.
                if derivation.base.point.at >= time.upperBound { return }
                note(derivation, at: window.end, window.series, place, rules, context, &effects)
            }
            ends.append(window.end)
        }
        // Windows that are cut otherwise than before have left their ends behind.
        let stale = meters[meter].registers[place].derived.filter {
            $0.at >= time.lowerBound && !ends.containsSorted($0.at) && $0.quality != Quality.missing.rawValue
        }
        for reading in stale {
            let rules = series[index].adopted[context.timeline.index(at: reading.at)].rules
            note(nil, at: reading.at, index, place, rules, context, &effects)
        }
    }

    /// A closed window as the series counts it that speaks for it. The end is an instant.
    private struct CountedWindow {
        var end: Int64
        var series: Int
        /// Index of the rule set.
        var rules: Int
    }

    /// The windows of a channel that end at an instant or after it, ascending.
    private func countedWindows(of group: [Int], behind instant: Int64, _ context: FoldContext) -> [CountedWindow] {
        var found: [CountedWindow] = []
        for index in group {
            let own = local(context, index)
            let one = series[index]
            let lower = one.time(instant, context)
            var place = one.windowIndex(lower)
            if place > 0, one.windows[place - 1].end >= lower { place -= 1 }
            for window in one.windows[place...] where !one.sharing.followed.contains(window.start) {
                let rules = own.timeline.index(at: window.start)
                found.append(CountedWindow(end: one.instant(window.end, context), series: index, rules: rules))
            }
        }
        return group.count > 1 ? found.sorted { ($0.end, $0.series) < ($1.end, $1.series) } : found
    }

    /// E9, a register from the intervals of a channel, whichever of its series have them.
    ///
    /// Formula: `r = reading + sum of the intervals since`, less `10 ^ digits` where that is reached. The reading is the nearest one before the end
    /// of the window that was measured and that stands (`RegisterChain`). Forward only.
    ///
    /// Not where the register was read at that instant, where the reading is older than `maximumSpanDays`, where a part of the time between has
    /// no value that counts, where the meter was exchanged or its configuration changed in between, and where the next reading does not go
    /// on from it.
    ///
    /// Source: Itron Enterprise Edition, Usage Calculation (status ESTUSGCAL).
    private func derive(
        _ register: RegisterRecord,
        _ chain: RegisterChain,
        at end: Int64,
        _ group: [Int],
        _ rules: ResolvedRules,
        _ context: FoldContext
    ) -> Series.Derived {
        let parameters = rules.parameters.estimation.derivedRegisters
        guard parameters.isEnabled, register.unit.isAccumulated, let newest = register.entries.last?.point.at else {
            return .nothing
        }
        // An hour more: a day when the clock is set back is longer.
        let reach = Int64(min(parameters.maximumSpanDays, context.limits.lookBackDays)) * 86_400 + 3600
        let isForgotten = group.contains {
            series[$0].firstSlot(from: series[$0].time(end - reach, context)) < series[$0].forgottenBelow
        }
        guard end - reach > newest - context.limits.keptSeconds, !isForgotten else { return .forgotten }
        guard let base = chain.base(at: end), base.point.at >= end - reach else { return .nothing }
        let time = base.point.at..<end
        let isSame = group.allSatisfy { index in
            let one = series[index]
            let span = one.time(time.lowerBound, context)..<one.time(time.upperBound, context)
            return one.isSame(from: span.lowerBound, to: span.upperBound, local(context, index))
        }
        guard isSame else { return .nothing }
        let span = sumResults(time, from: base.point, group, context)
        guard span.isAligned, span.expected > 0, span.used == span.expected else { return .nothing }
        var (value, overflow) = base.point.value.addingReportingOverflow(span.intervalSum)
        guard !overflow else { return .nothing }
        let digits = context.facts.registration(of: register.channel)?.digits ?? 0
        if let capacity = DialsRule.capacityBillionths(digits: digits), value >= capacity { value -= capacity }
        return .reading(
            Series.Derivation(
                value: value,
                quality: span.projected > 0 ? .projected : .derived,
                base: base,
                intervals: UInt32(clamping: span.expected),
                estimated: UInt32(clamping: span.estimated)
            )
        )
    }

    /// What the results of all series of a channel amount to over a time. Aligned where they fill it without a rest.
    private func sumResults(
        _ time: Range<Int64>,
        from point: RegisterPoint,
        _ group: [Int],
        _ context: FoldContext
    ) -> RegisterSpan {
        var span = RegisterSpan(from: point, to: point, advance: nil)
        if group.count == 1, let index = group.first, !series[index].isDaily {
            series[index].sumResults(time, into: &span)
            return span
        }
        var seconds: Int64 = 0
        for index in group { seconds += series[index].sumShared(time, into: &span, context) }
        span.expected = span.used
        span.isAligned = seconds == time.upperBound - time.lowerBound
        return span
    }

    /// Registers of all series of a meter, over all that is kept.
    mutating func deriveRegisters(
        of meter: Int,
        from instant: Int64 = .min,
        _ context: FoldContext,
        _ effects: inout Effects
    ) {
        if meters[meter].registers.isEmpty { return }
        for index in channelLeaders(of: meter) { deriveRegisters(index, instant..<Int64.max / 4, context, &effects) }
    }

    /// One series with data of each channel of a meter.
    func channelLeaders(of meter: Int) -> [Int] {
        var leaders: [Int] = []
        for index in meters[meter].series where !series[index].isEmpty {
            let one = series[index]
            let isNew = !leaders.contains { series[$0].channel == one.channel && series[$0].unit == one.unit }
            if isNew { leaders.append(index) }
        }
        return leaders
    }

    private mutating func note(
        _ derivation: Series.Derivation?,
        at end: Int64,
        _ index: Int,
        _ place: Int,
        _ rules: ResolvedRules,
        _ context: FoldContext,
        _ effects: inout Effects
    ) {
        let new = DerivedReading(
            at: end,
            value: derivation?.value ?? 0,
            revision: 0,
            intervals: derivation?.intervals ?? 0,
            estimated: derivation?.estimated ?? 0,
            quality: (derivation?.quality ?? .missing).rawValue
        )
        let meter = series[index].meter
        guard let revision = meters[meter].registers[place].keep(new) else { return }
        effects.count(VEECounter.registersDerived.rawValue)
        if effects.isMuted { return }
        let base = derivation?.base
        let event = DerivedRegister(
            at: Instant(secondsSinceEpoch: end),
            billionths: new.value,
            quality: derivation?.quality ?? .missing,
            revision: revision,
            baseAt: Instant(secondsSinceEpoch: base?.point.at ?? end),
            baseBillionths: base?.point.value ?? 0,
            baseRaw: base?.raw ?? context.raw,
            intervals: new.intervals,
            estimated: new.estimated
        )
        series[index].emit(event, rules, context, &effects)
    }
}

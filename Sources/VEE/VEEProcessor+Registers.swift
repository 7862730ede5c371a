import MeterCore
import MeterEvents
import RuleSets
import StreamCore

extension VEEProcessor {
    /// Takes readings of a register: puts them to the rules on registers, and decides anew what lies between readings that are other
    /// neighbours than before.
    mutating func take(_ reads: RegisterReads, _ context: inout FoldContext, _ effects: inout Effects) {
        let count = min(reads.at.count, reads.billionths.count, reads.qualities.count)
        effects.count(VEECounter.registerReadings.rawValue, by: Int64(count))
        guard count > 0, let meter = meterSlot(reads.meter), let index = registerSlot(reads, meter) else {
            effects.count(VEECounter.registersBeyondLimit.rawValue, by: Int64(count))
            return
        }
        enter(meter, &context)
        let parameters = registerRules(reads.channel, meter, at: reads.at[0].secondsSinceEpoch)
        guard passes(reads, meter, parameters, &context, &effects) else { return }
        var changed: Range<Int64>?
        var isStale = false
        for element in 0..<count {
            let candidate = RegisterCandidate(reads, element, context.raw)
            guard candidate.point.quality != Quality.missing.rawValue else { continue }
            if meters[meter].registers[index].note(candidate.point, parameters.parameters.staleSnapshot) {
                isStale = true
            }
            guard let span = meters[meter].registers[index].record.take(candidate) else { continue }
            changed = changed.map { min($0.lowerBound, span.lowerBound)..<max($0.upperBound, span.upperBound) } ?? span
        }
        if let span = changed {
            let newest = meters[meter].registers[index].record.entries.last?.point.at ?? 0
            meters[meter].registers[index].record.forget(before: newest - configuration.limits.keptSeconds)
            changed = reviewRegister(index, meter, span, context, &effects)
        }
        guard changed != nil || isStale else { return }
        // A stale reading concerns the intervals directly before and after it.
        let lower = changed?.lowerBound ?? reads.at[0].secondsSinceEpoch
        let upper = changed?.upperBound ?? reads.at[count - 1].secondsSinceEpoch
        redecide(meter, channel: reads.channel, [lower - 86_400..<upper + 86_400], &context, &effects)
        if let changed {
            // What counts from the last reading of the span too: it may be the new one.
            let time = changed.lowerBound..<changed.upperBound + 1
            for index in channelLeaders(of: meter) where series[index].channel == reads.channel {
                deriveRegisters(index, time, context, &effects)
            }
        }
    }

    private mutating func registerSlot(_ reads: RegisterReads, _ meter: Int) -> Int? {
        let known = meters[meter].registers.firstIndex {
            $0.record.channel == reads.channel && $0.record.tou == reads.touCode && $0.record.unit == reads.unit
        }
        if let known { return known }
        guard meters[meter].registers.count < configuration.limits.maximumRegisters else { return nil }
        let record = RegisterRecord(channel: reads.channel, tou: reads.touCode, unit: reads.unit)
        meters[meter].registers.append(RegisterState(record))
        return meters[meter].registers.count - 1
    }

    private mutating func registerRules(_ channel: String, _ meter: Int, at seconds: Int64) -> ResolvedRules {
        let index = timeline.index(at: seconds)
        let traits = SeriesTraits(meter: meters[meter].name, channel: channel, meters[meter].registration)
        return resolved.rules(timeline.entries[index].rules, index, traits)
    }

    /// Puts the readings of the days of a time to the rules on registers, and puts out the exceptions that opened, changed or ended. Where
    /// readings do not go on from each other, or did not before, those around too.
    ///
    /// Returns the time whose readings may have been looked at otherwise than before.
    @discardableResult
    private mutating func reviewRegister(
        _ index: Int,
        _ meter: Int,
        _ time: Range<Int64>,
        _ context: FoldContext,
        _ effects: inout Effects
    ) -> Range<Int64> {
        let state = meters[meter].registers[index]
        let calendar = meters[meter].calendar
        let entries = state.record.entries
        guard let oldest = entries.first?.point.at, let newest = entries.last?.point.at else { return time }
        let chain = chain(of: state.record, meter, context)
        meters[meter].registers[index].isPlain = chain.isPlain
        var time = time
        if !chain.isPlain || !state.isPlain { time = chain.reach(of: time, isPlain: false) }
        // A reading is also compared with the span before the one that it ends.
        let last = min(state.record.firstIndex(from: time.upperBound) + 2, entries.count - 1)
        var day = calendars[calendar].day(at: max(time.lowerBound, oldest))
        while day.start <= entries[last].point.at {
            let rules = registerRules(state.record.channel, meter, at: day.start)
            let found = registerExceptions(state.record, chain, day, rules, context)
            let lower = meters[meter].registers[index].exceptions.firstIndex { $0.open.windowStart >= day.start }
            let upper = meters[meter].registers[index].exceptions.firstIndex { $0.open.windowStart >= day.end }
            let count = meters[meter].registers[index].exceptions.count
            let held = (lower ?? count)..<(upper ?? count)
            let old = Array(meters[meter].registers[index].exceptions[held])
            for exception in old where !found.contains(where: { $0.open.rule == exception.open.rule }) {
                emit(exception, isOpen: false, state.record, rules, context, &effects)
            }
            for exception in found where !old.contains(exception) {
                emit(exception, isOpen: true, state.record, rules, context, &effects)
            }
            meters[meter].registers[index].exceptions.replaceSubrange(held, with: found)
            day = calendars[calendar].day(after: day)
        }
        meters[meter].registers[index].exceptions.removeAll {
            $0.open.windowEnd < newest - configuration.limits.keptSeconds
        }
        return time
    }

    /// The time whose readings may be judged otherwise than before, because results or findings of a time of a series changed. Nil where all
    /// readings of its registers go on from each other whatever the intervals say, as before.
    mutating func registerReach(_ index: Int, _ time: Range<Int64>, _ context: FoldContext) -> Range<Int64>? {
        let meter = series[index].meter
        var reach: Range<Int64>?
        for place in meters[meter].registers.indices where isRegister(place, of: index) {
            let state = meters[meter].registers[place]
            // Intervals speak about spans that end a day before them at most.
            guard let newest = state.record.entries.last?.point.at,
                time.lowerBound <= newest + RegisterChain.evidenceSeconds
            else { continue }
            let chain = chain(of: state.record, meter, context)
            if state.isPlain, chain.isPlain { continue }
            let own = chain.reach(of: time, isPlain: false)
            reach = reach.map { min($0.lowerBound, own.lowerBound)..<max($0.upperBound, own.upperBound) } ?? own
        }
        return reach
    }

    /// What follows for the registers of a series whose results or findings of a time changed: what is made of their readings, and what they would
    /// read at the ends of windows.
    ///
    /// - Parameter isBroken: there are readings that do not go on from each other, or were (`registerReach`).
    mutating func followRegisters(
        _ index: Int,
        _ time: Range<Int64>,
        isBroken: Bool,
        _ context: FoldContext,
        _ effects: inout Effects
    ) {
        let meter = series[index].meter
        var time = time
        for place in meters[meter].registers.indices where isBroken && isRegister(place, of: index) {
            let reviewed = reviewRegister(place, meter, time, context, &effects)
            guard meters[meter].registers[place].record.tou.isEmpty else { continue }
            time = min(time.lowerBound, reviewed.lowerBound)..<max(time.upperBound, reviewed.upperBound)
        }
        deriveRegisters(index, time, context, &effects)
    }

    private func isRegister(_ place: Int, of index: Int) -> Bool {
        let record = meters[series[index].meter].registers[place].record
        return record.channel == series[index].channel && record.unit == series[index].unit
    }

    /// A register with what the intervals of its channel say: those of the shortest length, where it has several.
    mutating func chain(of record: RegisterRecord, _ meter: Int, _ context: FoldContext) -> RegisterChain {
        let rules = timeline.entries.map { registerRules(record.channel, meter, at: $0.effectiveFrom) }
        let own = meters[meter].series.filter {
            series[$0].channel == record.channel && series[$0].unit == record.unit && !series[$0].isEmpty
        }
        let finest = own.min {
            (series[$0].intervalSeconds, series[$0].phase) < (series[$1].intervalSeconds, series[$1].phase)
        }
        return RegisterChain(record, context.facts, rules: rules, timeline) { time, percent in
            finest.flatMap { index in
                let lower = series[index].time(time.lowerBound, context)
                let own = lower..<max(lower, series[index].time(time.upperBound, context))
                return series[index].evidence(own, percent, local(context, index).facts)
            }
        }
    }

    /// Puts all readings from an instant on to the rules on registers again: the registry, the rules or the cut of days are others.
    mutating func reviewRegisters(
        of meter: Int,
        from instant: Int64 = .min,
        _ context: FoldContext,
        _ effects: inout Effects
    ) {
        for index in meters[meter].registers.indices {
            let entries = meters[meter].registers[index].record.entries
            guard let first = entries.first?.point.at, let last = entries.last?.point.at, instant <= last else {
                continue
            }
            reviewRegister(index, meter, max(first, instant)..<last + 1, context, &effects)
        }
    }

    /// Takes the exceptions about readings back: they are of days that will be cut otherwise.
    mutating func withdrawRegisterExceptions(of meter: Int, _ context: FoldContext, _ effects: inout Effects) {
        for index in meters[meter].registers.indices {
            let record = meters[meter].registers[index].record
            for exception in meters[meter].registers[index].exceptions {
                let rules = registerRules(record.channel, meter, at: exception.open.windowStart)
                emit(exception, isOpen: false, record, rules, context, &effects)
            }
            meters[meter].registers[index].exceptions.removeAll()
        }
    }

    private func registerExceptions(
        _ record: RegisterRecord,
        _ chain: RegisterChain,
        _ day: LocalDay,
        _ rules: ResolvedRules,
        _ context: FoldContext
    ) -> [RegisterException] {
        var found: [RegisterException] = []
        var index = record.firstIndex(from: day.start)
        while index < record.entries.count, record.entries[index].point.at < day.end {
            let view = view(of: record, chain, index, context)
            var findings: [WindowFinding] = []
            _ = rules.parameters.judgeRegister(view, &findings)
            for finding in findings {
                let isJump = finding.rule == RegisterIncreaseRule.number || finding.rule == RegisterLimitsRule.number
                var verdict = isJump ? chain.links[index].verdict : nil
                if verdict == .continued || verdict == .baseline || verdict == .unused { verdict = nil }
                let open = OpenException(
                    windowStart: day.start,
                    windowEnd: day.end,
                    rule: finding.rule,
                    severity: finding.severity,
                    firstStart: view.to.at,
                    count: 1,
                    observedBillionths: finding.observedBillionths,
                    limitBillionths: finding.limitBillionths,
                    isOfWindow: true
                )
                // The instant and the value say which reading it was.
                var from = view.from ?? view.to
                from = RegisterPoint(at: from.at, value: from.value)
                add(RegisterException(open: open, verdict: verdict, from: from, value: view.to.value), to: &found)
            }
            index += 1
        }
        return found.sorted { $0.open.rule < $1.open.rule }
    }

    /// One exception for each rule: that of the first reading, or of the first that does not go on.
    private func add(_ new: RegisterException, to found: inout [RegisterException]) {
        guard let held = found.firstIndex(where: { $0.open.rule == new.open.rule }) else {
            found.append(new)
            return
        }
        let count = found[held].open.count + 1
        let severity = Severity(rawValue: max(new.open.severity.rawValue, found[held].open.severity.rawValue))
        if found[held].verdict == nil, new.verdict != nil { found[held] = new }
        found[held].open.count = count
        found[held].open.severity = severity ?? new.open.severity
    }

    private func view(
        of record: RegisterRecord,
        _ chain: RegisterChain,
        _ index: Int,
        _ context: FoldContext
    ) -> RegisterView {
        let link = chain.links[index]
        var view = RegisterView(
            unit: record.unit,
            from: link.base.map { record.entries[$0].point },
            to: record.entries[index].point,
            registration: context.facts.registration(of: record.channel),
            meter: context.facts.registration,
            exchanges: context.facts.exchanges,
            passable: link.passable
        )
        if let base = link.base, let amount = chain.links[base].advance, let before = chain.links[base].base {
            let seconds = record.entries[base].point.at - record.entries[before].point.at
            if seconds > 0 { view.previous = (amount, seconds) }
        }
        return view
    }

    private func emit(
        _ exception: RegisterException,
        isOpen: Bool,
        _ record: RegisterRecord,
        _ rules: ResolvedRules,
        _ context: FoldContext,
        _ effects: inout Effects
    ) {
        let channel = record.tou.isEmpty ? record.channel : "\(record.channel)/\(record.tou)"
        effects.emit(exception.event(isOpen: isOpen, channel: channel, record.unit, rules.version, context), context)
    }
}

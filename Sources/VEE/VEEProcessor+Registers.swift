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
            let point = RegisterPoint(
                at: reads.at[element].secondsSinceEpoch,
                value: reads.billionths[element],
                quality: reads.qualities[element],
                meterClock: reads.meterClock?.secondsSinceEpoch
            )
            guard point.quality != Quality.missing.rawValue else { continue }
            if meters[meter].registers[index].note(point, parameters.parameters.staleSnapshot) { isStale = true }
            guard let span = meters[meter].registers[index].record.take(point, context.raw) else { continue }
            changed = changed.map { min($0.lowerBound, span.lowerBound)..<max($0.upperBound, span.upperBound) } ?? span
        }
        if let changed {
            let newest = meters[meter].registers[index].record.entries.last?.point.at ?? 0
            meters[meter].registers[index].record.forget(before: newest - configuration.limits.keptSeconds)
            reviewRegister(index, meter, changed, context, &effects)
        }
        guard changed != nil || isStale else { return }
        // A stale reading concerns the intervals directly before and after it.
        let lower = changed?.lowerBound ?? reads.at[0].secondsSinceEpoch
        let upper = changed?.upperBound ?? reads.at[count - 1].secondsSinceEpoch
        redecide(meter, channel: reads.channel, [lower - 86_400..<upper + 86_400], &context, &effects)
        if let changed {
            for index in meters[meter].series where series[index].channel == reads.channel {
                // What counts from the last reading of the span too: it may be the new one.
                deriveRegisters(index, changed.lowerBound..<changed.upperBound + 1, context, &effects)
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

    /// Puts the readings of the days of a time to the rules on registers, and puts out the exceptions that opened, changed or ended.
    private mutating func reviewRegister(
        _ index: Int,
        _ meter: Int,
        _ time: Range<Int64>,
        _ context: FoldContext,
        _ effects: inout Effects
    ) {
        let state = meters[meter].registers[index]
        let calendar = meters[meter].calendar
        let entries = state.record.entries
        guard !entries.isEmpty else { return }
        // A reading is also compared with the span before the one that it ends.
        let last = min(state.record.firstIndex(from: time.upperBound) + 2, entries.count - 1)
        var day = calendars[calendar].day(at: time.lowerBound)
        while day.start <= entries[last].point.at {
            let rules = registerRules(state.record.channel, meter, at: day.start)
            let found = registerExceptions(state.record, day, rules, context)
            let lower = meters[meter].registers[index].exceptions.firstIndex { $0.windowStart >= day.start }
            let upper = meters[meter].registers[index].exceptions.firstIndex { $0.windowStart >= day.end }
            let count = meters[meter].registers[index].exceptions.count
            let held = (lower ?? count)..<(upper ?? count)
            let old = Array(meters[meter].registers[index].exceptions[held])
            for exception in old where !found.contains(where: { $0.rule == exception.rule }) {
                emit(exception, isOpen: false, state.record, rules, context, &effects)
            }
            for exception in found where !old.contains(exception) {
                emit(exception, isOpen: true, state.record, rules, context, &effects)
            }
            meters[meter].registers[index].exceptions.replaceSubrange(held, with: found)
            day = calendars[calendar].day(after: day)
        }
        if let newest = entries.last?.point.at {
            meters[meter].registers[index].exceptions.removeAll {
                $0.windowEnd < newest - configuration.limits.keptSeconds
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
                let rules = registerRules(record.channel, meter, at: exception.windowStart)
                emit(exception, isOpen: false, record, rules, context, &effects)
            }
            meters[meter].registers[index].exceptions.removeAll()
        }
    }

    private func registerExceptions(
        _ record: RegisterRecord,
        _ day: LocalDay,
        _ rules: ResolvedRules,
        _ context: FoldContext
    ) -> [OpenException] {
        var found: [OpenException] = []
        var index = record.firstIndex(from: day.start)
        while index < record.entries.count, record.entries[index].point.at < day.end {
            var findings: [WindowFinding] = []
            _ = rules.parameters.judgeRegister(view(of: record, index, rules, context), &findings)
            for finding in findings {
                let new = OpenException(
                    windowStart: day.start,
                    windowEnd: day.end,
                    rule: finding.rule,
                    severity: finding.severity,
                    firstStart: record.entries[index].point.at,
                    count: 1,
                    observedBillionths: finding.observedBillionths,
                    limitBillionths: finding.limitBillionths,
                    isOfWindow: true
                )
                if let held = found.firstIndex(where: { $0.rule == finding.rule }) {
                    found[held].count += 1
                    if finding.severity.rawValue > found[held].severity.rawValue {
                        found[held].severity = finding.severity
                    }
                } else {
                    found.append(new)
                }
            }
            index += 1
        }
        return found.sorted { $0.rule < $1.rule }
    }

    private func view(
        of record: RegisterRecord,
        _ index: Int,
        _ rules: ResolvedRules,
        _ context: FoldContext
    ) -> RegisterView {
        var view = RegisterView(
            unit: record.unit,
            from: index > 0 ? record.entries[index - 1].point : nil,
            to: record.entries[index].point,
            registration: context.facts.registration(of: record.channel),
            meter: context.facts.registration
        )
        if index > 1 {
            let before = RegisterView(
                unit: record.unit,
                from: record.entries[index - 2].point,
                to: record.entries[index - 1].point,
                registration: view.registration,
                meter: view.meter
            )
            if let amount = rules.parameters.registerIncrease.advance(before).billionths, before.seconds > 0 {
                view.previous = (amount, before.seconds)
            }
        }
        return view
    }

    private func emit(
        _ exception: OpenException,
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

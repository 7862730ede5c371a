import MeterCore
import MeterEvents
import RuleSets
import StreamCore

extension VEEProcessor {
    /// Derives the registers of a series anew at the ends of the closed windows that a time has a part in, and of the later ones that
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
        if forgotten > .min { meters[meter].registers[place].forgetDerived(before: series[index].start(of: forgotten)) }
        let windows = series[index].windows
        let record = meters[meter].registers[place].record
        let chain = series[index].chain(record, context)
        var window = series[index].windowIndex(time.lowerBound)
        if window > 0, windows[window - 1].end >= time.lowerBound { window -= 1 }
        var ends: [Int64] = []
        var isOver = false
        while window < windows.count, !isOver {
            let end = windows[window].end
            let rules = series[index].adopted[context.timeline.index(at: windows[window].start)].rules
            switch series[index].derive(record, chain, at: end, rules, context) {
            case .forgotten: break
            case .nothing: note(nil, at: end, index, place, rules, context, &effects)
            case .reading(let derivation):
                if derivation.base.point.at >= time.upperBound {
                    isOver = true
                } else {
                    note(derivation, at: end, index, place, rules, context, &effects)
                }
            }
            ends.append(end)
            window += 1
        }
        guard !isOver else { return }
        // Windows that are cut otherwise than before have left their ends behind.
        let stale = meters[meter].registers[place].derived.filter {
            $0.at >= time.lowerBound && !ends.containsSorted($0.at) && $0.quality != Quality.missing.rawValue
        }
        for reading in stale {
            let rules = series[index].adopted[context.timeline.index(at: reading.at)].rules
            note(nil, at: reading.at, index, place, rules, context, &effects)
        }
    }

    /// Registers of all series of a meter, over all that is kept.
    mutating func deriveRegisters(
        of meter: Int,
        from instant: Int64 = .min,
        _ context: FoldContext,
        _ effects: inout Effects
    ) {
        if meters[meter].registers.isEmpty { return }
        for index in meters[meter].series where !series[index].isEmpty {
            deriveRegisters(index, instant..<Int64.max, context, &effects)
        }
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

import MeterCore
import MeterEvents
import StreamCore

extension VEEProcessor {
    /// Takes up a rule set for data from its time on, and decides what is kept of that data anew. A rule set that can't be read is
    /// refused with an exception, and the rules in force stay.
    mutating func activate(
        _ activation: RuleSetActivation,
        _ context: inout FoldContext,
        _ effects: inout Effects
    ) {
        let rules: RuleSet
        do {
            rules = try RuleSet(json: activation.json, version: activation.version)
        } catch {
            effects.count(VEECounter.ruleSetsRefused.rawValue)
            if partition == 0 { refuse(activation, error, &context, &effects) }
            return
        }
        let entry = RuleTimeline.Entry(
            effectiveFrom: activation.effectiveFrom.secondsSinceEpoch,
            raw: context.raw,
            json: activation.json,
            rules: rules
        )
        guard timeline.activate(entry) else { return }
        effects.count(VEECounter.ruleSetsActivated.rawValue)
        context.timeline = timeline
        for index in series.indices {
            series[index].adopt(timeline)
            let meter = series[index].meter
            enter(meter, &context)
            var changed = Series.IntakeResult()
            let calendar = meters[meter].calendar
            changed.add(series[index].slotsOfWindows(from: entry.effectiveFrom, &calendars.entries[calendar]))
            setDue(index, series[index].advance(changed, context, &calendars.entries[calendar], &effects))
        }
    }

    /// An activation is in every partition; the first one speaks for all.
    private func refuse(
        _ activation: RuleSetActivation,
        _ error: RuleSetError,
        _ context: inout FoldContext,
        _ effects: inout Effects
    ) {
        context.key = Array("rules".utf8)
        let exception = VeeException(
            meter: "",
            channel: "",
            windowStart: activation.effectiveFrom,
            windowEnd: activation.effectiveFrom,
            rule: 0,
            severity: .fail,
            isOpen: true,
            firstIntervalStart: activation.effectiveFrom,
            intervalCount: 0,
            observedBillionths: 0,
            limitBillionths: 0,
            code: RuleSetError.exceptionCode,
            reason: "rule set \(activation.version.prefix(64)) is refused, the rules in force stay: \(error)",
            ruleSet: activation.version,
            decidedAtMilliseconds: context.decidedAtMilliseconds,
            raw: context.raw
        )
        effects.emit(exception, context)
    }
}

extension Series {
    /// The kept slots of the windows that start at an instant or after it.
    func slotsOfWindows(from seconds: Int64, _ calendar: inout DayCalendar) -> Range<Int64> {
        guard !slots.isEmpty, seconds < start(of: slots.end) else { return 0..<0 }
        let from = max(seconds, start(of: slots.base))
        let lower = max(firstSlot(from: calendar.day(at: from).start), slots.base)
        return lower..<max(slots.end, lower)
    }
}

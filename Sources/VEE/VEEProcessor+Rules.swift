import MeterCore
import MeterEvents
import RuleSets
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
        resolved = ResolvedTable()
        for meter in meters.indices { readopt(meter, from: entry.effectiveFrom, &context, &effects) }
    }

    /// Takes up the rules in force for the series of a meter, and decides what is kept of windows from an instant on anew.
    mutating func readopt(
        _ meter: Int,
        from instant: Int64,
        _ context: inout FoldContext,
        _ effects: inout Effects
    ) {
        enter(meter, &context)
        let calendar = meters[meter].calendar
        for index in meters[meter].series {
            guard series[index].adopt(timeline, meters[meter], &resolved) else { continue }
            var changed = Series.IntakeResult()
            let slots = series[index].slotsOfWindows(from: instant, &calendars[calendar, series[index].intervalSeconds])
            changed.add(slots)
            setDue(index, advance(index, changed, &context))
        }
        review(meter, &context, &effects)
        reviewRegisters(of: meter, from: instant, context, &effects)
        deriveRegisters(of: meter, from: instant, context, &effects)
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
    /// Works out the rules for the series; must be called whenever the timeline or the registry changes. True when they are others than before.
    mutating func adopt(
        _ timeline: RuleTimeline,
        _ meter: MeterState?,
        _ resolved: inout ResolvedTable
    ) -> Bool {
        let old = adopted
        let registration = meter?.registration
        adopted = timeline.entries.indices.map { index in
            let rules = resolved.rules(
                timeline.entries[index].rules,
                index,
                SeriesTraits(meter: meter?.name ?? "", channel: channel, registration)
            )
            let limits = SlotLimits(
                rules.parameters,
                channel: channel,
                unit: unit,
                intervalSeconds: intervalSeconds,
                registration: registration?.channels.first { $0.channel == channel },
                meter: registration
            )
            return AdoptedRules(rules: rules, limits: limits)
        }
        guard old.count == adopted.count else { return true }
        return !zip(old, adopted).allSatisfy { $0.rules === $1.rules && $0.limits == $1.limits }
    }

    /// The kept slots of the windows that start at an instant or after it.
    func slotsOfWindows(from seconds: Int64, _ calendar: inout DayCalendar) -> Range<Int64> {
        guard !isEmpty, seconds < start(of: slots.end) else { return 0..<0 }
        let from = max(seconds, start(of: keptBase))
        let lower = max(firstSlot(from: calendar.day(at: from).start), keptBase)
        return lower..<max(slots.end, lower)
    }
}

/// The parameters of the rule sets in force by what overrides choose by. Follows from the timeline.
struct ResolvedTable: Sendable {
    private struct Key: Hashable {
        var entry: Int
        var traits: SeriesTraits
    }

    private var known: [Key: ResolvedRules] = [:]
    /// Kinds of series are few; what is beyond is worked out for each series by itself.
    private static let maximumCount = 100_000

    /// - Parameter entry: index of the rule set in the timeline.
    mutating func rules(_ set: RuleSet, _ entry: Int, _ traits: SeriesTraits) -> ResolvedRules {
        var traits = set.overrides.isEmpty ? SeriesTraits() : traits
        // Meters that no override names are alike.
        if !set.overrides.contains(where: { $0.match.names(meter: traits.meter) }) { traits.meter = "" }
        let key = Key(entry: entry, traits: traits)
        if let held = known[key] { return held }
        let rules = ResolvedRules(version: set.version, parameters: set.parameters(for: key.traits))
        if known.count < Self.maximumCount { known[key] = rules }
        return rules
    }
}

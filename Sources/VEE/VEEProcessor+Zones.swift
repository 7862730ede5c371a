import MeterCore
import MeterEvents
import RuleSets
import StreamCore

extension VEEProcessor {
    /// Takes a record's word about a meter's zone; where the zone changes, all that is kept of the meter is cut into days anew.
    mutating func observeZone(
        _ zone: String,
        isRegistry: Bool,
        of meter: Int,
        _ context: inout FoldContext,
        _ effects: inout Effects
    ) {
        guard meters[meter].observeZone(zone, isRegistry: isRegistry, raw: context.raw) else { return }
        let known = calendars.index(of: zone)
        let old = meters[meter].calendar
        meters[meter].calendar = known ?? 0
        enter(meter, &context)
        if (known == nil) != meters[meter].hasZoneException {
            meters[meter].hasZoneException = known == nil
            report(zone, isOpen: known == nil, context, &effects)
        }
        guard meters[meter].calendar != old else { return }
        withdrawRegisterExceptions(of: meter, context, &effects)
        for index in meters[meter].series {
            let due = series[index].recut(
                context,
                &calendars[meters[meter].calendar, series[index].intervalSeconds],
                &effects
            )
            setDue(index, due)
        }
        review(meter, &context, &effects)
        reviewRegisters(of: meter, context, &effects)
    }

    /// The exception about a zone is about no window and no channel.
    private func report(_ zone: String, isOpen: Bool, _ context: FoldContext, _ effects: inout Effects) {
        let none = Instant(secondsSinceEpoch: 0)
        let exception = VeeException(
            meter: context.meter,
            channel: "",
            windowStart: none,
            windowEnd: none,
            rule: AlignmentRule.number,
            severity: .warn,
            isOpen: isOpen,
            firstIntervalStart: none,
            intervalCount: 0,
            observedBillionths: 0,
            limitBillionths: 0,
            code: AlignmentRule.zoneExceptionCode,
            reason: isOpen
                ? "the time zone \(zone.prefix(64)) is not known: days are cut in UTC"
                : "days are cut in \(zone.prefix(64))",
            ruleSet: timeline.entries[timeline.entries.count - 1].rules.version,
            decidedAtMilliseconds: context.decidedAtMilliseconds,
            raw: context.raw
        )
        effects.emit(exception, context)
    }
}

import MeterCore
import MeterEvents
import RuleSets
import StreamCore

extension VEEProcessor {
    /// Takes a record's word about a meter's zone; where the zone changes, all that is kept of the meter is cut into days anew.
    mutating func observeZone(
        _ zone: String,
        _ origin: ZoneOrigin,
        of meter: Int,
        _ context: inout FoldContext,
        _ effects: inout Effects
    ) {
        guard meters[meter].observeZone(zone, origin, raw: context.raw) else { return }
        let known = calendars.index(of: zone)
        let old = meters[meter].calendar
        var counted: [Int: Set<Int64>] = [:]
        if known ?? 0 != old {
            enter(meter, &context)
            counted = windowsOfOthers(meter, context)
            retractDailyValues(of: meter, counted, context, &effects)
        }
        meters[meter].calendar = known ?? 0
        enter(meter, &context)
        if (known == nil) != meters[meter].hasZoneException {
            meters[meter].hasZoneException = known == nil
            report(zone, isOpen: known == nil, context, &effects)
        }
        guard meters[meter].calendar != old else { return }
        withdrawRegisterExceptions(of: meter, context, &effects)
        var results: [Int: Series.IntakeResult] = [:]
        for index in meters[meter].series {
            let own = local(context, index)
            let interval = series[index].intervalSeconds
            let zone = meters[meter].calendar
            results[index] = series[index].recut(own, &calendars[zone, interval], counted[index] ?? [], &effects)
        }
        var isDone = Set<Int>()
        for index in meters[meter].series where !isDone.contains(index) {
            let group = channelSeries(index)
            isDone.formUnion(group)
            if group.count > 1 {
                // Whichever of them counts a window from now on, its versions go on from those that were taken back.
                let revision = group.map { series[$0].withdrawnRevision }.max() ?? 0
                for one in group { series[one].withdrawnRevision = revision }
                advanceShared(group, results, &context)
            } else if let result = results[index] {
                setDue(index, advance(index, result, &context))
            }
        }
        review(meter, &context, &effects)
        reviewRegisters(of: meter, context, &effects)
    }

    /// Daily values are about other times when the zone is another: what went out is taken back by the old one.
    private mutating func retractDailyValues(
        of meter: Int,
        _ counted: [Int: Set<Int64>],
        _ context: FoldContext,
        _ effects: inout Effects
    ) {
        for index in meters[meter].series where series[index].isDaily && !series[index].isEmpty {
            let own = local(context, index)
            let zone = meters[meter].calendar
            series[index].retract(own, &calendars[zone, 86_400], counted[index] ?? [], &effects)
        }
    }

    /// By series the windows, as starts on its own clock, that another series of its channel put out last.
    private func windowsOfOthers(_ meter: Int, _ context: FoldContext) -> [Int: Set<Int64>] {
        var counted: [Int: Set<Int64>] = [:]
        for index in meters[meter].series {
            let group = channelSeries(index)
            guard group.count > 1, group[0] == index else { continue }
            var latest: [Int64: UInt32] = [:]
            for one in group {
                for window in series[one].windows {
                    let start = series[one].instant(window.start, context)
                    latest[start] = max(latest[start] ?? 0, window.revision)
                }
            }
            for one in group {
                for window in series[one].windows
                where window.revision < latest[series[one].instant(window.start, context)] ?? 0 {
                    counted[one, default: []].insert(window.start)
                }
            }
        }
        return counted
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

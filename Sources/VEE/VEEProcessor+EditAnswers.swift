import MeterCore
import MeterEvents
import RuleSets
import StreamCore

/// V44, a decision without effect: what a person decided about a channel names no interval that the channel has.
///
/// Result (warn): an exception that names the decision and says why: the channel has no intervals at that time, or they have another length
/// or begin at other times. The decision stays in force for data that comes later; the exception closes when such data comes. Of several such
/// decisions that begin together the latest is told.
enum EditRule {
    static let number: UInt32 = 44
    static let exceptionCode = "ERR_VEE_EDIT_44"
}

extension VEEProcessor {
    /// Says which edits and locks of a channel concern no interval that is known, and which that were told before now do.
    ///
    /// - Parameter start: also those that begin here, seconds since 1970, were they told or not.
    func answerEdits(
        _ meter: Int,
        _ channel: String,
        from start: Int64?,
        _ context: FoldContext,
        _ effects: inout Effects
    ) -> [IdleEdit] {
        var idle = meters[meter].idleEdits
        var starts = idle.filter { $0.channel == channel }.map(\.start)
        if let start, !starts.contains(start) { starts.append(start) }
        for start in starts {
            let place = idle.firstIndex { $0.channel == channel && $0.start == start }
            let old = place.map { idle[$0] }
            let new = meters[meter].facts.edits.reversed().lazy
                .filter { $0.channel == channel && $0.start == start }
                .compactMap { self.idle($0, meter, context) }
                .first
            guard old != new else { continue }
            if let place { idle.remove(at: place) }
            if let new {
                let after = idle.firstIndex { ($0.channel, $0.start) > (channel, start) } ?? idle.endIndex
                idle.insert(new, at: after)
            }
            if let old, old.end != new?.end { emit(old, isOpen: false, context, &effects) }
            if let new { emit(new, isOpen: true, context, &effects) }
        }
        return idle
    }

    /// What there is to say of an edit that concerns no known interval; nil when it does concern one.
    private func idle(_ edit: EditRecord, _ meter: Int, _ context: FoldContext) -> IdleEdit? {
        var lengths = Set<Int64>()
        for index in meters[meter].series where series[index].channel == edit.channel && !series[index].isEmpty {
            let one = series[index]
            let own = local(context, index)
            // On the clock of the series.
            guard let edit = own.facts.edits.last(where: { $0.raw == edit.raw && $0.kind == edit.kind }) else {
                continue
            }
            let history = context.limits.keptSeconds
            if edit.kind == .setValues {
                // They need no data to stand beside.
                let first = one.firstSlot(from: edit.start)
                let isNear =
                    edit.end > one.dataEndSeconds - history
                    && edit.start <= one.dataEndSeconds + Series.editReachSeconds
                if isNear, edit.covers(one.start(of: first), intervalSeconds: one.intervalSeconds) { return nil }
            }
            let known = one.firstKnown..<max(one.firstKnown, one.dataEnd)
            let slots = one.slots(of: edit.start..<max(edit.start, edit.end)).clamped(to: known)
            if edit.kind != .setValues,
                slots.contains(where: { edit.covers(one.start(of: $0), intervalSeconds: one.intervalSeconds) })
            {
                return nil
            }
            if !slots.isEmpty { lengths.insert(one.intervalSeconds) }
        }
        return IdleEdit(
            channel: edit.channel,
            start: edit.start,
            end: edit.end,
            raw: edit.raw,
            kind: edit.kind,
            intervalSeconds: edit.intervalSeconds,
            lengths: lengths.sorted()
        )
    }

    private func emit(_ edit: IdleEdit, isOpen: Bool, _ context: FoldContext, _ effects: inout Effects) {
        let event = VeeException(
            meter: context.meter,
            channel: edit.channel,
            windowStart: Instant(secondsSinceEpoch: edit.start),
            windowEnd: Instant(secondsSinceEpoch: edit.end),
            rule: EditRule.number,
            severity: .warn,
            isOpen: isOpen,
            firstIntervalStart: Instant(secondsSinceEpoch: edit.start),
            intervalCount: 0,
            observedBillionths: Self.billionths(edit.intervalSeconds),
            limitBillionths: Self.billionths(edit.lengths.first ?? 0),
            code: EditRule.exceptionCode,
            reason: Self.reason(edit),
            ruleSet: timeline.entries[timeline.index(at: edit.start)].rules.version,
            decidedAtMilliseconds: context.decidedAtMilliseconds,
            raw: edit.raw
        )
        effects.emit(event, context)
    }

    private static func reason(_ edit: IdleEdit) -> String {
        let what =
            switch edit.kind {
            case .setValues: "values of \(edit.intervalSeconds) s"
            case .accept: "an acceptance"
            case .reject: "a rejection"
            case .clear: "a clearing of edits"
            case .lock: "a lock"
            case .unlock: "an unlocking"
            }
        let time = "from \(Instant(secondsSinceEpoch: edit.start)) to \(Instant(secondsSinceEpoch: edit.end))"
        guard !edit.lengths.isEmpty else {
            let held = edit.kind == .lock ? "; what comes for it is held" : ""
            return "\(what) \(time) changed nothing: the channel has no intervals at that time\(held)"
        }
        let known = edit.lengths.map { "\($0) s" }.joined(separator: ", ")
        if edit.kind == .setValues, !edit.lengths.contains(edit.intervalSeconds) {
            return "\(what) \(time) changed nothing: the channel has intervals of \(known)"
        }
        return "\(what) \(time) changed nothing: the channel's intervals (\(known)) begin at other times"
    }
}

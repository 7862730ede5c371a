import MeterCore
import MeterEvents
import RuleSets
import StreamCore

/// V44, a decision without effect: what a person decided about a channel names no interval that the channel has.
///
/// Result (warn): an exception that names the decision and says why: the channel has no intervals at that time, or they have another length
/// or begin at other times. The decision stays in force for data that comes later.
enum EditRule {
    static let number: UInt32 = 44
    static let exceptionCode = "ERR_VEE_EDIT_44"
}

extension VEEProcessor {
    /// Says so when an edit or a lock concerns no interval that is known.
    func answer(_ edit: EditRecord, _ meter: Int, _ context: FoldContext, _ effects: inout Effects) {
        var lengths: [Int64] = []
        for index in meters[meter].series where series[index].channel == edit.channel && !series[index].isEmpty {
            let one = series[index]
            let own = local(context, index)
            guard let edit = own.facts.edits.last(where: { $0.raw == edit.raw && $0.kind == edit.kind }) else {
                continue
            }
            let kept = one.keptBase..<max(one.keptBase, one.slots.end)
            let slots = one.slots(of: edit.start..<max(edit.start, edit.end)).clamped(to: kept)
            for slot in slots where edit.covers(one.start(of: slot), intervalSeconds: one.intervalSeconds) { return }
            if !slots.isEmpty { lengths.append(one.intervalSeconds) }
        }
        let event = VeeException(
            meter: context.meter,
            channel: edit.channel,
            windowStart: Instant(secondsSinceEpoch: edit.start),
            windowEnd: Instant(secondsSinceEpoch: edit.end),
            rule: EditRule.number,
            severity: .warn,
            isOpen: true,
            firstIntervalStart: Instant(secondsSinceEpoch: edit.start),
            intervalCount: 0,
            observedBillionths: edit.intervalSeconds * Quantity.scale,
            limitBillionths: (lengths.first ?? 0) * Quantity.scale,
            code: EditRule.exceptionCode,
            reason: Self.reason(edit, lengths),
            ruleSet: timeline.entries[timeline.index(at: edit.start)].rules.version,
            decidedAtMilliseconds: context.decidedAtMilliseconds,
            raw: context.raw
        )
        effects.emit(event, context)
    }

    private static func reason(_ edit: EditRecord, _ lengths: [Int64]) -> String {
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
        guard !lengths.isEmpty else {
            return "\(what) \(time) changed nothing: the channel has no intervals at that time"
        }
        let known = Set(lengths).sorted().map { "\($0) s" }.joined(separator: ", ")
        if edit.kind == .setValues, !lengths.contains(edit.intervalSeconds) {
            return "\(what) \(time) changed nothing: the channel has intervals of \(known)"
        }
        return "\(what) \(time) changed nothing: the channel's intervals (\(known)) begin at other times"
    }
}

import MeterCore
import MeterEvents
import RuleSets
import StreamCore

extension Series {
    /// Takes a block whose recorded slots lie in `range`; nothing is decided yet, but for what is older than the kept history.
    mutating func intake(
        _ block: IntervalBlock,
        _ range: Range<Int64>,
        blockStart: Int64,
        shiftSeconds: Int16,
        _ context: FoldContext,
        _ calendar: inout DayCalendar,
        _ fate: inout BlockFate,
        _ effects: inout Effects
    ) -> IntakeResult {
        let isFirst = dataEnd == .min
        let oldFirst = firstKnown
        let edge = isFirst ? Int64.min : historyEdge(context, &calendar)
        if range.lowerBound < edge {
            let beyond = range.clamped(to: .min..<edge)
            effects.count(VEECounter.beyondHistory.rawValue, by: Int64(beyond.count))
            let unlocked = hold(block, beyond, blockStart: blockStart, context, &fate, &effects)
            for part in unlocked {
                judgeAlone(
                    block,
                    part,
                    blockStart: blockStart,
                    shiftSeconds: shiftSeconds,
                    context,
                    &calendar,
                    &fate,
                    &effects
                )
            }
        }
        noteArrival(of: range, context)
        var result = IntakeResult()
        let expected = max(firstKnown, edge)
        if range.upperBound > edge {
            thaw(from: max(range.lowerBound, edge))
            // What is cold stays where it is.
            slots.cover((cold.isEmpty ? expected : max(expected, slots.base))..<range.upperBound)
            let within = range.clamped(to: max(range.lowerBound, edge)..<range.upperBound)
            result = take(
                block,
                within,
                blockStart: blockStart,
                shiftSeconds: shiftSeconds,
                context,
                &calendar,
                &fate
            )
        }
        lowerFrontier(isFirst, oldFirst, expected, &calendar)
        if !isFirst, expected < oldFirst {
            slots.cover(expected..<max(slots.base, expected + 1))
            result.add(expected..<oldFirst)
        }
        expectEdits(&result, context, &calendar)
        return result
    }

    /// Holds what came for slots beyond the kept history that are locked: what went out for them, or nothing, stays. Returns the other slots.
    private mutating func hold(
        _ block: IntervalBlock,
        _ range: Range<Int64>,
        blockStart: Int64,
        _ context: FoldContext,
        _ fate: inout BlockFate,
        _ effects: inout Effects
    ) -> [Range<Int64>] {
        guard hasLocks(context.facts) else { return [range] }
        var locked = SpanSet()
        var unlocked = SpanSet([range])
        for slot in range where isLocked(slot, context.facts) {
            locked.insert(slot..<slot + 1)
            unlocked.remove(slot..<slot + 1)
        }
        for part in locked.spans {
            let elements = part.map { Int($0 - blockStart) }.filter { block.qualities[$0] != IntervalBlock.noRecord }
            guard let first = elements.first else { continue }
            fate.held += UInt32(elements.count)
            fate.code = CorrectionRule.exceptionCode
            let rules = DayRules(
                index: context.timeline.index(at: start(of: part.lowerBound)),
                dayStart: start(of: part.lowerBound),
                isClosed: true,
                judgesAbsent: false,
                estimates: false
            )
            let exception = OpenException(
                windowStart: start(of: part.lowerBound),
                windowEnd: start(of: part.upperBound),
                rule: CorrectionRule.number,
                severity: .warn,
                firstStart: start(of: blockStart + Int64(first)),
                count: UInt32(elements.count),
                observedBillionths: block.billionths[first],
                limitBillionths: 0,
                isOfWindow: false
            )
            emit(exception, isOpen: true, rules, context, &effects)
        }
        return unlocked.spans
    }

    /// So far beyond the newest data entered values have an effect; the ones after it wait for data. A mistyped month must not have every day
    /// before it estimated.
    static let editReachSeconds: Int64 = 7 * 86_400

    /// Makes room for values that a person entered where no data has come: within the history of what has, and a week after it.
    mutating func expectEdits(_ result: inout IntakeResult, _ context: FoldContext, _ calendar: inout DayCalendar) {
        for edit in context.facts.edits where edit.channel == channel && edit.kind == .setValues {
            let lower = firstSlot(from: edit.start)
            guard edit.covers(start(of: lower), intervalSeconds: intervalSeconds),
                edit.start <= dataEndSeconds + Self.editReachSeconds
            else { continue }
            let edge = historyEdge(context, &calendar)
            let upper = slots(of: edit.start..<max(edit.start, edit.end)).upperBound
            if upper > edge, lower < dataEnd {
                own.first = min(own.first, max(lower, edge))
                for new in reach(max(lower, edge)..<dataEnd, &calendar) { result.add(new) }
            }
            let end = slots.end
            expect(through: upper, context)
            if slots.end > end { result.add(end..<slots.end) }
            // Their windows close although no data comes.
            if upper <= slots.end {
                own.expectedUntil = max(own.expectedUntil, start(of: upper))
                expectedUntil = max(expectedUntil, own.expectedUntil)
            }
        }
    }

    /// While no day is closed, closing starts with the day of the first known slot.
    private mutating func lowerFrontier(
        _ isFirst: Bool,
        _ oldFirst: Int64,
        _ expected: Int64,
        _ calendar: inout DayCalendar
    ) {
        if isFirst {
            closedThrough = calendar.day(at: start(of: expected)).start
        } else if expected < oldFirst, closedThrough <= calendar.day(at: start(of: oldFirst)).start {
            closedThrough = min(closedThrough, calendar.day(at: start(of: expected)).start)
        }
    }
}

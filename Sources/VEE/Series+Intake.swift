import MeterCore
import MeterEvents
import StreamCore

extension Series {
    /// What a block changed.
    struct IntakeResult {
        /// Slots whose value or quality changed, or that came to be expected; empty when none.
        var changed: Range<Int64>?
        /// Slots whose findings may be others although their result is the same. Ascending.
        var forced: [Int64] = []

        mutating func add(_ range: Range<Int64>) {
            guard !range.isEmpty else { return }
            guard let held = changed else {
                changed = range
                return
            }
            changed = min(held.lowerBound, range.lowerBound)..<max(held.upperBound, range.upperBound)
        }
    }

    /// Notes when and until when data came. `range` holds the first and the last recorded slot of a block.
    mutating func noteArrival(of range: Range<Int64>, _ context: FoldContext) {
        firstKnown = min(firstKnown, range.lowerBound)
        dataEnd = max(dataEnd, range.upperBound)
        let received = context.raw.receivedAtMilliseconds
        lastArrivalMilliseconds = max(lastArrivalMilliseconds, received)
        let end = start(of: range.upperBound)
        if received / 1000 - end <= context.limits.liveLagSeconds {
            expectedUntil = max(expectedUntil, end + Int64(context.limits.silentDays) * 86_400)
        }
    }

    /// Puts the recorded slots of a block that lie in `range` into the store. `blockStart` is the slot of the block's element 0.
    mutating func take(
        _ block: IntervalBlock,
        _ range: Range<Int64>,
        blockStart: Int64,
        _ context: FoldContext,
        _ calendar: inout DayCalendar,
        _ effects: inout Effects
    ) -> IntakeResult {
        var result = IntakeResult()
        slots.cover(range)
        if references.count >= referenceLimit { cleanReferences() }
        let reference = Reference(raw: context.raw, sourceVersion: block.sourceVersion)
        let referenceIndex = UInt32(references.count)
        references.append(reference)
        var first = Int64.max
        var last = Int64.min
        var duplicates: Int64 = 0
        var held: Int64 = 0
        var replaced: Int64 = 0
        for slot in range {
            let element = Int(slot - blockStart)
            guard block.qualities[element] != IntervalBlock.noRecord else { continue }
            let source = sourceByte(block, element, context)
            let quality = source & SlotStore.qualityMask
            let value = quality == Quality.missing.rawValue ? 0 : block.billionths[element]
            let index = Int(slot - slots.base)
            let oldSource = slots.sources[index]
            if oldSource != SlotStore.absent {
                let isSame = slots.values[index] == value && oldSource == source
                let standing = Standing(
                    rank: rank(quality, value, slot, context, &calendar),
                    sourceVersion: block.sourceVersion,
                    raw: context.raw,
                    value: value
                )
                if isSame { duplicates += 1 }
                guard standing.isAbove(holder(slot, context, &calendar)) else {
                    if !isSame { held += 1 }
                    continue
                }
                slots.references[index] = referenceIndex
                if isSame { continue }
                replaced += 1
            }
            if slots.outQualities[index] != SlotStore.neverEmitted,
                Self.mayKeepResult(quality, value)
                    || Self.mayKeepResult(oldSource & SlotStore.qualityMask, slots.values[index])
            {
                result.forced.append(slot)
            }
            slots.values[index] = value
            slots.sources[index] = source
            slots.references[index] = referenceIndex
            if first == .max { first = slot }
            last = slot
        }
        if first <= last { result.add(first..<last + 1) }
        effects.count(VEECounter.duplicatesIgnored.rawValue, by: duplicates)
        effects.count(VEECounter.replacementsHeld.rawValue, by: held)
        effects.count(VEECounter.replacements.rawValue, by: replaced)
        return result
    }

    /// The standing of the value that a slot holds.
    private func holder(_ slot: Int64, _ context: FoldContext, _ calendar: inout DayCalendar) -> Standing {
        let index = Int(slot - slots.base)
        let reference = references[Int(slots.references[index])]
        let value = slots.values[index]
        return Standing(
            rank: rank(slots.sources[index] & SlotStore.qualityMask, value, slot, context, &calendar),
            sourceVersion: reference.sourceVersion,
            raw: reference.raw,
            value: value
        )
    }

    /// Whether a slot with this value can have the same result as one without, so that only its findings tell them apart.
    private static func mayKeepResult(_ quality: UInt8, _ value: Int64) -> Bool {
        value < 0 || quality == Quality.failed.rawValue
    }

    private func sourceByte(_ block: IntervalBlock, _ element: Int, _ context: FoldContext) -> UInt8 {
        var quality = block.qualities[element]
        if quality >= SlotStore.absent { quality = Quality.raw.rawValue }
        guard !block.sourceStatus.isEmpty else { return quality }
        let reason = UInt8(truncatingIfNeeded: block.sourceStatus[element])
        let seconds = block.start.secondsSinceEpoch + Int64(element) * intervalSeconds
        let rules = context.timeline.entries[context.timeline.index(at: seconds)].rules
        guard reason != 0, rules.linear.powerFailureReasons.contains(reason) else { return quality }
        return quality | SlotStore.powerFailedBit
    }

    /// Rank in the order of replacement: a measured value ranks as what it is graded.
    @inline(__always)
    private func rank(
        _ quality: UInt8,
        _ value: Int64,
        _ slot: Int64,
        _ context: FoldContext,
        _ calendar: inout DayCalendar
    ) -> UInt8 {
        if value < 0, failsNegative != 0 {
            let rules = context.timeline.index(at: calendar.day(at: start(of: slot)).start)
            if failsNegative(value, quality, rules) { return Quality.failed.rawValue }
        }
        return quality == Quality.raw.rawValue ? Quality.validated.rawValue : quality
    }

    /// Forgets the references that hold in no slot.
    private mutating func cleanReferences() {
        var renumbered = [UInt32](repeating: .max, count: references.count)
        var kept: [Reference] = []
        for index in 0..<slots.count where slots.sources[index] != SlotStore.absent {
            let old = Int(slots.references[index])
            if renumbered[old] == .max {
                renumbered[old] = UInt32(kept.count)
                kept.append(references[old])
            }
            slots.references[index] = renumbered[old]
        }
        for index in 0..<slots.count where slots.sources[index] == SlotStore.absent { slots.references[index] = 0 }
        references = kept
        referenceLimit = max(2 * kept.count, Self.leastReferenceLimit)
    }
}

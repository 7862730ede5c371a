import MeterCore
import MeterEvents
import RuleSets
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
            let quality = sourceQuality(block, element)
            let flags = sourceFlags(block, element, context)
            let value = quality == Quality.missing.rawValue ? 0 : block.billionths[element]
            let index = Int(slot - slots.base)
            let oldSource = slots.sources[index]
            if oldSource != SlotStore.absent {
                let isSame =
                    slots.values[index] == value && oldSource == quality && slots.flags[index] == flags
                let standing = Standing(
                    rank: rank(quality, value, flags, slot, context, &calendar),
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
                Self.mayKeepResult(quality) || Self.mayKeepResult(oldSource)
                    || findingIndex(slot) < findingIndex(slot + 1)
            {
                result.forced.append(slot)
            }
            slots.values[index] = value
            slots.sources[index] = quality
            slots.flags[index] = flags
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
            rank: rank(slots.sources[index], value, slots.flags[index], slot, context, &calendar),
            sourceVersion: reference.sourceVersion,
            raw: reference.raw,
            value: value
        )
    }

    /// Whether a slot with this quality can have the same result as one without a value, so that only its findings tell them apart.
    private static func mayKeepResult(_ quality: UInt8) -> Bool {
        quality == Quality.failed.rawValue || quality == Quality.missing.rawValue || quality == SlotStore.absent
    }

    private func sourceQuality(_ block: IntervalBlock, _ element: Int) -> UInt8 {
        let quality = block.qualities[element]
        return quality >= SlotStore.absent ? Quality.raw.rawValue : quality
    }

    private func sourceFlags(_ block: IntervalBlock, _ element: Int, _ context: FoldContext) -> UInt16 {
        var flags = block.flags.isEmpty ? 0 : block.flags[element]
        guard !block.sourceStatus.isEmpty else { return flags }
        // The last two digits of a status are its reason (`NEMQuality.status`).
        let reason = UInt8(block.sourceStatus[element] % 100)
        guard reason != 0 else { return flags }
        let seconds = block.start.secondsSinceEpoch + Int64(element) * intervalSeconds
        let estimation = adopted[context.timeline.index(at: seconds)].rules.parameters.estimation
        if estimation.powerFailureReasons.contains(reason) { flags |= IntervalFlags.powerFailed.rawValue }
        return flags
    }

    /// Rank in the order of replacement: a measured value ranks as what it is graded.
    @inline(__always)
    private func rank(
        _ quality: UInt8,
        _ value: Int64,
        _ flags: UInt16,
        _ slot: Int64,
        _ context: FoldContext,
        _ calendar: inout DayCalendar
    ) -> UInt8 {
        let plain = quality == Quality.raw.rawValue ? Quality.validated.rawValue : quality
        guard SourceQuality.isChecked(quality) else { return plain }
        let rules = adopted[context.timeline.index(at: calendar.day(at: start(of: slot)).start)]
        guard rules.limits.isSuspect(value, IntervalFlags(rawValue: flags)) else { return plain }
        let effect = rules.rules.parameters.effectOnArrival(
            of: value,
            IntervalFlags(rawValue: flags),
            unit: unit,
            intervalSeconds: intervalSeconds,
            rules.limits
        )
        return effect ?? .note >= .fail ? Quality.failed.rawValue : plain
    }

    /// Forgets the references that hold in no slot.
    mutating func cleanReferences() {
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

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
        own.first = min(own.first, range.lowerBound)
        own.end = max(own.end, range.upperBound)
        let received = context.raw.receivedAtMilliseconds
        lastArrivalMilliseconds = max(lastArrivalMilliseconds, received)
        let end = instant(start(of: range.upperBound), context)
        if received / 1000 - end <= context.limits.liveLagSeconds {
            let silence = Int64(context.limits.silentDays) * 86_400
            own.expectedUntil = max(own.expectedUntil, start(of: range.upperBound) + silence)
            expectedUntil = max(expectedUntil, own.expectedUntil)
        }
    }

    /// Puts the recorded slots of a block that lie in `range` into the store. `blockStart` is the slot of the block's element 0.
    ///
    /// - Parameter fate: counts what became of the values.
    mutating func take(
        _ block: IntervalBlock,
        _ range: Range<Int64>,
        blockStart: Int64,
        shiftSeconds: Int16,
        _ context: FoldContext,
        _ calendar: inout DayCalendar,
        _ fate: inout BlockFate
    ) -> IntakeResult {
        var result = IntakeResult()
        slots.cover(range)
        if references.count >= referenceLimit { cleanReferences() }
        var reference = Reference(raw: context.raw, sourceVersion: block.sourceVersion)
        reference.source = Self.sourceHash(block.source)
        reference.shiftSeconds = shiftSeconds
        // Most blocks have no final substitutes; the second reference is added with the first of them.
        let hasLocks = hasLocks(context.facts)
        var referenceIndices: (plain: UInt32?, final: UInt32?) = (nil, nil)
        var first = Int64.max
        var last = Int64.min
        for slot in range {
            let element = Int(slot - blockStart)
            guard block.qualities[element] != IntervalBlock.noRecord else { continue }
            let quality = sourceQuality(block, element)
            let flags = sourceFlags(block, element, context)
            let value = quality == Quality.missing.rawValue ? 0 : block.billionths[element]
            let index = Int(slot - slots.base)
            let oldSource = slots.sources[index]
            reference.isFinal = !block.sourceStatus.isEmpty && Self.isFinal(block.sourceStatus[element])
            var isSame = false
            if oldSource != SlotStore.absent {
                isSame = slots.values[index] == value && oldSource == quality && slots.flags[index] == flags
                let standing = Standing(
                    rank: rank(quality, value, flags, slot, context, &calendar),
                    reference: reference,
                    value: value
                )
                let word = Rival(slot: slot, value: value, quality: quality, flags: flags, reference: reference)
                switch settleWords(standing, word, context, &calendar) {
                case .held:
                    if isSame { fate.unchanged += 1 } else { fate.held += 1 }
                    continue
                case .rivalHolds(let rival):
                    // The source's later word is below that of another source, which holds from now on.
                    fate.held += 1
                    mark(slot, index, rival.quality, oldSource, &result)
                    put(rival, index)
                    if first == .max { first = slot }
                    last = slot
                    continue
                case .holds:
                    if isSame { fate.unchanged += 1 } else { fate.replaced += 1 }
                }
            }
            let referenceIndex: UInt32
            if let known = reference.isFinal ? referenceIndices.final : referenceIndices.plain {
                referenceIndex = known
            } else {
                referenceIndex = UInt32(references.count)
                references.append(reference)
                if reference.isFinal {
                    referenceIndices.final = referenceIndex
                } else {
                    referenceIndices.plain = referenceIndex
                }
            }
            slots.references[index] = referenceIndex
            if isSame { continue }
            if hasLocks, isLocked(slot, context.facts) {
                fate.hold(wasReplaced: oldSource != SlotStore.absent, CorrectionRule.exceptionCode)
            } else {
                fate.taken += 1
            }
            mark(slot, index, quality, oldSource, &result)
            slots.values[index] = value
            slots.sources[index] = quality
            slots.flags[index] = flags
            if first == .max { first = slot }
            last = slot
        }
        if first <= last { result.add(first..<last + 1) }
        return result
    }

    /// Whether a person locked or unlocked anything of the channel.
    func hasLocks(_ facts: MeterFacts) -> Bool {
        facts.edits.contains { $0.isLocking && $0.channel == channel }
    }

    /// Notes a slot whose findings may be others although its result stays.
    @inline(__always)
    private func mark(_ slot: Int64, _ index: Int, _ quality: UInt8, _ old: UInt8, _ result: inout IntakeResult) {
        if slots.outQualities[index] != SlotStore.neverEmitted,
            Self.mayKeepResult(quality) || Self.mayKeepResult(old) || findingIndex(slot) < findingIndex(slot + 1)
        {
            result.forced.append(slot)
        }
    }

    private mutating func put(_ rival: Rival, _ index: Int) {
        slots.values[index] = rival.value
        slots.sources[index] = rival.quality
        slots.flags[index] = rival.flags
        slots.references[index] = UInt32(references.count)
        references.append(rival.reference)
    }

    // MARK: Words of several sources

    private enum Settled {
        case holds
        case held
        case rivalHolds(Rival)
    }

    /// Compares a new word about a slot that has one with those that are known, and keeps the ones of other sources that don't hold.
    private mutating func settleWords(
        _ new: Standing,
        _ word: Rival,
        _ context: FoldContext,
        _ calendar: inout DayCalendar
    ) -> Settled {
        let holder = holder(word.slot, context, &calendar)
        if holder.reference.source == new.reference.source {
            guard new.isLaterWord(than: holder) else { return .held }
            guard let best = bestRival(word.slot, context, &calendar), best.standing.outranks(new) else {
                return .holds
            }
            rivals[best.index] = word
            sortRivals(of: word.slot)
            return .rivalHolds(best.word)
        }
        if let own = rivalIndex(word.slot, new.reference.source) {
            let standing = standing(of: rivals[own], context, &calendar)
            guard new.isLaterWord(than: standing) else { return .held }
            rivals.remove(at: own)
        }
        if new.outranks(holder) {
            add(rival: heldWord(word.slot))
            return .holds
        }
        add(rival: word)
        return .held
    }

    private func heldWord(_ slot: Int64) -> Rival {
        let index = Int(slot - slots.base)
        return Rival(
            slot: slot,
            value: slots.values[index],
            quality: slots.sources[index],
            flags: slots.flags[index],
            reference: references[Int(slots.references[index])]
        )
    }

    private func bestRival(
        _ slot: Int64,
        _ context: FoldContext,
        _ calendar: inout DayCalendar
    ) -> (index: Int, word: Rival, standing: Standing)? {
        var best: (index: Int, word: Rival, standing: Standing)?
        var index = rivalIndex(from: slot)
        while index < rivals.count, rivals[index].slot == slot {
            let standing = standing(of: rivals[index], context, &calendar)
            if best.map({ standing.outranks($0.standing) }) ?? true { best = (index, rivals[index], standing) }
            index += 1
        }
        return best
    }

    private func rivalIndex(_ slot: Int64, _ source: UInt32) -> Int? {
        var index = rivalIndex(from: slot)
        while index < rivals.count, rivals[index].slot == slot {
            if rivals[index].reference.source == source { return index }
            index += 1
        }
        return nil
    }

    /// Index of the first rival at a slot or after it.
    private func rivalIndex(from slot: Int64) -> Int {
        var low = 0
        var high = rivals.count
        while low < high {
            let middle = (low + high) / 2
            if rivals[middle].slot < slot { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private mutating func add(rival: Rival) {
        var index = rivalIndex(from: rival.slot)
        while index < rivals.count, rivals[index].slot == rival.slot,
            rivals[index].reference.source < rival.reference.source
        {
            index += 1
        }
        rivals.insert(rival, at: index)
    }

    private mutating func sortRivals(of slot: Int64) {
        let lower = rivalIndex(from: slot)
        let upper = rivalIndex(from: slot + 1)
        rivals[lower..<upper].sort { $0.reference.source < $1.reference.source }
    }

    private func standing(of word: Rival, _ context: FoldContext, _ calendar: inout DayCalendar) -> Standing {
        Standing(
            rank: rank(word.quality, word.value, word.flags, word.slot, context, &calendar),
            reference: word.reference,
            value: word.value
        )
    }

    /// The standing of the value that a slot holds.
    private func holder(_ slot: Int64, _ context: FoldContext, _ calendar: inout DayCalendar) -> Standing {
        let index = Int(slot - slots.base)
        let value = slots.values[index]
        return Standing(
            rank: rank(slots.sources[index], value, slots.flags[index], slot, context, &calendar),
            reference: references[Int(slots.references[index])],
            value: value
        )
    }

    /// FNV-1a, 32 bits: a channel has few sources, and only its own are compared.
    static func sourceHash(_ source: String) -> UInt32 {
        var hash: UInt32 = 2_166_136_261
        for byte in source.utf8 { hash = (hash ^ UInt32(byte)) &* 16_777_619 }
        return hash
    }

    /// Whether a source status is that of a final substitute (NEM12: F, see `NEMQuality.status`).
    @inline(__always)
    private static func isFinal(_ status: UInt16) -> Bool { status / 10_000 == 3 }

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
        return rank(quality, value, flags, adopted[context.timeline.index(at: calendar.day(at: start(of: slot)).start)])
    }

    /// The same by the rules of a window.
    func rank(_ quality: UInt8, _ value: Int64, _ flags: UInt16, _ rules: AdoptedRules) -> UInt8 {
        let plain = quality == Quality.raw.rawValue ? Quality.validated.rawValue : quality
        guard SourceQuality.isChecked(quality) else { return plain }
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

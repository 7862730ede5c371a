import MeterCore
import MeterEvents
import StreamCore

extension Series {
    /// Finds the exceptions of a day and puts out those that opened, changed or ended.
    mutating func reviewExceptions(
        _ day: LocalDay,
        _ kept: Range<Int64>,
        _ rules: DayRules,
        _ context: FoldContext,
        _ effects: inout Effects
    ) {
        var found: [OpenException] = []
        if rules.offsetSeconds != 0, hasRecord(kept) {
            let first = firstSlot(from: day.start)
            found.append(
                exception(day, AlignmentRule.number, .warn, first, 1, rules.offsetSeconds * 1_000_000_000, 0)
            )
        }
        if rules.isClosed { findMissing(day, kept, rules, context, &found) }
        findSpikes(day, kept, &found)
        findNegative(day, kept, rules, &found)
        let lower = exceptionIndex(day.start)
        let upper = exceptionIndex(day.end)
        if found.isEmpty, lower == upper { return }
        let old = Array(exceptions[lower..<upper])
        if old == found { return }
        for exception in old where !found.contains(where: { $0.rule == exception.rule }) {
            emit(exception, isOpen: false, rules, context, &effects)
        }
        for exception in found where !old.contains(exception) {
            emit(exception, isOpen: true, rules, context, &effects)
        }
        exceptions.replaceSubrange(lower..<upper, with: found)
    }

    private func exception(
        _ day: LocalDay,
        _ rule: UInt32,
        _ severity: Severity,
        _ first: Int64,
        _ count: Int,
        _ observed: Int64,
        _ limit: Int64
    ) -> OpenException {
        OpenException(
            windowStart: day.start,
            windowEnd: day.end,
            rule: rule,
            severity: severity,
            firstStart: start(of: first),
            count: UInt32(clamping: count),
            observedBillionths: observed,
            limitBillionths: limit
        )
    }

    private func hasRecord(_ kept: Range<Int64>) -> Bool {
        for slot in kept where slots.sources[Int(slot - slots.base)] != SlotStore.absent { return true }
        return false
    }

    private func findMissing(
        _ day: LocalDay,
        _ kept: Range<Int64>,
        _ rules: DayRules,
        _ context: FoldContext,
        _ found: inout [OpenException]
    ) {
        let set = context.timeline.entries[rules.index].rules
        guard set.gap.isEnabled else { return }
        var count = 0
        var first: Int64?
        var run: Int64 = 0
        var longest: Int64 = 0
        for slot in kept {
            guard slots.outQualities[Int(slot - slots.base)] == Quality.missing.rawValue else {
                run = 0
                continue
            }
            count += 1
            run += 1
            longest = max(longest, run)
            if first == nil { first = slot }
        }
        guard let first else { return }
        let limit = set.linear.isEnabled ? set.linear.maximumGapSeconds : 0
        let observed = longest * intervalSeconds * 1_000_000_000
        found.append(exception(day, GapRule.number, .fail, first, count, observed, limit * 1_000_000_000))
    }

    private func findSpikes(_ day: LocalDay, _ kept: Range<Int64>, _ found: inout [OpenException]) {
        if spikes.isEmpty { return }
        let marks = spikes[spikeIndex(kept.lowerBound)..<spikeIndex(kept.upperBound)]
        guard let first = marks.first else { return }
        var worst = first.observedBillionths
        for mark in marks { worst = max(worst, mark.observedBillionths) }
        found.append(
            exception(day, SpikeRule.number, first.severity, first.slot, marks.count, worst, first.limitBillionths)
        )
    }

    private func findNegative(
        _ day: LocalDay,
        _ kept: Range<Int64>,
        _ rules: DayRules,
        _ found: inout [OpenException]
    ) {
        if failsNegative == 0 { return }
        var count = 0
        var first: Int64?
        var least: Int64 = 0
        for index in Int(kept.lowerBound - slots.base)..<Int(kept.upperBound - slots.base)
        where slots.values[index] < 0 {
            guard failsNegative(slots.values[index], slots.sources[index] & SlotStore.qualityMask, rules.index)
            else { continue }
            count += 1
            least = min(least, slots.values[index])
            if first == nil { first = slots.base + Int64(index) }
        }
        guard let first else { return }
        found.append(exception(day, NegativeRule.number, .fail, first, count, least, 0))
    }

    /// Index of the first exception of a window at an instant or after it.
    func exceptionIndex(_ seconds: Int64) -> Int {
        var index = exceptions.count
        while index > 0, exceptions[index - 1].windowStart >= seconds { index -= 1 }
        return index
    }

    func emit(
        _ exception: OpenException,
        isOpen: Bool,
        _ rules: DayRules,
        _ context: FoldContext,
        _ effects: inout Effects
    ) {
        let event = VeeException(
            meter: context.meter,
            channel: channel,
            windowStart: Instant(secondsSinceEpoch: exception.windowStart),
            windowEnd: Instant(secondsSinceEpoch: exception.windowEnd),
            rule: exception.rule,
            severity: exception.severity,
            isOpen: isOpen,
            firstIntervalStart: Instant(secondsSinceEpoch: exception.firstStart),
            intervalCount: exception.count,
            observedBillionths: exception.observedBillionths,
            limitBillionths: exception.limitBillionths,
            code: exception.code,
            reason: exception.reason,
            ruleSet: context.timeline.entries[rules.index].rules.version,
            decidedAtMilliseconds: context.decidedAtMilliseconds,
            raw: context.raw
        )
        effects.emit(event, context)
    }
}

extension Effects {
    mutating func emit(_ exception: VeeException, _ context: FoldContext) {
        count((exception.isOpen ? VEECounter.exceptionsOpened : .exceptionsCleared).rawValue)
        guard !isMuted else { return }
        emit(
            to: VEEProcessor.exceptionsOutput,
            key: context.key,
            timestampMilliseconds: context.recordMilliseconds
        ) { bytes in
            exception.append(to: &bytes)
        }
    }
}

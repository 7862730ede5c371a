import MeterCore
import MeterEvents
import RuleSets
import StreamCore

extension Series {
    /// Finds the exceptions of a day and puts out those that opened, changed or ended.
    ///
    /// - Parameter kept: the day's slots at hand; nil when they did not change, and with them what was found about them.
    mutating func reviewExceptions(
        _ day: LocalDay,
        _ kept: Range<Int64>?,
        _ windowFindings: [WindowFinding],
        _ rules: DayRules,
        _ context: FoldContext,
        _ effects: inout Effects
    ) {
        let lower = exceptionIndex(day.start)
        let upper = exceptionIndex(day.end)
        let old = Array(exceptions[lower..<upper])
        var found: [OpenException] = []
        if let kept {
            if rules.isClosed { findMissing(day, kept, rules, &found) }
            collect(findings[findingIndex(kept.lowerBound)..<findingIndex(kept.upperBound)], kept, day, &found)
            collect(corrections[...], kept, day, &found)
            collect(sharing.marks[...], kept, day, &found)
        } else {
            found = old.filter { !$0.isOfWindow }
        }
        for finding in windowFindings { found.append(exception(day, finding)) }
        if found.isEmpty, old.isEmpty { return }
        found.sort { ($0.rule, $0.isOfWindow ? 1 : 0) < ($1.rule, $1.isOfWindow ? 1 : 0) }
        if old == found { return }
        for exception in old where !found.contains(where: { $0.rule == exception.rule }) {
            emit(exception, isOpen: false, rules, context, &effects)
        }
        for exception in found where !old.contains(exception) {
            emit(exception, isOpen: true, rules, context, &effects)
        }
        exceptions.replaceSubrange(lower..<upper, with: found)
    }

    private func exception(_ day: LocalDay, _ finding: WindowFinding) -> OpenException {
        OpenException(
            windowStart: day.start,
            windowEnd: day.end,
            rule: finding.rule,
            severity: finding.severity,
            firstStart: day.start,
            count: 0,
            observedBillionths: finding.observedBillionths,
            limitBillionths: finding.limitBillionths,
            isOfWindow: true
        )
    }

    private func findMissing(
        _ day: LocalDay,
        _ kept: Range<Int64>,
        _ rules: DayRules,
        _ found: inout [OpenException]
    ) {
        let parameters = adopted[rules.index].rules.parameters
        guard parameters.gap.isEnabled else { return }
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
        let isWaiting = isWaiting(day)
        let limit =
            isWaiting
            ? Int64(parameters.estimation.storm.maximumDays) * 86_400 : parameters.estimation.longestGapSeconds
        found.append(
            OpenException(
                windowStart: day.start,
                windowEnd: day.end,
                rule: isWaiting ? StormRule.number : GapRule.number,
                severity: isWaiting ? .warn : .fail,
                firstStart: start(of: first),
                count: UInt32(clamping: count),
                observedBillionths: longest * intervalSeconds * Quantity.scale,
                limitBillionths: limit * Quantity.scale,
                isOfWindow: false
            )
        )
    }

    /// One exception for each rule: its first slot, how many, its gravest severity and its greatest observed value.
    private func collect(
        _ marks: ArraySlice<SlotFinding>,
        _ kept: Range<Int64>,
        _ day: LocalDay,
        _ found: inout [OpenException]
    ) {
        for mark in marks where mark.first >= kept.lowerBound && mark.first < kept.upperBound {
            if let index = found.firstIndex(where: { $0.rule == mark.rule }) {
                found[index].count += UInt32(clamping: mark.count)
                if mark.severity.rawValue > found[index].severity.rawValue { found[index].severity = mark.severity }
                if mark.observedBillionths.magnitude > found[index].observedBillionths.magnitude {
                    found[index].observedBillionths = mark.observedBillionths
                    found[index].limitBillionths = mark.limitBillionths
                }
            } else {
                found.append(
                    OpenException(
                        windowStart: day.start,
                        windowEnd: day.end,
                        rule: mark.rule,
                        severity: mark.severity,
                        firstStart: start(of: mark.first),
                        count: UInt32(clamping: mark.count),
                        observedBillionths: mark.observedBillionths,
                        limitBillionths: mark.limitBillionths,
                        isOfWindow: false
                    )
                )
            }
        }
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
        var real = exception
        if isDaily {
            real.windowStart = instant(exception.windowStart, context)
            real.windowEnd = instant(exception.windowEnd, context)
            real.firstStart = instant(exception.firstStart, context)
        }
        effects.emit(
            real.event(isOpen: isOpen, channel: channel, unit, adopted[rules.index].rules.version, context),
            context
        )
    }
}

extension OpenException {
    func event(
        isOpen: Bool,
        channel: String,
        _ unit: MeasurementUnit,
        _ ruleSet: String,
        _ context: FoldContext
    ) -> VeeException {
        VeeException(
            meter: context.meter,
            channel: channel,
            windowStart: Instant(secondsSinceEpoch: windowStart),
            windowEnd: Instant(secondsSinceEpoch: windowEnd),
            rule: rule,
            severity: severity,
            isOpen: isOpen,
            firstIntervalStart: Instant(secondsSinceEpoch: firstStart),
            intervalCount: count,
            observedBillionths: observedBillionths,
            limitBillionths: limitBillionths,
            code: code,
            reason: reason(unit),
            ruleSet: ruleSet,
            decidedAtMilliseconds: context.decidedAtMilliseconds,
            raw: context.raw
        )
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

import MeterCore
import MeterEvents
import RuleSets
import StreamCore

extension VEEProcessor {
    mutating func take(_ block: IntervalBlock, _ context: inout FoldContext, _ effects: inout Effects) {
        effects.count(VEECounter.intervalsIn.rawValue, by: Int64(block.count))
        guard let recorded = recordedElements(of: block) else { return }
        let interval = Int64(block.intervalSeconds)
        let start = block.start.secondsSinceEpoch
        let end = start + Int64(recorded.upperBound) * interval
        if FutureRule.refuses(
            start: start,
            end: end,
            receivedAtMilliseconds: context.raw.receivedAtMilliseconds,
            limitSeconds: configuration.limits.futureSeconds
        ) {
            refuse(block, recorded, &context, &effects)
            return
        }
        let phase = start.flooredRemainder(interval)
        let blockStart = (start - phase) / interval
        let range = blockStart + Int64(recorded.lowerBound)..<blockStart + Int64(recorded.upperBound)
        guard interval <= 86_400, 90_000 / interval <= configuration.limits.maximumDaySlots,
            let meter = meterSlot(block.meter)
        else {
            judgeWithoutMemory(block, range, blockStart, phase, &context, &effects)
            return
        }
        observeZone(block.zone, isRegistry: false, of: meter, &context, &effects)
        guard let index = seriesSlot(block, meter, phase) else {
            judgeWithoutMemory(block, range, blockStart, phase, &context, &effects)
            return
        }
        enter(meter, &context)
        guard passes(block, start..<end, meter, &context, &effects) else { return }
        noteReport(block, recorded, index)
        lend(checkOf: index, &context)
        let calendar = meters[meter].calendar
        if series[index].isLeft(behind: start, context) {
            series[index].closeAll(context, &calendars[calendar, interval])
            review(meter, &context, &effects)
            series[index].leap(to: start, context, &calendars[calendar, interval])
        }
        let due = series[index].fold(
            block,
            range,
            blockStart: blockStart,
            context,
            &calendars[calendar, interval],
            &effects
        )
        context.check = nil
        setDue(index, due)
        review(meter, &context, &effects)
    }

    /// From the first to the last element that the source had a record for; nil when it had none.
    private func recordedElements(of block: IntervalBlock) -> Range<Int>? {
        guard block.intervalSeconds > 0, block.qualities.count == block.count,
            let first = block.qualities.firstIndex(where: { $0 != IntervalBlock.noRecord }),
            let last = block.qualities.lastIndex(where: { $0 != IntervalBlock.noRecord })
        else { return nil }
        return first..<last + 1
    }

    /// The index of a series, added when it is new; nil when there are too many.
    private mutating func seriesSlot(_ block: IntervalBlock, _ meter: Int, _ phase: Int64) -> Int? {
        let interval = Int64(block.intervalSeconds)
        for index in meters[meter].series
        where series[index].intervalSeconds == interval && series[index].phase == phase
            && series[index].unit == block.unit && series[index].channel == block.channel
        {
            return index
        }
        guard series.count < configuration.limits.maximumSeries else { return nil }
        var new = Series(
            meter: meter,
            channel: block.channel,
            unit: block.unit,
            intervalSeconds: interval,
            phase: phase
        )
        _ = new.adopt(timeline, meters[meter], &resolved)
        meters[meter].series.append(series.count)
        series.append(new)
        dueAt.append(.max)
        return series.count - 1
    }

    /// Judges a block by itself and keeps nothing: there are too many series, or its intervals are too short or too long for a window.
    private mutating func judgeWithoutMemory(
        _ block: IntervalBlock,
        _ range: Range<Int64>,
        _ blockStart: Int64,
        _ phase: Int64,
        _ context: inout FoldContext,
        _ effects: inout Effects
    ) {
        effects.count(VEECounter.withoutMemory.rawValue, by: Int64(range.count))
        let calendar = calendars.index(of: block.zone) ?? 0
        context.meter = block.meter
        context.key = Array(block.meter.utf8)
        context.zone = calendars[calendar].rules.identifier
        var alone = Series(
            meter: 0,
            channel: block.channel,
            unit: block.unit,
            intervalSeconds: Int64(block.intervalSeconds),
            phase: phase
        )
        _ = alone.adopt(timeline, nil, &resolved)
        context.facts = .none
        alone.judgeAlone(
            block,
            range,
            blockStart: blockStart,
            context,
            &calendars[calendar, Int64(block.intervalSeconds)],
            &effects
        )
    }

    private mutating func refuse(
        _ block: IntervalBlock,
        _ recorded: Range<Int>,
        _ context: inout FoldContext,
        _ effects: inout Effects
    ) {
        effects.count(VEECounter.refused.rawValue, by: Int64(recorded.count))
        context.meter = block.meter
        context.key = Array(block.meter.utf8)
        let ahead = block.end.secondsSinceEpoch.subtractingReportingOverflow(
            context.raw.receivedAtMilliseconds / 1000
        )
        let seconds = Quantity.scale.multipliedReportingOverflow(by: ahead.partialValue)
        let exception = VeeException(
            meter: block.meter,
            channel: block.channel,
            windowStart: block.start,
            windowEnd: block.end,
            rule: FutureRule.number,
            severity: .fail,
            isOpen: true,
            firstIntervalStart: block.start,
            intervalCount: UInt32(clamping: recorded.count),
            observedBillionths: ahead.overflow || seconds.overflow ? .max : seconds.partialValue,
            limitBillionths: configuration.limits.futureSeconds * Quantity.scale,
            code: FutureRule.exceptionCode,
            reason: "\(recorded.count) intervals to \(block.end) are out of the time they were received in",
            ruleSet: timeline.entries[timeline.index(at: block.start.secondsSinceEpoch)].rules.version,
            decidedAtMilliseconds: context.decidedAtMilliseconds,
            raw: context.raw
        )
        effects.emit(exception, context)
    }
}

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
        var fate = BlockFate(
            raw: context.raw,
            start: Self.told(start + Int64(recorded.lowerBound) * interval),
            end: Self.told(end),
            intervalSeconds: block.intervalSeconds
        )
        let offered = block.qualities.lazy.filter { $0 != IntervalBlock.noRecord }.count
        fate.offered = UInt32(clamping: offered)
        if FutureRule.refuses(
            start: start,
            end: end,
            receivedAtMilliseconds: context.raw.receivedAtMilliseconds,
            limitSeconds: configuration.limits.futureSeconds
        ) {
            fate.refused = fate.offered
            fate.code = FutureRule.exceptionCode
            refuse(block, recorded, &context, &effects)
            emit(fate, of: block, context, &effects)
            return
        }
        guard interval <= 86_400, 90_000 / interval <= configuration.limits.maximumDaySlots,
            let meter = meterSlot(block.meter)
        else {
            judgeWithoutMemory(block, recorded, &fate, &context, &effects)
            return
        }
        observeZone(block.zone, block.zoneOrigin, of: meter, &context, &effects)
        let placement = placement(of: block, meter)
        guard let index = seriesSlot(block, meter, placement.phase) else {
            judgeWithoutMemory(block, recorded, &fate, &context, &effects)
            return
        }
        enter(meter, &context)
        if let code = refusal(of: block, start..<end, meter, &context, &effects) {
            fate.refused = fate.offered
            fate.code = code
            emit(fate, of: block, context, &effects)
            return
        }
        noteReport(block, recorded, index)
        let first = placement.blockStart
        let range = first + Int64(recorded.lowerBound)..<first + Int64(recorded.upperBound)
        leave(behind: range, index, &context, &effects)
        lend(checkOf: index, &context)
        let own = local(context, index)
        let result = series[index].intake(
            block,
            range,
            blockStart: first,
            shiftSeconds: placement.shiftSeconds,
            own,
            &calendars[meters[meter].calendar, interval],
            &fate,
            &effects
        )
        context.check = nil
        count(fate, &effects)
        series[index].fates.append(fate)
        advanceChannel(of: index, result, &context)
        review(meter, &context, &effects)
        series[index].emitFates(own, &effects)
        if !meters[meter].idleEdits.isEmpty {
            meters[meter].idleEdits = answerEdits(meter, block.channel, from: nil, context, &effects)
        }
    }

    /// Where the values of a block lie, by the zone that it names, or else the meter's.
    private mutating func placement(of block: IntervalBlock, _ meter: Int) -> BlockPlacement {
        let calendar = calendars.index(of: block.zone) ?? meters[meter].calendar
        return BlockPlacement(
            startSeconds: block.start.secondsSinceEpoch,
            intervalSeconds: Int64(block.intervalSeconds),
            calendars[calendar].rules
        )
    }

    /// Makes room for data that lies more than the history after everything that is known.
    private mutating func leave(
        behind range: Range<Int64>,
        _ index: Int,
        _ context: inout FoldContext,
        _ effects: inout Effects
    ) {
        let meter = series[index].meter
        let start = series[index].start(of: range.lowerBound)
        guard series[index].isLeft(behind: start, context) else { return }
        let interval = series[index].intervalSeconds
        let own = local(context, index)
        series[index].closeAll(own, &calendars[meters[meter].calendar, interval])
        review(meter, &context, &effects)
        series[index].leap(to: start, own, &calendars[meters[meter].calendar, interval])
    }

    private static func told(_ seconds: Int64) -> Instant {
        Instant(secondsSinceEpoch: FutureRule.told(seconds))
    }

    private func count(_ fate: BlockFate, _ effects: inout Effects) {
        effects.count(VEECounter.duplicatesIgnored.rawValue, by: Int64(fate.unchanged))
        effects.count(VEECounter.replacementsHeld.rawValue, by: Int64(fate.held))
        effects.count(VEECounter.replacements.rawValue, by: Int64(fate.replaced))
    }

    /// Puts out what became of a block that was not taken.
    private func emit(_ fate: BlockFate, of block: IntervalBlock, _ context: FoldContext, _ effects: inout Effects) {
        if effects.isMuted { return }
        var event = ValidatedIntervals(
            meter: block.meter,
            channel: block.channel,
            unit: block.unit,
            zone: context.zone.isEmpty ? "UTC" : context.zone,
            start: Self.told(block.start.secondsSinceEpoch),
            intervalSeconds: block.intervalSeconds,
            billionths: [],
            qualities: [],
            methods: [],
            revisions: [],
            provenance: [],
            findings: [],
            ruleSet: timeline.entries[timeline.index(at: block.start.secondsSinceEpoch)].rules.version,
            decidedAtMilliseconds: context.decidedAtMilliseconds,
            window: nil
        )
        event.fates = [fate]
        effects.emit(
            to: Self.validatedOutput,
            key: Array(block.meter.utf8),
            timestampMilliseconds: context.recordMilliseconds
        ) { bytes in
            event.append(to: &bytes)
        }
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
        for index in meters[meter].series where series[index].channel == block.channel {
            new.withdrawnRevision = max(new.withdrawnRevision, series[index].withdrawnRevision)
        }
        meters[meter].series.append(series.count)
        series.append(new)
        dueAt.append(.max)
        return series.count - 1
    }

    /// Judges a block by itself and keeps nothing: there are too many series, or its intervals are too short or too long for a window.
    private mutating func judgeWithoutMemory(
        _ block: IntervalBlock,
        _ recorded: Range<Int>,
        _ fate: inout BlockFate,
        _ context: inout FoldContext,
        _ effects: inout Effects
    ) {
        effects.count(VEECounter.withoutMemory.rawValue, by: Int64(recorded.count))
        let calendar = calendars.index(of: block.zone) ?? 0
        context.meter = block.meter
        context.key = Array(block.meter.utf8)
        context.zone = calendars[calendar].rules.identifier
        context.wall = calendars[calendar].rules
        let placement = BlockPlacement(
            startSeconds: block.start.secondsSinceEpoch,
            intervalSeconds: Int64(block.intervalSeconds),
            context.wall
        )
        let first = placement.blockStart
        var alone = Series(
            meter: 0,
            channel: block.channel,
            unit: block.unit,
            intervalSeconds: Int64(block.intervalSeconds),
            phase: placement.phase
        )
        _ = alone.adopt(timeline, nil, &resolved)
        context.facts = .none
        alone.judgeAlone(
            block,
            first + Int64(recorded.lowerBound)..<first + Int64(recorded.upperBound),
            blockStart: first,
            shiftSeconds: placement.shiftSeconds,
            context,
            &calendars[calendar, Int64(block.intervalSeconds)],
            &fate,
            &effects
        )
        count(fate, &effects)
        emit(fate, of: block, context, &effects)
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
            windowStart: Self.told(block.start.secondsSinceEpoch),
            windowEnd: Self.told(block.end.secondsSinceEpoch),
            rule: FutureRule.number,
            severity: .fail,
            isOpen: true,
            firstIntervalStart: Self.told(block.start.secondsSinceEpoch),
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

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
            refuse(block, recorded, fate, .time, &context, &effects)
            return
        }
        let mostSlots = Int64(configuration.limits.maximumDaySlots)
        guard interval > 86_400 || 90_000 / interval <= mostSlots else {
            refuse(block, recorded, fate, .short(mostADay: mostSlots), &context, &effects)
            return
        }
        guard let meter = meterSlot(block.meter) else {
            refuse(block, recorded, fate, .room, &context, &effects)
            return
        }
        observeZone(block.zone, block.zoneOrigin, of: meter, &context, &effects)
        if interval > 86_400 {
            takeLong(block, recorded, start..<end, meter, fate, &context, &effects)
            return
        }
        let placement = placement(of: block, meter)
        guard let index = seriesSlot(block, meter, placement.phase) else {
            refuse(block, recorded, fate, .room, &context, &effects)
            return
        }
        enter(meter, &context)
        if let code = refusal(of: block, start..<end, meter, &context, &effects) {
            fate.refused = fate.offered
            fate.code = code
            emit(fate, of: block, context, &effects)
            return
        }
        put(block, recorded, placement, index, fate, &context, &effects)
    }

    /// Takes values of more than a day, each by itself.
    private mutating func takeLong(
        _ block: IntervalBlock,
        _ recorded: Range<Int>,
        _ time: Range<Int64>,
        _ meter: Int,
        _ fate: BlockFate,
        _ context: inout FoldContext,
        _ effects: inout Effects
    ) {
        let interval = Int64(block.intervalSeconds)
        let zone = calendars[calendars.index(of: block.zone) ?? meters[meter].calendar].rules
        var shares: [(element: Int, block: IntervalBlock)] = []
        for element in recorded where block.qualities[element] != IntervalBlock.noRecord {
            let start = block.start.secondsSinceEpoch + Int64(element) * interval
            guard let days = LongInterval.days(from: start, seconds: interval, zone) else {
                refuse(block, recorded, fate, .uneven, &context, &effects)
                return
            }
            shares.append((element, LongInterval.shares(of: block, element, days: days)))
        }
        let placements = shares.map { placement(of: $0.block, meter) }
        var indices: [Int] = []
        for (share, placement) in zip(shares, placements) {
            guard let index = seriesSlot(share.block, meter, placement.phase) else {
                refuse(block, recorded, fate, .room, &context, &effects)
                return
            }
            indices.append(index)
        }
        enter(meter, &context)
        if let code = refusal(of: block, time, meter, &context, &effects) {
            var fate = fate
            fate.refused = fate.offered
            fate.code = code
            emit(fate, of: block, context, &effects)
            return
        }
        for (place, share) in shares.enumerated() {
            let start = block.start.secondsSinceEpoch + Int64(share.element) * interval
            let own = BlockFate(
                raw: context.raw,
                start: Self.told(start),
                end: Self.told(start + interval),
                intervalSeconds: block.intervalSeconds
            )
            put(
                share.block,
                0..<share.block.count,
                placements[place],
                indices[place],
                own,
                isOneValue: true,
                &context,
                &effects
            )
        }
    }

    /// Puts a block into its series, and decides what changed.
    ///
    /// - Parameter isOneValue: all of its elements are one value of the payload.
    private mutating func put(
        _ block: IntervalBlock,
        _ recorded: Range<Int>,
        _ placement: BlockPlacement,
        _ index: Int,
        _ fate: BlockFate,
        isOneValue: Bool = false,
        _ context: inout FoldContext,
        _ effects: inout Effects
    ) {
        var fate = fate
        let meter = series[index].meter
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
            &calendars[meters[meter].calendar, Int64(block.intervalSeconds)],
            &fate,
            &effects
        )
        context.check = nil
        if isOneValue { fate.countAsOne() }
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

    /// Why nothing of a block is taken.
    private enum Refusal {
        case time
        case short(mostADay: Int64)
        case uneven
        case room

        var rule: (number: UInt32, code: String) {
            switch self {
            case .time: (FutureRule.number, FutureRule.exceptionCode)
            case .short, .uneven: (IntervalSizeRule.number, IntervalSizeRule.exceptionCode)
            case .room: (RoomRule.number, RoomRule.exceptionCode)
            }
        }
    }

    private mutating func refuse(
        _ block: IntervalBlock,
        _ recorded: Range<Int>,
        _ fate: BlockFate,
        _ refusal: Refusal,
        _ context: inout FoldContext,
        _ effects: inout Effects
    ) {
        var fate = fate
        fate.refused = fate.offered
        fate.code = refusal.rule.code
        effects.count(VEECounter.refused.rawValue, by: Int64(fate.refused))
        context.meter = block.meter
        context.key = Array(block.meter.utf8)
        let count = recorded.count
        let (observed, limit, reason): (Int64, Int64, String)
        switch refusal {
        case .time:
            let ahead = block.end.secondsSinceEpoch.subtractingReportingOverflow(
                context.raw.receivedAtMilliseconds / 1000
            )
            observed = ahead.overflow ? .max : Self.billionths(ahead.partialValue)
            limit = Self.billionths(configuration.limits.futureSeconds)
            reason = "\(count) intervals to \(block.end) are out of the time they were received in"
        case .short(let mostADay):
            observed = Self.billionths(Int64(block.intervalSeconds))
            limit = Self.billionths((90_000 + mostADay - 1) / mostADay)
            reason = "\(count) intervals of \(block.intervalSeconds) s: no more than \(mostADay) a day are kept"
        case .uneven:
            observed = Self.billionths(Int64(block.intervalSeconds))
            limit = Self.billionths(86_400)
            reason = "\(count) intervals of \(block.intervalSeconds) s: more than a day, and no whole number of days"
        case .room:
            observed = Self.billionths(Int64(series.count))
            limit = Self.billionths(Int64(configuration.limits.maximumSeries))
            reason =
                "\(count) intervals of a new channel: \(configuration.limits.maximumSeries) of the partition are kept"
        }
        let exception = VeeException(
            meter: block.meter,
            channel: block.channel,
            windowStart: Self.told(block.start.secondsSinceEpoch),
            windowEnd: Self.told(block.end.secondsSinceEpoch),
            rule: refusal.rule.number,
            severity: .fail,
            isOpen: true,
            firstIntervalStart: Self.told(block.start.secondsSinceEpoch),
            intervalCount: UInt32(clamping: count),
            observedBillionths: observed,
            limitBillionths: limit,
            code: refusal.rule.code,
            reason: reason,
            ruleSet: timeline.entries[timeline.index(at: block.start.secondsSinceEpoch)].rules.version,
            decidedAtMilliseconds: context.decidedAtMilliseconds,
            raw: context.raw
        )
        effects.emit(exception, context)
        emit(fate, of: block, context, &effects)
    }

    static func billionths(_ seconds: Int64) -> Int64 {
        let (product, overflow) = seconds.multipliedReportingOverflow(by: Quantity.scale)
        return overflow ? .max : product
    }
}

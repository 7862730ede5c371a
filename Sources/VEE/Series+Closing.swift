import MeterCore
import MeterEvents
import StreamCore

extension Series {
    /// Up to where days are due, and the watermark (ms since 1970) at which the next one will be; `Int64.max` when none will.
    ///
    /// A day is due a grace after its end. While the newest data ends inside it or before it, it also waits until nothing has come
    /// for the late grace, so that data that comes in pieces makes no wave of gaps. Nothing is due beyond the newest data, but for the
    /// days that a live channel is expected to fill, that a person ordered to be estimated, or that are extrapolated whole.
    func due(_ context: FoldContext, _ calendar: inout DayCalendar) -> (through: Int64, next: Int64) {
        // All that came may have been refused: then there are no days.
        guard dataEnd > .min else { return (closedThrough, .max) }
        var through = closedThrough
        var day = calendar.day(at: through)
        let forcedUntil = context.facts.forced.reduce(Int64.min) { max($0, $1.upperBound) }
        let horizon = max(dataEndSeconds, expectedUntil, forcedUntil)
        let extrapolated = extrapolatedUntil(context) ?? .min
        while day.start < horizon || day.end <= extrapolated {
            let end = instant(day.end, context)
            var dueAt = (end + context.limits.graceSeconds) * 1000
            if dataEndSeconds < day.end {
                dueAt = max(dueAt, lastArrivalMilliseconds + context.limits.lateGraceSeconds * 1000)
            }
            if day.start < forcedUntil { dueAt = min(dueAt, end * 1000) }
            guard let watermark = context.watermarkMilliseconds, watermark >= dueAt else { return (through, dueAt) }
            through = day.end
            day = calendar.day(after: day)
        }
        return (through, .max)
    }

    /// Closes what is due, and what the history has left behind; decides that and `result`. Returns the watermark at which it must be looked
    /// at again. What became different waits in `pending`.
    mutating func advance(
        _ result: IntakeResult,
        _ context: FoldContext,
        _ calendar: inout DayCalendar
    ) -> Int64 {
        var (through, next) = due(context, &calendar)
        let edge = forgettingEdge(context, &calendar)
        if let edge, edge > through {
            through = edge
            next = max(next, instant(edge, context) * 1000)
        }
        var closing: Range<Int64>?
        if through > closedThrough {
            let newly = firstSlot(from: closedThrough)..<firstSlot(from: through)
            closedThrough = through
            slots.cover(max(newly.lowerBound, slots.base)..<max(newly.upperBound, slots.base))
            closing = newly
        }
        switch (result.changed, closing) {
        case (let changed?, let closing?) where changed.upperBound < closing.lowerBound:
            settle(changed, forced: result.forced, context, &calendar)
            settle(closing, context, &calendar)
        case (let changed?, let closing?):
            let both = min(changed.lowerBound, closing.lowerBound)..<max(changed.upperBound, closing.upperBound)
            settle(both, forced: result.forced, context, &calendar)
        case (let changed?, nil): settle(changed, forced: result.forced, context, &calendar)
        case (nil, let closing?): settle(closing, context, &calendar)
        case (nil, nil): break
        }
        hasClosed = hasClosed || closing != nil
        return next
    }

    /// Forgets what is too old and packs what is old, once everything that was decided is put out.
    mutating func tidy(_ context: FoldContext, _ calendar: inout DayCalendar) {
        guard hasClosed else { return }
        hasClosed = false
        if let edge = forgettingEdge(context, &calendar) { forget(below: edge) }
        freeze(through: dataEndSeconds - Self.hotSeconds, &calendar)
    }

    /// The day's start below which the history is to be forgotten; nil while that is less than a day.
    private func forgettingEdge(_ context: FoldContext, _ calendar: inout DayCalendar) -> Int64? {
        guard !isEmpty, dataEnd > .min else { return nil }
        let keptFrom = dataEndSeconds - context.limits.keptSeconds
        guard keptFrom - start(of: keptBase) > 2 * 86_400 else { return nil }
        return calendar.day(at: keptFrom).start
    }

    /// Drops slots and decisions below a day's start, all of whose days are closed.
    mutating func forget(below edge: Int64) {
        let slot = firstSlot(from: edge)
        guard slot > keptBase else { return }
        var revision = max(forgottenRevision, withdrawnRevision)
        while let piece = cold.pieces.first, piece.first < slot {
            var unused: [Reference] = []
            for held in cold.read(0, &unused).revisions { revision = max(revision, held) }
            if piece.first + Int64(piece.count) > slot { thaw(from: piece.first) }
            cold.removeBelow(slot)
        }
        if slots.base < slot {
            for index in 0..<Int(min(slot - slots.base, Int64(slots.count))) {
                revision = max(revision, slots.revisions[index])
            }
        }
        let window = windowIndex(edge)
        for record in windows[..<window] { revision = max(revision, record.revision) }
        forgottenRevision = revision
        forgottenBelow = slot
        windows.removeSubrange(..<window)
        statistics.removeSubrange(..<window)
        exceptions.removeSubrange(..<exceptionIndex(edge))
        findings.removeSubrange(..<findingIndex(slot))
        corrections.removeAll { $0.first < slot }
        rivals.removeAll { $0.slot < slot }
        peakDays.removeAll { $0 < edge }
        sharing.forget(below: slot, edge)
        slots.removeBelow(slot)
    }

    /// The slot below which data is beyond the history.
    func historyEdge(_ context: FoldContext, _ calendar: inout DayCalendar) -> Int64 {
        if forgottenBelow > .min { return forgottenBelow }
        return firstSlot(from: calendar.day(at: dataEndSeconds - context.limits.keptSeconds).start)
    }

    /// Whether data from an instant on lies more than the history after everything that is known.
    func isLeft(behind start: Int64, _ context: FoldContext) -> Bool {
        dataEnd > .min && start - dataEndSeconds > context.limits.keptSeconds
    }

    /// Closes everything that is known, because data came that lies more than the history after it.
    mutating func closeAll(_ context: FoldContext, _ calendar: inout DayCalendar) {
        let last = calendar.day(at: dataEndSeconds - 1)
        guard last.end > closedThrough else { return }
        let newly = firstSlot(from: closedThrough)..<firstSlot(from: last.end)
        closedThrough = last.end
        slots.cover(max(newly.lowerBound, slots.base)..<max(newly.upperBound, slots.base))
        settle(newly, context, &calendar)
    }

    /// Forgets everything for data that lies more than the history after it. Gaps are judged from one history before the new data on.
    mutating func leap(to start: Int64, _ context: FoldContext, _ calendar: inout DayCalendar) {
        let edge = calendar.day(at: start - context.limits.keptSeconds).start
        closedThrough = max(closedThrough, edge)
        forget(below: edge)
    }

    /// Judges data from beyond the history by itself: interval checks, the checks of its days as far as they are in the block, and
    /// estimates between values of the block. Its versions are numbered above all that were forgotten.
    mutating func judgeAlone(
        _ block: IntervalBlock,
        _ range: Range<Int64>,
        blockStart: Int64,
        shiftSeconds: Int16,
        _ context: FoldContext,
        _ calendar: inout DayCalendar,
        _ fate: inout BlockFate,
        _ effects: inout Effects
    ) {
        var alone = Series(
            meter: meter,
            channel: channel,
            unit: unit,
            intervalSeconds: intervalSeconds,
            phase: phase
        )
        alone.adopted = adopted
        alone.forgottenRevision = forgottenRevision
        alone.isolation = Isolation(slots: range, isVirgin: range.upperBound <= firstKnown)
        alone.firstKnown = range.lowerBound
        alone.dataEnd = range.upperBound
        alone.closedThrough = .max
        let result = alone.take(
            block,
            range,
            blockStart: blockStart,
            shiftSeconds: shiftSeconds,
            context,
            &calendar,
            &fate
        )
        if let changed = result.changed {
            alone.settle(changed, forced: result.forced, context, &calendar)
            for day in alone.pending { alone.putOut(day.day, day, [], nil, context, &effects) }
            forgottenRevision += 1
        }
    }

    /// Takes back all that went out, because it was about other times than it will be: values, windows and exceptions.
    ///
    /// - Parameter counted: starts of windows that another series of the channel put out last.
    mutating func retract(
        _ context: FoldContext,
        _ calendar: inout DayCalendar,
        _ counted: Set<Int64>,
        _ effects: inout Effects
    ) {
        thaw(from: keptBase)
        withdraw(context, counted, &effects)
        var day = calendar.day(at: start(of: slots.base))
        while day.start < start(of: slots.end) {
            var runs: [Range<Int64>] = []
            for slot in slots(of: day).clamped(to: slots.base..<slots.end) {
                let index = Int(slot - slots.base)
                switch slots.outQualities[index] {
                case SlotStore.neverEmitted, SlotStore.withdrawn: continue
                default: break
                }
                // What is locked stays locked, at whatever time it will be.
                let isFrozen = slots.outMethods[index] & SlotStore.frozenBit != 0
                let (value, method) = isFrozen ? (slots.outValues[index], slots.outMethods[index]) : (0, 0)
                _ = version(index, value, SlotStore.withdrawn, method, isForced: false)
                if let last = runs.last, last.upperBound == slot {
                    runs[runs.count - 1] = last.lowerBound..<slot + 1
                } else {
                    runs.append(slot..<slot + 1)
                }
            }
            emit(runs, nil, dayRules(day, context), context, &effects)
            day = calendar.day(after: day)
        }
    }

    /// The meter's days are cut anew: takes back the windows and exceptions of the old cut. Everything is to be decided again.
    ///
    /// - Parameter counted: starts of windows that another series of the channel put out last.
    mutating func recut(
        _ context: FoldContext,
        _ calendar: inout DayCalendar,
        _ counted: Set<Int64>,
        _ effects: inout Effects
    ) -> IntakeResult {
        guard !isEmpty else { return IntakeResult() }
        thaw(from: keptBase)
        withdraw(context, counted, &effects)
        if forgottenBelow > .min {
            let seconds = start(of: forgottenBelow)
            let day = calendar.day(at: seconds)
            if day.start < seconds { forget(below: day.end) }
        }
        // Findings are of days; those of the old cut must not be taken for the new one's.
        var result = IntakeResult()
        for finding in findings { result.forced.append(contentsOf: finding.slots) }
        result.forced.sort()
        findings.removeAll()
        corrections.removeAll()
        peakDays.removeAll()
        // So is what it knows of the other series.
        firstKnown = max(own.first, forgottenBelow)
        dataEnd = own.end
        expectedUntil = own.expectedUntil
        let first = max(firstKnown, slots.base)
        closedThrough = max(calendar.day(at: closedThrough).start, calendar.day(at: start(of: first)).start)
        result.add(slots.base..<slots.end)
        // Which series has which part of a window is settled again for the new windows.
        sharing = Sharing()
        return result
    }

    private mutating func withdraw(_ context: FoldContext, _ counted: Set<Int64>, _ effects: inout Effects) {
        let rules = DayRules(index: 0, dayStart: .min, isClosed: true, judgesAbsent: false, estimates: false)
        for exception in exceptions { emit(exception, isOpen: false, rules, context, &effects) }
        exceptions.removeAll()
        for record in windows where record.revision > 0 {
            let revision = record.revision + 1
            if counted.contains(record.start) { continue }
            var state = WindowState(
                start: Instant(secondsSinceEpoch: record.start),
                end: Instant(secondsSinceEpoch: record.end),
                expected: 0
            )
            state.revision = revision
            var rules = rules
            rules.dayStart = record.start
            emit([], state, rules, context, &effects)
            withdrawnRevision = max(withdrawnRevision, revision)
        }
        windows.removeAll()
        statistics.removeAll()
    }
}

import MeterCore
import MeterEvents
import RuleSets
import StreamCore

extension Series {
    /// Puts out what was decided about a day, and what the rules on windows say of it.
    ///
    /// - Parameters:
    ///   - decided: what was decided; nil when only something around the day changed.
    ///   - windowFindings: of the rules on windows; nil when the day is not closed.
    ///   - others: what the other series of the channel have in it; nil where it has none.
    mutating func putOut(
        _ day: LocalDay,
        _ decided: PendingDay?,
        _ windowFindings: [WindowFinding],
        _ others: ChannelWindow?,
        _ context: FoldContext,
        _ effects: inout Effects
    ) {
        let rules = dayRules(day, context)
        let kept = slots(of: day).clamped(to: slots.base..<max(slots.base, slots.end))
        var window: WindowState?
        if rules.isClosed {
            let grade = grade(day, rules, windowFindings)
            window = renewWindow(day, grade: grade, isDecided: decided != nil, others: others, &effects)
        }
        emit(decided?.runs ?? [], window, rules, context, &effects)
        reviewExceptions(day, decided == nil ? nil : kept, windowFindings, rules, context, &effects)
    }

    /// The gravest that was found about a day.
    private func grade(_ day: LocalDay, _ rules: DayRules, _ windowFindings: [WindowFinding]) -> Severity? {
        var worst: UInt8 = 0
        let range = slots(of: day)
        for finding in findings[findingIndex(range.lowerBound)..<findingIndex(range.upperBound)] {
            worst = max(worst, finding.severity.rawValue)
        }
        for finding in windowFindings { worst = max(worst, finding.severity.rawValue) }
        let index = windowIndex(day.start)
        if index < windows.count, windows[index].start == day.start, windows[index].hasGaps,
            adopted[rules.index].rules.parameters.gap.isEnabled, rules.estimates
        {
            let isMissing = statistics[index].missing > 0
            let isFillable = !isMissing || windows[index].isWaiting
            worst = max(worst, GapRule.severity(isEstimated: isFillable).rawValue)
        }
        return Severity(rawValue: worst)
    }

    /// A closed day as the rules on windows see it.
    func windowView(
        _ index: Int,
        _ siblings: [SiblingWindow],
        _ others: ChannelWindow?,
        _ context: FoldContext
    ) -> WindowView {
        WindowView(
            channel: channel,
            unit: unit,
            intervalSeconds: intervalSeconds,
            start: windows[index].start,
            end: windows[index].end,
            statistics: statistics(index, with: others),
            history: comparable(index),
            lookBackDays: Int32(clamping: context.limits.lookBackDays),
            siblings: siblings,
            registration: context.facts.registration(of: channel),
            meter: context.facts.registration,
            registers: registerSpans(endingIn: windows[index].start..<windows[index].end, context),
            reversals: context.facts.reversals.filter { $0 >= windows[index].start && $0 < windows[index].end }
        )
    }

    /// What rules on windows know of a window of the channel.
    func statistics(_ index: Int, with others: ChannelWindow?) -> WindowStatistics {
        guard let part = others?.part, !part.isEmpty else { return statistics[index] }
        var own = statistics[index]
        own.add(
            measured: part.validated,
            estimated: part.estimated,
            failed: part.failed,
            missing: part.missing,
            sum: part.sum,
            range: part.highest >= part.least ? part.least...part.highest : nil
        )
        return own
    }

    /// The remembered windows that are of the same part of their day as one of them.
    private func comparable(_ index: Int) -> [WindowStatistics] {
        let window = windows[index]
        guard window.end - window.start < Self.leastDaySeconds else { return statistics }
        let second = window.start.flooredRemainder(86_400)
        return windows.indices.filter { windows[$0].start.flooredRemainder(86_400) == second }.map { statistics[$0] }
    }

    /// No local day is shorter; what is shorter is a part of one.
    static let leastDaySeconds: Int64 = 20 * 3600

    /// Readings of the channel's registers that are counted from each other, whose later one is after the start of a window and not after its
    /// end.
    private func registerSpans(endingIn window: Range<Int64>, _ context: FoldContext) -> [RegisterSpan] {
        var spans: [RegisterSpan] = []
        for register in context.facts.registers where register.channel == channel && register.unit == unit {
            var index = register.firstIndex(from: window.lowerBound + 1)
            guard index < register.entries.count, register.entries[index].point.at <= window.upperBound else {
                continue
            }
            let chain = chain(register, context)
            while index < register.entries.count, register.entries[index].point.at <= window.upperBound {
                let counted = chain.span(endingAt: index)
                index += 1
                guard let counted else { continue }
                var span = RegisterSpan(
                    from: counted.from,
                    to: counted.to,
                    tou: register.tou,
                    advance: counted.advance
                )
                sumResults(counted.time, into: &span)
                spans.append(span)
            }
        }
        return spans
    }

    /// Adds what the results of a time amount to.
    func sumResults(_ time: Range<Int64>, into span: inout RegisterSpan) {
        span.isAligned =
            (time.lowerBound - phase) % intervalSeconds == 0 && (time.upperBound - phase) % intervalSeconds == 0
        let range = slots(of: time)
        span.expected = range.count
        guard span.isAligned, !range.isEmpty else { return }
        var slot = range.lowerBound
        var index = windowIndex(time.lowerBound)
        while slot < range.upperBound {
            while index < windows.count, windows[index].start < start(of: slot) { index += 1 }
            // Whole days are remembered as sums.
            if index < windows.count, windows[index].start == start(of: slot), windows[index].end <= time.upperBound {
                span.add(sum: statistics[index].sum)
                span.used += statistics[index].used
                span.estimated += Int(statistics[index].estimated)
                span.projected += Int(statistics[index].projected)
                slot = firstSlot(from: windows[index].end)
            } else {
                let next = index < windows.count ? firstSlot(from: windows[index].start) : range.upperBound
                let end = min(range.upperBound, next > slot ? next : range.upperBound)
                addResults(slot..<end, into: &span)
                slot = end
            }
        }
    }

    /// Adds what the results are that lie in a time, which is given in instants. Returns how many seconds they fill; more than there are where one
    /// reaches beyond.
    func sumShared(_ time: Range<Int64>, into span: inout RegisterSpan, _ context: FoldContext) -> Int64 {
        let lower = self.time(time.lowerBound, context)
        let range = slots(of: lower..<max(lower, self.time(time.upperBound, context)))
            .clamped(to: keptBase..<max(keptBase, slots.end))
        guard !range.isEmpty else { return 0 }
        let before = span.used
        if !isDaily {
            addResults(range, into: &span)
            return Int64(span.used - before) * intervalSeconds
        }
        var filled: Int64 = 0
        for slot in range {
            let used = span.used
            addResults(slot..<slot + 1, into: &span)
            if span.used > used { filled += seconds(of: slot, context) }
        }
        return filled
    }

    private func addResults(_ range: Range<Int64>, into span: inout RegisterSpan) {
        var slot = range.lowerBound
        while slot < range.upperBound {
            var end = range.upperBound
            if let piece = cold.piece(at: slot) {
                var references: [Reference] = []
                let store = cold.read(piece, &references)
                end = min(end, store.end)
                add(store, slot..<end, into: &span)
            } else {
                add(slots, (slot..<end).clamped(to: slots.base..<max(slots.base, slots.end)), into: &span)
            }
            slot = end
        }
    }

    private func add(_ store: borrowing SlotStore, _ range: Range<Int64>, into span: inout RegisterSpan) {
        for slot in range {
            let index = Int(slot - store.base)
            switch store.outQualities[index] {
            case SlotStore.neverEmitted, SlotStore.withdrawn, Quality.missing.rawValue, Quality.failed.rawValue:
                continue
            case let quality:
                span.used += 1
                if Self.isEstimated(quality) { span.estimated += 1 }
                if quality == Quality.projected.rawValue { span.projected += 1 }
                span.add(sum: store.outValues[index])
            }
        }
    }
}

extension RegisterSpan {
    fileprivate mutating func add(sum: Int64) {
        let (total, overflow) = intervalSum.addingReportingOverflow(sum)
        intervalSum = overflow ? (sum < 0 ? .min : .max) : total
    }
}

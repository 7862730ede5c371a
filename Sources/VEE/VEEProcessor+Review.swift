import MeterCore
import MeterEvents
import RuleSets
import StreamCore

extension VEEProcessor {
    /// Puts out what was decided about a meter's series, after the rules on windows were put to the days that changed, to later days
    /// that are compared with them, and to the same days of the other channels. Then old days are packed or forgotten.
    mutating func review(_ meter: Int, _ context: inout FoldContext, _ effects: inout Effects) {
        let own = meters[meter].series
        if own.contains(where: { !series[$0].pending.isEmpty }) {
            settleBehindChecks(meter, &context)
            var recounted: [(series: Int, start: Int64, end: Int64)] = []
            for index in own {
                for day in series[index].pending where day.isRecounted {
                    recounted.append((index, day.day.start, day.day.end))
                }
            }
            // What is taken back goes out before what takes its place: a reader may know intervals by their start or end alone.
            for index in own where own.count > 1 {
                series[index].emitWithdrawals(local(context, index), &effects)
            }
            let hasRegisters = !meters[meter].registers.isEmpty
            for index in own {
                // Findings may be others where no result is: all that was decided counts.
                let decided = hasRegisters ? series[index].pendingTime.map { instants($0, index, context) } : nil
                let behind = decided.flatMap { registerReach(index, $0, context) }
                putOut(index, own, recounted, behind, context, &effects)
                if let decided { followRegisters(index, decided, isBroken: behind != nil, context, &effects) }
            }
        }
        for index in own {
            series[index].pending.removeAll(keepingCapacity: true)
            let interval = series[index].intervalSeconds
            series[index].tidy(local(context, index), &calendars[meters[meter].calendar, interval])
        }
    }

    /// A time of a series in instants.
    private func instants(_ time: Range<Int64>, _ index: Int, _ context: FoldContext) -> Range<Int64> {
        let lower = series[index].instant(time.lowerBound, context)
        return lower..<max(lower, series[index].instant(time.upperBound, context))
    }

    /// The time of a series that instants are.
    private func times(_ instants: Range<Int64>, _ index: Int, _ context: FoldContext) -> Range<Int64> {
        let lower = series[index].time(instants.lowerBound, context)
        return lower..<max(lower, series[index].time(instants.upperBound, context))
    }

    private mutating func putOut(
        _ index: Int,
        _ own: [Int],
        _ recounted: [(series: Int, start: Int64, end: Int64)],
        _ behind: Range<Int64>?,
        _ context: FoldContext,
        _ effects: inout Effects
    ) {
        let pending = series[index].pending
        var place = 0
        for start in daysToReview(index, recounted, behind.map { times($0, index, context) }) {
            while place < pending.count, pending[place].day.start < start {
                putOut(index, pending[place], nil, own, context, &effects)
                place += 1
            }
            if place < pending.count, pending[place].day.start == start {
                putOut(index, pending[place], start, own, context, &effects)
                place += 1
            } else {
                putOut(index, nil, start, own, context, &effects)
            }
        }
        for day in pending[place...] { putOut(index, day, nil, own, context, &effects) }
    }

    /// Starts of the windows of a series that the rules on windows must look at, ascending.
    ///
    /// - Parameter behind: a time whose register readings may be judged otherwise than before, on the clock of the series.
    private func daysToReview(
        _ index: Int,
        _ recounted: [(series: Int, start: Int64, end: Int64)],
        _ behind: Range<Int64>?
    ) -> [Int64] {
        var starts = Set<Int64>()
        let windows = series[index].windows
        // Rules on windows look back 42 days at most, and a window may be a month.
        let reach = Int64(Self.comparedDays) * 86_400
        if let behind {
            for window in windows where window.end >= behind.lowerBound && window.start < behind.upperBound {
                starts.insert(window.start)
            }
        }
        for day in series[index].pending where isWindow(day.day.start, series[index]) { starts.insert(day.day.start) }
        for change in recounted {
            if change.series == index {
                for window in windows[series[index].windowIndex(change.end)...] {
                    if window.start >= change.end + reach { break }
                    starts.insert(window.start)
                }
            } else if isWindow(change.start, series[index]) {
                starts.insert(change.start)
            }
        }
        return starts.sorted()
    }

    /// Days from a window within which later ones are compared with it.
    private static let comparedDays = 42 + 31 + 1

    private func isWindow(_ start: Int64, _ one: Series) -> Bool {
        let index = one.windowIndex(start)
        return index < one.windows.count && one.windows[index].start == start
    }

    /// - Parameters:
    ///   - decided: nil when the day's slots did not change.
    ///   - window: start of the window that the rules are to look at; nil for an open day.
    private mutating func putOut(
        _ index: Int,
        _ decided: Series.PendingDay?,
        _ window: Int64?,
        _ members: [Int],
        _ context: FoldContext,
        _ effects: inout Effects
    ) {
        var findings: [WindowFinding] = []
        var day = decided?.day
        let own = local(context, index)
        let others = others(index, decided?.day.start ?? window, context)
        let isFollower = window.map { series[index].sharing.followed.contains($0) } ?? false
        if let window, !isFollower {
            let place = series[index].windowIndex(window)
            let record = series[index].windows[place]
            let rules = series[index].adopted[own.timeline.index(at: window)].rules
            let beside = siblings(of: index, record, members, context)
            let view = series[index].windowView(place, beside, others, own)
            rules.parameters.judgeWindow(view, &findings)
            if day == nil {
                day = LocalDay(
                    date: CivilDate(daysSinceEpoch: view.statistics.date),
                    days: view.statistics.days,
                    start: record.start,
                    end: record.end
                )
            }
        }
        guard let day else { return }
        series[index].putOut(day, decided, findings, others, own, &effects)
    }

    /// What the other series of a channel have of a window of one of them; nil where it has no others.
    private func others(_ index: Int, _ start: Int64?, _ context: FoldContext) -> Series.ChannelWindow? {
        guard let start, meters[series[index].meter].series.count > 1 else { return nil }
        let group = channelSeries(index)
        guard group.count > 1 else { return nil }
        let place = series[index].windowIndex(start)
        guard place < series[index].windows.count, series[index].windows[place].start == start else { return nil }
        let lower = series[index].instant(start, context)
        let upper = series[index].instant(series[index].windows[place].end, context)
        var known = Series.ChannelWindow()
        for other in group where other != index && !series[other].isEmpty {
            let from = series[other].time(lower, context)
            let slots =
                series[other].firstSlot(
                    from: from
                )..<series[other].firstSlot(
                    from: max(from, series[other].time(upper, context))
                )
            known.part.add(series[other].part(slots))
            let window = series[other].windowIndex(from)
            guard window < series[other].windows.count, series[other].windows[window].start == from else { continue }
            known.revision = max(known.revision, series[other].windows[window].revision)
        }
        return known
    }

    private func siblings(
        of index: Int,
        _ window: Series.WindowRecord,
        _ own: [Int],
        _ context: FoldContext
    ) -> [SiblingWindow] {
        if own.count < 2 { return [] }
        let begin = series[index].instant(window.start, context)
        let end = series[index].instant(window.end, context)
        var siblings: [SiblingWindow] = []
        for other in own where other != index {
            let one = series[other]
            if one.channel == series[index].channel, one.unit == series[index].unit { continue }
            let start = one.time(begin, context)
            let place = one.windowIndex(start)
            guard place < one.windows.count, one.windows[place].start == start,
                one.instant(one.windows[place].end, context) == end, !one.sharing.followed.contains(start)
            else { continue }
            siblings.append(
                SiblingWindow(
                    channel: one.channel,
                    unit: one.unit,
                    intervalSeconds: one.intervalSeconds,
                    registration: context.facts.registration(of: one.channel),
                    statistics: one.statistics(place, with: others(other, start, context))
                )
            )
        }
        return siblings
    }

    // MARK: Check meters

    /// Puts the series of the check channel of a series into the context.
    func lend(checkOf index: Int, _ context: inout FoldContext) {
        guard let registration = context.facts.registration else { return }
        let channel = series[index].channel
        guard let check = registration.channels.first(where: { $0.kind == .check && $0.checkOf == channel }) else {
            return
        }
        let own = meters[series[index].meter].series
        let found = own.first {
            series[$0].channel == check.channel && series[$0].unit == series[index].unit
                && series[$0].intervalSeconds == series[index].intervalSeconds
        }
        context.check = found.map { series[$0] }
    }

    /// Where a check channel changed, the gaps of the main channel are estimated again.
    private mutating func settleBehindChecks(_ meter: Int, _ context: inout FoldContext) {
        guard let registration = context.facts.registration,
            registration.channels.contains(where: { $0.kind == .check })
        else { return }
        for check in meters[meter].series where !series[check].pending.isEmpty {
            guard let kind = registration.channels.first(where: { $0.channel == series[check].channel }),
                kind.kind == .check
            else { continue }
            let days = series[check].pending.map(\.day)
            for index in meters[meter].series where series[index].channel == kind.checkOf {
                lend(checkOf: index, &context)
                for day in days {
                    let place = series[index].windowIndex(day.start)
                    guard place < series[index].windows.count, series[index].windows[place].start == day.start,
                        series[index].windows[place].hasGaps
                    else { continue }
                    let slots = series[index].slots(of: day)
                    series[index].settle(
                        slots,
                        local(context, index),
                        &calendars[meters[meter].calendar, series[index].intervalSeconds]
                    )
                }
                context.check = nil
            }
        }
    }
}

extension Series {
    /// The time of the days that were decided and not yet put out; nil when there are none.
    fileprivate var pendingTime: Range<Int64>? {
        guard let first = pending.first?.day.start, let last = pending.last?.day.end else { return nil }
        return first..<last
    }
}

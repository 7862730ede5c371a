import MeterCore
import MeterEvents
import StreamCore

extension VEEProcessor {
    /// The series of the channel that a series belongs to, itself among them, in the order in which they appeared.
    func channelSeries(_ index: Int) -> [Int] {
        let one = series[index]
        return meters[one.meter].series.filter { series[$0].channel == one.channel && series[$0].unit == one.unit }
    }

    /// Decides what changed in a series, and what is due of it and of the others of its channel, once their grids are settled.
    mutating func advanceChannel(of index: Int, _ result: Series.IntakeResult, _ context: inout FoldContext) {
        let group = channelSeries(index)
        guard group.count > 1 else {
            setDue(index, advance(index, result, &context))
            return
        }
        advanceShared(group, [index: result], &context)
    }

    /// The same for a channel with several series.
    ///
    /// - Parameter results: what changed, by series.
    mutating func advanceShared(
        _ group: [Int],
        _ results: [Int: Series.IntakeResult],
        _ context: inout FoldContext
    ) {
        var results = results
        var changed: Range<Int64>?
        for index in group {
            guard let slots = results[index]?.changed else { continue }
            changed = union(changed, span(of: slots, index, context))
        }
        for (index, slots) in spread(group, context) {
            results[index, default: Series.IntakeResult()].add(slots)
            changed = union(changed, span(of: slots, index, context))
        }
        if let changed { resolve(group, changed, &results, context) }
        for index in group {
            setDue(index, advance(index, results[index] ?? Series.IntakeResult(), &context))
        }
        settleTogether(group, &context)
    }

    /// Has the windows of channels with several series at hand in all of them.
    mutating func settleSharedChannels(of meter: Int, _ context: inout FoldContext) {
        let own = meters[meter].series
        guard own.count > 1 else { return }
        for index in own where !series[index].pending.isEmpty {
            let group = channelSeries(index)
            if group.count > 1, group[0] == index || series[group[0]].pending.isEmpty {
                settleTogether(group, &context)
            }
        }
    }

    private func union(_ one: Range<Int64>?, _ other: Range<Int64>) -> Range<Int64> {
        guard let one else { return other }
        return min(one.lowerBound, other.lowerBound)..<max(one.upperBound, other.upperBound)
    }

    /// When slots of a series really are.
    private func span(of slots: Range<Int64>, _ index: Int, _ context: FoldContext) -> Range<Int64> {
        let lower = series[index].instant(series[index].start(of: slots.lowerBound), context)
        return lower..<max(lower, series[index].instant(series[index].start(of: slots.upperBound), context))
    }

    /// Lets every series of a channel know the whole time that the channel has data of: which of them speaks for a part of it is settled
    /// afterwards. Returns the slots that are new, by series.
    private mutating func spread(_ group: [Int], _ context: FoldContext) -> [(Int, Range<Int64>)] {
        let known = group.filter { !series[$0].isEmpty }
        guard let first = known.map({ series[$0].instant(series[$0].start(of: series[$0].firstKnown), context) }).min(),
            let end = known.map({ series[$0].instant(series[$0].dataEndSeconds, context) }).max()
        else { return [] }
        let heldEnd = expectedEnd(known, context) ?? end
        let arrival = known.map { series[$0].lastArrivalMilliseconds }.max() ?? .min
        var new: [(Int, Range<Int64>)] = []
        for index in known {
            let lower = series[index].firstSlot(from: series[index].time(first, context))
            // What reaches beyond the data in this grid is not known; the windows are due all the same.
            let upper = series[index].firstSlot(
                from: series[index].time(end, context) - series[index].intervalSeconds + 1
            )
            let calendar = meters[series[index].meter].calendar
            let reached = series[index].reach(
                lower..<max(lower, upper),
                &calendars[calendar, series[index].intervalSeconds]
            )
            for slots in reached { new.append((index, slots)) }
            // A slot that reaches beyond is none that another grid's reading leaves free.
            let within = series[index].firstSlot(from: series[index].time(heldEnd, context))
            let old = series[index].slots.end
            if within > old {
                series[index].slots.cover(old..<within)
                new.append((index, old..<within))
            }
            series[index].lastArrivalMilliseconds = max(series[index].lastArrivalMilliseconds, arrival)
            series[index].expectedUntil = max(
                series[index].expectedUntil,
                series[index].time(heldEnd, context)
            )
        }
        return new
    }

    /// Up to when there is something to say of a channel: persons may have entered values beyond the data.
    private func expectedEnd(_ group: [Int], _ context: FoldContext) -> Int64? {
        group.map { index in
            let one = series[index]
            return one.instant(max(one.dataEndSeconds, one.expectedUntil), context)
        }.max()
    }

    /// Settles which series has which part of the windows that a time touches. Slots that have another part than before are added to the results.
    private mutating func resolve(
        _ group: [Int],
        _ time: Range<Int64>,
        _ results: inout [Int: Series.IntakeResult],
        _ context: FoldContext
    ) {
        let meter = series[group[0]].meter
        let calendar = meters[meter].calendar
        let end = expectedEnd(group.filter { !series[$0].isEmpty }, context) ?? time.upperBound
        let begin =
            group.filter { !series[$0].isEmpty }.map {
                series[$0].instant(series[$0].start(of: series[$0].keptBase), context)
            }.min() ?? end
        guard begin < end else { return }
        // What is missing at the end of a window can reach into what holds at the beginning of the next one.
        let longest = group.map { series[$0].intervalSeconds }.max() ?? 0
        var window = calendars[calendar].day(at: max(begin, min(time.lowerBound, end - 1)))
        if time.lowerBound < window.start + longest, window.start > begin {
            window = calendars[calendar].day(at: window.start - 1)
        }
        var speaker = window.start > begin ? leader(group, before: window.start, begin, context) : nil
        if speaker == nil {
            // Windows before all values follow the first one that has some.
            window = calendars[calendar].day(at: begin)
            speaker = leader(group, from: window, end, context)
        }
        var resolver = GridResolver(carry: held(group, until: window.start, context))
        resolver.emptyCarry = emptyHeld(group, until: window.start, context)
        resolver.leader = speaker
        let channel = series[group[0]].channel
        let hasLocks = context.facts.edits.contains { $0.kind == .lock && $0.channel == channel }
        var last: (views: [GridResolver.View], shares: [GridResolver.Share])?
        while window.start < end {
            var views: [GridResolver.View] = []
            for index in group { views.append(view(of: index, window, context)) }
            // Beyond what changed only windows without values follow, whose series is that of the values before them, and those that an
            // interval reaches into.
            let isReached =
                !resolver.carry.isEmpty || resolver.emptyCarry != nil
                || !held(group, until: window.start, context).isEmpty
                || emptyHeld(group, until: window.start, context) != nil
            if window.start >= time.upperBound, !isReached, views.contains(where: \.hasAny) {
                let first = firstInForce(group, views)
                last.map { share(group, $0.views, GridResolver.leaving(first, $0.shares, $0.views), &results) }
                return
            }
            if hasLocks, window.end < end {
                let next = calendars[calendar].day(after: window)
                for index in group { resolver.frozenAhead += view(of: index, next, context).frozenSpans }
                resolver.frozenAhead.sort { $0.lowerBound < $1.lowerBound }
            }
            resolver.settle(views, end: window.end, isAccumulated: series[group[0]].unit.isAccumulated)
            let first = resolver.firstHeld(from: window.start)
            last.map { share(group, $0.views, GridResolver.leaving(first, $0.shares, $0.views), &results) }
            last = (views, resolver.shares)
            window = calendars[calendar].day(after: window)
        }
        last.map { share(group, $0.views, $0.shares, &results) }
        for (place, index) in group.enumerated() {
            let rest = series[index].time(window.start, context)
            series[index].shareRest(from: rest, isSpeaker: place == resolver.leader ?? 0)
        }
    }

    /// Gives each series what it has of a window.
    private mutating func share(
        _ group: [Int],
        _ views: [GridResolver.View],
        _ shares: [GridResolver.Share],
        _ results: inout [Int: Series.IntakeResult]
    ) {
        for (place, index) in group.enumerated() {
            guard let slots = series[index].share(shares[place], views[place]) else { continue }
            results[index, default: Series.IntakeResult()].add(slots)
        }
    }

    /// When the first reading in force of a window that is settled already begins.
    private func firstInForce(_ group: [Int], _ views: [GridResolver.View]) -> Int64? {
        var first: Int64?
        for (place, index) in group.enumerated() {
            let view = views[place]
            let held = view.has.indices.first {
                view.has[$0] && !series[index].sharing.covered.contains(view.first + Int64($0))
            }
            if let held { first = min(first ?? .max, view.starts[held]) }
        }
        return first
    }

    /// A window of a series as the resolver sees it.
    private func view(of index: Int, _ window: LocalDay, _ context: FoldContext) -> GridResolver.View {
        let own = local(context, index)
        let one = series[index]
        let time =
            one.time(
                window.start,
                context
            )..<max(
                one.time(window.start, context),
                one.time(window.end, context)
            )
        let slots = one.firstSlot(from: time.lowerBound)..<one.firstSlot(from: time.upperBound)
        let kept = slots.clamped(to: one.keptBase..<max(one.keptBase, one.slots.end))
        let (first, values, has, isShare) = one.hasValues(kept, in: time.lowerBound, own)
        var view = GridResolver.View(
            intervalSeconds: one.intervalSeconds,
            phase: one.phase,
            time: time,
            slots: slots,
            first: first,
            values: values,
            has: has,
            starts: []
        )
        view.isShare = isShare
        if own.facts.edits.contains(where: { $0.kind == .lock && $0.channel == one.channel }) {
            let locks = one.locks(first..<first + Int64(values.count), own.facts)
            view.isFrozen = locks.isFrozen
            for index in locks.isBarred.indices where locks.isBarred[index] { view.has[index] = false }
        }
        view.starts.reserveCapacity(values.count + 1)
        for slot in first...first + Int64(values.count) {
            view.starts.append(one.instant(one.start(of: slot), context))
        }
        return view
    }

    /// Time of readings in force that begin before an instant and end after it.
    private func held(_ group: [Int], until end: Int64, _ context: FoldContext) -> [Range<Int64>] {
        var spans: [Range<Int64>] = []
        for index in group {
            let own = local(context, index)
            let one = series[index]
            let last = one.firstSlot(from: one.time(end, context)) - 1
            guard last >= one.keptBase, last < one.slots.end, !one.sharing.covered.contains(last) else { continue }
            let stop = one.instant(one.start(of: last + 1), context)
            var calendar = calendars[meters[one.meter].calendar, one.intervalSeconds]
            let day = calendar.day(at: one.start(of: last)).start
            guard stop > end, one.hasValues(last..<last + 1, in: day, own).has.first == true else { continue }
            spans.append(one.instant(one.start(of: last), context)..<stop)
        }
        return spans.sorted { $0.lowerBound < $1.lowerBound }
    }

    /// Time of an empty slot that begins before an instant and ends after it, and that no other reading's time is.
    private func emptyHeld(_ group: [Int], until end: Int64, _ context: FoldContext) -> Range<Int64>? {
        for index in group {
            let own = local(context, index)
            let one = series[index]
            let last = one.firstSlot(from: one.time(end, context)) - 1
            guard last >= max(one.keptBase, one.firstKnown), last < one.slots.end, !one.sharing.covered.contains(last)
            else { continue }
            let span = one.instant(one.start(of: last), context)..<one.instant(one.start(of: last + 1), context)
            var calendar = calendars[meters[one.meter].calendar, one.intervalSeconds]
            let day = calendar.day(at: one.start(of: last)).start
            guard span.upperBound > end, one.hasValues(last..<last + 1, in: day, own).has.first == false else {
                continue
            }
            return span
        }
        return nil
    }

    /// Which series (its place in the group) speaks for a window without values: the one of the last values before it.
    private func leader(_ group: [Int], before instant: Int64, _ begin: Int64, _ context: FoldContext) -> Int? {
        let meter = series[group[0]].meter
        var calendar = calendars[meters[meter].calendar]
        var window = calendar.day(at: instant - 1)
        while true {
            let views = group.map { view(of: $0, window, context) }
            if views.contains(where: \.hasAny) {
                var resolver = GridResolver(carry: [])
                resolver.settle(views, end: window.end, isAccumulated: true)
                return resolver.leader
            }
            if window.start <= begin { return nil }
            window = calendar.day(at: window.start - 1)
        }
    }

    /// Which series speaks for the first window with values from one on; nil when there is none.
    private func leader(_ group: [Int], from first: LocalDay, _ end: Int64, _ context: FoldContext) -> Int? {
        var calendar = calendars[meters[series[group[0]].meter].calendar]
        var window = first
        while window.start < end {
            let views = group.map { view(of: $0, window, context) }
            if views.contains(where: \.hasAny) {
                var resolver = GridResolver(carry: [])
                resolver.settle(views, end: window.end, isAccumulated: true)
                return resolver.leader
            }
            window = calendar.day(after: window)
        }
        return nil
    }

    /// A window is counted over all series of its channel: where one of them has it to put out, all of them must have it at hand.
    private mutating func settleTogether(_ group: [Int], _ context: inout FoldContext) {
        var seen = Set<Int64>()
        while true {
            var windows: [Range<Int64>] = []
            for index in group {
                for pending in series[index].pending where pending.day.end <= series[index].closedThrough {
                    let start = series[index].instant(pending.day.start, context)
                    if seen.insert(start).inserted {
                        windows.append(start..<series[index].instant(pending.day.end, context))
                    }
                }
            }
            if windows.isEmpty { return }
            for window in windows {
                for index in group where !series[index].isEmpty {
                    let time = series[index].time(window.lowerBound, context)
                    if series[index].pending.contains(where: { $0.day.start == time }) { continue }
                    let upper = series[index].time(window.upperBound, context)
                    let slots = series[index].firstSlot(from: time)..<series[index].firstSlot(from: upper)
                    let own = local(context, index)
                    let calendar = meters[series[index].meter].calendar
                    series[index].settle(slots, own, &calendars[calendar, series[index].intervalSeconds])
                }
            }
        }
    }
}

extension Series {
    /// Knows more of the channel's time than before. Returns the slots that are new.
    mutating func reach(_ range: Range<Int64>, _ calendar: inout DayCalendar) -> [Range<Int64>] {
        var new: [Range<Int64>] = []
        let lower = max(range.lowerBound, forgottenBelow)
        if lower < firstKnown {
            let old = firstKnown
            firstKnown = lower
            thaw(from: lower)
            if lower < slots.base { slots.cover(lower..<slots.base) }
            new.append(lower..<old)
            // While no window is closed, closing starts with the one of the first known slot.
            if closedThrough <= calendar.day(at: start(of: old)).start {
                closedThrough = min(closedThrough, calendar.day(at: start(of: lower)).start)
            }
        }
        if range.upperBound > dataEnd {
            let old = dataEnd
            dataEnd = range.upperBound
            if dataEnd > slots.end { slots.cover(slots.end..<dataEnd) }
            new.append(old..<dataEnd)
        }
        return new
    }
}

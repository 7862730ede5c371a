import MeterCore
import MeterEvents
import RuleSets
import StreamCore

extension VEEProcessor {
    /// Judges the days of groups whose time has come; must be done before anything of the record is decided.
    mutating func judgeStorms(_ context: FoldContext) {
        storms.roll(to: streamMilliseconds)
        guard let now = watermark.milliseconds else { return }
        let timeline = timeline
        storms.judge(now, graceSeconds: configuration.limits.graceSeconds) { group, day in
            let rules = timeline.entries[timeline.index(at: Int64(day) * 86_400)].rules
            return rules.parameters(for: SeriesTraits(group: group)).estimation.storm
        }
    }

    /// Counts the days that a channel has the first data for. Data that says that something is missing is none.
    mutating func noteReport(_ block: IntervalBlock, _ recorded: Range<Int>, _ index: Int) {
        let interval = Int64(block.intervalSeconds)
        let start = block.start.secondsSinceEpoch
        let meter = series[index].meter
        var element = recorded.lowerBound
        while element < recorded.upperBound {
            let day = calendars[meters[meter].calendar].comparedDay(at: start + Int64(element) * interval)
            let end = Int((day.end - start + interval - 1) / interval)
            let own = element..<max(element + 1, min(recorded.upperBound, end))
            element = own.upperBound
            let date = day.date.daysSinceEpoch
            guard storms.counts(date), !series[index].reported.contains(date),
                own.contains(where: { Self.isData(block.qualities[$0]) })
            else { continue }
            storms.note(date, series[index].reported, group: meters[meter].group)
            series[index].reported.insert(date)
        }
    }

    private static func isData(_ quality: UInt8) -> Bool {
        quality != IntervalBlock.noRecord && quality != Quality.missing.rawValue
    }

    /// Puts a meter into the group that the registry names.
    mutating func regroup(_ meter: Int) {
        let group = storms.group(meters[meter].registration?.group ?? "")
        let old = meters[meter].group
        guard group != old else { return }
        meters[meter].group = group
        let channels = meters[meter].series.map { series[$0].reported }
        if let old { storms.addMeter(old, channels, sign: -1) }
        if let group { storms.addMeter(group, channels, sign: 1) }
    }

    /// Estimates what waited for a storm that is over.
    mutating func estimateWhatWaited(_ context: inout FoldContext, _ effects: inout Effects) {
        if storms.released.isEmpty { return }
        for release in storms.takeReleased() {
            for meter in meters.indices where meters[meter].group == release.group {
                var spans: [Range<Int64>] = []
                for index in meters[meter].series {
                    for span in series[index].waitingWindows(of: release.day) where !spans.contains(span) {
                        spans.append(span)
                    }
                }
                if !spans.isEmpty { redecide(meter, spans, &context, &effects) }
            }
        }
    }
}

extension Series {
    /// Whether the gaps of a closed window wait: nothing came for it (for the date of the storm, when it has several), and much of the
    /// meter's group is silent too. A window that was estimated once does not wait again, and none that a person ordered to be estimated.
    func waits(_ day: LocalDay, _ gaps: GapSummary, _ rules: DayRules, _ context: FoldContext) -> Bool {
        guard !context.storms.isEmpty, gaps.hasGaps, isolation == nil,
            context.storms.contains(where: {
                day.dates.contains($0) && (gaps.isAllGap || day.days > 1 && !reported.contains($0))
            }),
            adopted[rules.index].rules.parameters.estimation.storm.isEnabled,
            !context.facts.forced.contains(where: { $0.lowerBound < day.end && $0.upperBound > day.start })
        else { return false }
        let index = windowIndex(day.start)
        return index >= windows.count || windows[index].start != day.start || windows[index].isWaiting
    }

    /// Whether the gaps of a counted day wait.
    func isWaiting(_ day: LocalDay) -> Bool {
        let index = windowIndex(day.start)
        return index < windows.count && windows[index].start == day.start && windows[index].isWaiting
    }

    /// The windows of a date whose gaps wait, as far as they are kept.
    func waitingWindows(of day: Int32) -> [Range<Int64>] {
        // Local days begin within a day of the one in UTC, and a window of several days with an earlier one.
        let start = Int64(day) * 86_400
        var spans: [Range<Int64>] = []
        var index = windowIndex(start - 86_400)
        if index > 0 { index -= 1 }
        while index < windows.count, windows[index].start < start + 2 * 86_400 {
            if windows[index].isWaiting, statistics[index].dates.contains(day) {
                spans.append(windows[index].start..<windows[index].end)
            }
            index += 1
        }
        return spans
    }
}

import MeterCore
import MeterEvents
import StreamCore

extension VEEProcessor {
    /// Makes what is known of a meter anew from the state.
    mutating func renewFacts(_ meter: Int) {
        let state = meters[meter]
        let group = state.registration?.group ?? ""
        let station = state.registration?.weatherStation ?? ""
        var spans: [Range<Int64>] = []
        for order in forced where order.concerns(state.name, group: group) { spans.append(order.from..<order.to) }
        meters[meter].facts = MeterFacts(
            registration: state.registration,
            edits: state.edits,
            forced: spans,
            outages: state.power.spans,
            tests: state.tests.spans,
            reversals: state.reversals.moments,
            exchanges: state.exchanges.moments,
            staleAt: state.registers.flatMap(\.staleAt).sorted(),
            registers: state.registers.map(\.record),
            weather: station.isEmpty ? nil : weather.first { $0.station == station }
        )
    }

    /// Decides spans of time of a meter's series anew, after something about the meter changed.
    ///
    /// - Parameters:
    ///   - channel: only this one; nil for all.
    ///   - isExpected: slots that nothing came for are expected within the spans.
    mutating func redecide(
        _ meter: Int,
        channel: String? = nil,
        _ spans: [Range<Int64>],
        isExpected: Bool = false,
        _ context: inout FoldContext,
        _ effects: inout Effects
    ) {
        renewFacts(meter)
        enter(meter, &context)
        var results: [Int: Series.IntakeResult] = [:]
        let concerned = meters[meter].series.filter { channel == nil || series[$0].channel == channel }
        for index in concerned {
            var result = Series.IntakeResult()
            if isExpected, !series[index].isEmpty {
                let own = local(context, index)
                let zone = meters[meter].calendar
                series[index].expectEdits(&result, own, &calendars[zone, series[index].intervalSeconds])
            }
            for span in spans where !series[index].isEmpty {
                let lower = series[index].time(span.lowerBound, context)
                let slots = series[index].slots(of: lower..<max(lower, series[index].time(span.upperBound, context)))
                let first = max(slots.lowerBound, series[index].keptBase)
                // `expectEdits` has made room for entered values.
                if isExpected, channel == nil, slots.upperBound > first {
                    series[index].expect(through: slots.upperBound, context)
                }
                if first < slots.upperBound { result.add(first..<slots.upperBound) }
            }
            if result.changed != nil { results[index] = result }
        }
        var isDone = Set<Int>()
        for index in concerned where results[index] != nil && !isDone.contains(index) {
            let group = channelSeries(index)
            isDone.formUnion(group)
            if group.count > 1 {
                advanceShared(group, results, &context)
            } else if let result = results[index] {
                setDue(index, advance(index, result, &context))
            }
        }
        review(meter, &context, &effects)
    }

    mutating func take(_ registration: MeterRegistration, _ context: inout FoldContext, _ effects: inout Effects) {
        guard let meter = meterSlot(registration.meter) else { return }
        observeZone(registration.zone, .registry, of: meter, &context, &effects)
        guard meters[meter].observe(registration, context.raw) else { return }
        regroup(meter)
        let old = meters[meter].facts
        renewFacts(meter)
        readopt(meter, from: .min, &context, &effects)
        // Rules on windows and estimates look at the registry too.
        guard Self.concernsResults(old.registration, registration) || old.forced != meters[meter].facts.forced else {
            return
        }
        redecide(meter, [Int64.min / 4..<Int64.max / 4], &context, &effects)
        deriveRegisters(of: meter, context, &effects)
    }

    /// Whether a change of the registry can change a result by more than the rules that it chooses.
    private static func concernsResults(_ old: MeterRegistration?, _ new: MeterRegistration) -> Bool {
        var same = new
        if let old {
            same.transformer = old.transformer
            same.feeder = old.feeder
            same.zone = old.zone
        }
        return old != same
    }

    mutating func take(_ events: DeviceEvents, _ context: inout FoldContext, _ effects: inout Effects) {
        guard let meter = meterSlot(events.meter) else { return }
        effects.count(VEECounter.deviceEvents.rawValue, by: Int64(events.events.count))
        let before = meters[meter].power.spans + meters[meter].tests.spans
        let exchanges = meters[meter].exchanges
        var moments: [Int64] = []
        for event in events.events {
            if let moment = note(event, meter) { moments.append(moment) }
        }
        let after = meters[meter].power.spans + meters[meter].tests.spans
        guard before != after || !moments.isEmpty else { return }
        let changed =
            before.filter { !after.contains($0) } + after.filter { !before.contains($0) } + moments.map { $0..<$0 + 1 }
        // An outage also decides about what stands directly beside it.
        redecide(meter, changed.map { $0.lowerBound - 86_400..<$0.upperBound + 86_400 }, &context, &effects)
        guard meters[meter].exchanges != exchanges else { return }
        reviewRegisters(of: meter, context, &effects)
        deriveRegisters(of: meter, context, &effects)
    }

    /// Keeps what an event says about readings. Returns its time when that concerns the window it lies in as a whole.
    private mutating func note(_ event: DeviceEvents.Event, _ meter: Int) -> Int64? {
        let at = event.at.secondsSinceEpoch
        let limit = configuration.limits.maximumDeviceEvents
        switch event.kind {
        case .powerDown, .powerUp:
            let change = ReportedSpans.Event(at: at, isBegin: event.kind == .powerDown)
            _ = meters[meter].power.add(change, maximumCount: limit)
        case .testModeStarted, .testModeEnded:
            let change = ReportedSpans.Event(at: at, isBegin: event.kind == .testModeStarted)
            _ = meters[meter].tests.add(change, maximumCount: limit)
        case .reverseEnergy: return meters[meter].reversals.add(at, maximumCount: limit) ? at : nil
        case .configurationChanged, .installed, .removed:
            return meters[meter].exchanges.add(at, maximumCount: limit) ? at : nil
        case .clockSet, .tamper, .watchdog, .other: break
        }
        return nil
    }

    mutating func take(_ edit: ManualEdit, _ context: inout FoldContext, _ effects: inout Effects) {
        guard edit.start < edit.end, let meter = meterSlot(edit.meter) else { return }
        let record = EditRecord(edit, context.raw)
        guard meters[meter].add(record, maximumCount: configuration.limits.maximumEdits) else { return }
        effects.count(VEECounter.edits.rawValue)
        redecide(
            meter,
            channel: edit.channel,
            [record.start..<record.end],
            isExpected: record.kind == .setValues,
            &context,
            &effects
        )
        meters[meter].idleEdits = answerEdits(meter, record.channel, from: record.start, context, &effects)
    }

    mutating func take(_ order: ForceEstimate, _ context: inout FoldContext, _ effects: inout Effects) {
        guard order.from < order.to else { return }
        let record = ForceRecord(
            raw: context.raw,
            group: order.group,
            meters: order.meters,
            from: order.from.secondsSinceEpoch,
            to: order.to.secondsSinceEpoch
        )
        guard !forced.contains(record) else { return }
        effects.count(VEECounter.forceEstimates.rawValue)
        forced.append(record)
        if forced.count > configuration.limits.maximumForceEstimates,
            let oldest = forced.indices.min(by: { forced[$0].to < forced[$1].to })
        {
            forced.remove(at: oldest)
        }
        for meter in meters.indices
        where record.concerns(meters[meter].name, group: meters[meter].registration?.group ?? "") {
            redecide(meter, [record.from..<record.to], isExpected: true, &context, &effects)
        }
    }

    mutating func take(_ readings: WeatherReadings, _ context: inout FoldContext, _ effects: inout Effects) {
        let keptHours = Int32(clamping: configuration.limits.keptSeconds / 3600)
        let index = weather.firstIndex { $0.station == readings.station }
        if index == nil, weather.count >= configuration.limits.maximumWeatherStations { return }
        let held = index.map { weather[$0] } ?? WeatherRecord(station: readings.station, hours: [])
        guard let renewed = held.adding(readings, context.raw, keptHours: keptHours) else { return }
        if let index { weather[index] = renewed } else { weather.append(renewed) }
        let start = readings.start.secondsSinceEpoch
        let length = Int64(readings.intervalSeconds) * Int64(readings.milliDegreesCelsius.count)
        // Days compare their temperature with that of days before them.
        let reach = start - 86_400..<start + length + Int64(configuration.limits.lookBackDays + 1) * 86_400
        for meter in meters.indices where meters[meter].registration?.weatherStation == readings.station {
            renewFacts(meter)
            guard meters[meter].series.contains(where: { series[$0].leans(within: reach) }) else { continue }
            redecide(meter, [reach], &context, &effects)
        }
    }
}

extension Series {
    /// Makes room for slots that are expected although nothing came for them.
    mutating func expect(through slot: Int64, _ context: FoldContext) {
        let farthest = firstSlot(from: dataEndSeconds + context.limits.keptSeconds)
        let end = min(slot, farthest)
        if end > slots.end { slots.cover(slots.end..<end) }
    }

    /// Whether estimates of days that start within a time follow from earlier days.
    func leans(within time: Range<Int64>) -> Bool {
        for window in windows[windowIndex(time.lowerBound)...] where window.start < time.upperBound {
            if window.leansOnHistory { return true }
        }
        return false
    }
}

import MeterCore
import MeterEvents

/// What is said about meters and channels besides their values: the registry, edits, locks, registers, rules.
extension TruthGenerator {
    mutating func register(_ meter: Meter, _ date: CivilDate) {
        guard meter.mode == .registered else { return }
        let start = Int64(date.daysSinceEpoch) * Events.day
        if random.chance(30) {
            let wrong = MeterRegistration(meter: meter.name, zone: pick(TruthZones.names))
            result.events.append(JournalEvent(raw: raw(start), body: .meterUpserted(wrong)))
        }
        let received = start + 60 + Int64.random(in: 0...(10 * Events.day), using: &random)
        let registration = MeterRegistration(meter: meter.name, zone: meter.zone)
        result.events.append(JournalEvent(raw: raw(received), body: .meterUpserted(registration)))
    }

    mutating func decide(_ meter: Meter, _ channel: Channel) {
        let fine = channel.segments.filter { $0.wallOfDay == nil }
        if let segment = fine.first, random.chance(30) {
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                edit(random.chance(70) ? segment : pick(fine), meter, channel)
            }
            result.traits.append("edits")
        }
        if result.hasLocks { lock(meter, channel) }
        if result.hasRegisters, let segment = channel.segments.first { addRegisters(segment, meter, channel) }
        if !result.isExact, let segment = fine.first { trouble(segment, meter, channel) }
    }

    private mutating func edit(_ segment: Segment, _ meter: Meter, _ channel: Channel) {
        let first = Int.random(in: 0..<segment.count, using: &random)
        let count = Int.random(in: 1...min(12, segment.count - first), using: &random)
        let start = segment.start + Int64(first) * segment.interval
        let end = start + Int64(count) * segment.interval
        let action: ManualEdit.Action
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<45:
            let values = (0..<count).map { _ in Int64.random(in: 1...900, using: &random) * 1_000_000 }
            action = .setValues(intervalSeconds: Int32(segment.interval), billionths: values)
        case 45..<60: action = .accept
        case 60..<85: action = .reject
        default: action = .clear
        }
        append(action, start, end, arrival(after: end), meter, channel)
    }

    private mutating func append(
        _ action: ManualEdit.Action,
        _ start: Int64,
        _ end: Int64,
        _ received: Int64,
        _ meter: Meter,
        _ channel: Channel
    ) {
        let edit = ManualEdit(
            meter: meter.name,
            channel: channel.name,
            start: Instant(secondsSinceEpoch: start),
            end: Instant(secondsSinceEpoch: end),
            action: action,
            user: "u1",
            reason: "generated"
        )
        result.events.append(JournalEvent(raw: raw(received), body: .manualEdit(edit)))
    }

    /// A whole local day, some time after it.
    private mutating func lock(_ meter: Meter, _ channel: Channel) {
        guard let segment = channel.segments.first else { return }
        let rules = zones[meter.zone] ?? .utc
        let instant = segment.start + Int64.random(in: 0..<max(1, segment.end - segment.start), using: &random)
        let date = rules.localDate(of: Instant(secondsSinceEpoch: instant))
        let start = rules.dayStart(of: date).secondsSinceEpoch
        let end = rules.dayStart(of: CivilDate(daysSinceEpoch: date.daysSinceEpoch + 1)).secondsSinceEpoch
        let received = end + Int64.random(in: 0...(4 * Events.day), using: &random)
        append(.lock, start, end, received, meter, channel)
        if random.chance(25) { append(.unlock, start, end, received + 2 * Events.day, meter, channel) }
    }

    /// Readings once a day or less, with an exchange of the meter or a wrong reading at times.
    private mutating func addRegisters(_ segment: Segment, _ meter: Meter, _ channel: Channel) {
        var reading = Int64.random(in: 0...90_000, using: &random)
        var at = segment.start
        while at <= min(segment.end, segment.start + 8 * Events.day) {
            if random.chance(75) {
                let shown = random.chance(10) ? 0 : reading
                let reads = RegisterReads(
                    meter: meter.name,
                    channel: channel.name,
                    unit: .kilowattHour,
                    at: [Instant(secondsSinceEpoch: at)],
                    billionths: [shown * Events.unit],
                    qualities: [Quality.raw.rawValue]
                )
                result.events.append(JournalEvent(raw: raw(arrival(after: at)), body: .registerReads(reads)))
            }
            reading += Int64.random(in: 0...30, using: &random)
            if random.chance(10) { reading = Int64.random(in: 0...20_000, using: &random) }
            at += pick([6, 12, 24]) * 3600
        }
    }

    /// Power failures, tests, spikes, orders to estimate.
    private mutating func trouble(_ segment: Segment, _ meter: Meter, _ channel: Channel) {
        func instant() -> Int64 {
            segment.start + Int64.random(in: 0..<Int64(segment.count), using: &random) * segment.interval
        }
        for kinds in [(DeviceEventKind.powerDown, DeviceEventKind.powerUp), (.testModeStarted, .testModeEnded)]
        where random.chance(40) {
            let from = instant()
            let to = from + Int64.random(in: 60...20_000, using: &random)
            let list = [(from, kinds.0), (to, kinds.1)].map {
                DeviceEvents.Event(at: Instant(secondsSinceEpoch: $0.0), kind: $0.1, code: "")
            }
            let events = DeviceEvents(meter: meter.name, events: list)
            result.events.append(JournalEvent(raw: raw(arrival(after: to)), body: .deviceEvents(events)))
        }
        if random.chance(50) {
            let at = instant()
            var spike = IntervalBlock(
                meter: meter.name,
                channel: channel.name,
                unit: .kilowattHour,
                zone: meter.zone,
                start: Instant(secondsSinceEpoch: at),
                intervalSeconds: Int32(segment.interval),
                billionths: [40 * Events.unit],
                qualities: [Quality.raw.rawValue]
            )
            spike.source = "A"
            spike.sourceVersion = segment.isVersioned ? 1010 : 0
            let received = arrival(after: at + segment.interval)
            result.events.append(JournalEvent(raw: raw(received), body: .intervalBlock(spike)))
        }
        if random.chance(15) {
            let from = instant()
            let order = ForceEstimate(
                group: "",
                meters: [meter.name],
                from: Instant(secondsSinceEpoch: from),
                to: Instant(secondsSinceEpoch: from + Events.day),
                user: "u1",
                reason: "generated"
            )
            result.events.append(JournalEvent(raw: raw(arrival(after: from)), body: .forceEstimate(order)))
            result.traits.append("ordered to be estimated")
        }
    }

    /// Other rules from some day on, which judge the values of exact cases alike.
    mutating func activateRules(_ date: CivilDate) {
        let from = Int64(date.daysSinceEpoch) * Events.day + Int64.random(in: 0...3, using: &random) * Events.day
        let json = #"{"name": "other", "rules": {"V19": {"enabled": false}, "V29": {"minimumIntervals": 5}}}"#
        let activation = RuleSetActivation(
            version: "other",
            json: json,
            effectiveFrom: Instant(secondsSinceEpoch: from)
        )
        let received = from + Int64.random(in: 0...(9 * Events.day), using: &random)
        result.events.append(JournalEvent(raw: raw(received), body: .ruleSetActivated(activation)))
        result.traits.append("rules")
    }
}

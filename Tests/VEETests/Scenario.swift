import Glibc
import MeterCore
import MeterEvents
import VEE

/// SplitMix64: the same seed gives the same numbers everywhere.
struct Seeded: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed &* 0x9e37_79b9_7f4a_7c15 &+ 1 }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
        return mixed ^ mixed >> 31
    }

    mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &self) < percent }
}

/// What a small fleet sends in a week or so: blocks of several lengths with holes, spikes, negative values, corrections, duplicates,
/// late deliveries, and zones that contradict each other.
struct Scenario {
    var events: [JournalEvent] = []
    /// Ticks that let everything become due.
    var ending: [JournalEvent] = []

    struct Options {
        var days = 6
        var start = Events.monday
        var zones = ["UTC"]
        var hasRegistry = false
        /// Edits, orders to estimate, outages, tests and registers too.
        var hasMore = false
        /// Readings of registers, at most days, soon after their day.
        var hasRegisters = false
        var lateDays = 4
        var channels: [(name: String, interval: Int32)] = [("E1", 900), ("E2", 3600)]
    }

    init(seed: UInt64, _ options: Options = Options()) {
        var random = Seeded(seed)
        var id: UInt64 = 1000
        for meter in ["a", "b"] {
            for channel in options.channels {
                append(meter, channel.name, channel.interval, options, &id, &random)
            }
            if options.hasMore { appendMore(meter, options, &id, &random) }
            if options.hasMore || options.hasRegisters { appendRegisters(meter, options, &id, &random) }
            if options.hasRegistry {
                id += 1
                let zone = options.zones.randomElement(using: &random) ?? "UTC"
                let digits: UInt32 = random.chance(50) ? 4 : 3
                events.append(
                    Events.registered(received: options.start, id: id, meter: meter) { registration in
                        registration.zone = zone
                        var channel = ChannelRegistration(channel: options.channels[0].name, unit: .kilowattHour)
                        channel.digits = digits
                        registration.channels = [channel]
                    }
                )
            }
        }
        for step in 0..<20 {
            let time = options.start + Int64(step) * Events.day / 2
            events.append(Events.tick(time, partition: Int32.random(in: 0..<2, using: &random), of: 2))
        }
        let end = options.start + Int64(options.days + options.lateDays + 60) * Events.day
        ending = [Events.tick(end, partition: 0, of: 2), Events.tick(end, partition: 1, of: 2)]
    }

    private mutating func append(
        _ meter: String,
        _ channel: String,
        _ interval: Int32,
        _ options: Options,
        _ id: inout UInt64,
        _ random: inout Seeded
    ) {
        let total = options.days * 86_400 / Int(interval)
        var next = Int.random(in: 0..<8, using: &random)
        while next < total {
            let count = min(Int.random(in: 1...(40 * 900 / Int(interval) + 2), using: &random), total - next)
            let deliveries = random.chance(20) ? 2 : 1
            if !random.chance(12) {
                for _ in 0..<deliveries {
                    id += 1
                    let start = options.start + Int64(next) * Int64(interval)
                    let lag = random.chance(30) ? Int64(options.lateDays) * Events.day : 3600
                    let end = start + Int64(count) * Int64(interval)
                    let received = end + Int64.random(in: 0..<lag, using: &random)
                    events.append(
                        Events.block(
                            start,
                            Self.values(count, &random),
                            interval: interval,
                            received: received,
                            id: id,
                            meter: meter,
                            channel: channel,
                            zone: options.zones.randomElement(using: &random) ?? "UTC",
                            quality: Self.quality(&random),
                            version: random.chance(30) ? Int64.random(in: 1...3, using: &random) : 0,
                            partition: Int32.random(in: 0..<2, using: &random)
                        )
                    )
                }
            }
            // Sometimes a hole, sometimes an overlap with what was there.
            next += max(1, count + Int.random(in: -6...4, using: &random))
        }
    }

    private mutating func appendMore(
        _ meter: String,
        _ options: Options,
        _ id: inout UInt64,
        _ random: inout Seeded
    ) {
        let end = options.start + Int64(options.days) * Events.day
        let channel = options.channels[0]
        let interval = Int64(channel.interval)
        func instant() -> Int64 {
            options.start + Int64.random(in: 0..<(end - options.start) / interval, using: &random) * interval
        }
        for action in [ManualEdit.Action.accept, .reject, .clear, .accept, .reject] {
            id += 1
            let start = instant()
            let length = Int64.random(in: 1...40, using: &random) * interval
            events.append(
                Events.edit(
                    action,
                    start,
                    start + length,
                    received: instant(),
                    id: id,
                    meter: meter,
                    channel: channel.name
                )
            )
        }
        for _ in 0..<4 {
            id += 1
            let start = instant()
            let values = (0..<Int.random(in: 1...12, using: &random)).map { Int64($0) * Events.unit }
            events.append(
                Events.edit(
                    .setValues(intervalSeconds: channel.interval, billionths: values),
                    start,
                    start + Int64(values.count) * interval,
                    received: instant(),
                    id: id,
                    meter: meter,
                    channel: channel.name
                )
            )
        }
        for _ in 0..<3 {
            id += 1
            let down = instant()
            let up = down + Int64.random(in: 60...30_000, using: &random)
            events.append(
                Events.power([(down, .powerDown), (up, .powerUp)], received: instant(), id: id, meter: meter)
            )
        }
        for begin in [DeviceEventKind.testModeStarted, .reverseEnergy] {
            id += 1
            let at = instant()
            let end = at + Int64.random(in: 60...9000, using: &random)
            events.append(
                Events.power([(at, begin), (end, .testModeEnded)], received: instant(), id: id, meter: meter)
            )
        }
        id += 1
        let from = instant()
        events.append(Events.force(from, from + Events.day, meters: [meter], received: instant(), id: id))
    }

    private mutating func appendRegisters(
        _ meter: String,
        _ options: Options,
        _ id: inout UInt64,
        _ random: inout Seeded
    ) {
        let channel = options.channels[0].name
        var reading = 1000.0
        for number in 0...options.days where !random.chance(20) {
            id += 1
            reading += Double(Int.random(in: 30...200, using: &random))
            let at = options.start + Int64(number) * Events.day
            events.append(Events.register([(at, reading)], received: at, id: id, meter: meter, channel: channel))
        }
    }

    private static func values(_ count: Int, _ random: inout Seeded) -> [Double?] {
        (0..<count).map { _ in
            if random.chance(8) { return nil }
            if random.chance(3) { return -1 }
            if random.chance(2) { return 30 }
            return Double(Int.random(in: 1...8, using: &random)) / 4
        }
    }

    private static func quality(_ random: inout Seeded) -> Quality {
        if random.chance(75) { return .raw }
        let others: [Quality] = [
            .validated, .projected, .missing, .failed, .questionable, .estimatedReferenceDay, .edited,
        ]
        return others.randomElement(using: &random) ?? .raw
    }
}

/// Zones of this machine, read for tests only.
enum TestZones {
    static func catalog(_ identifiers: [String]) throws -> ZoneCatalog {
        var zones: [ZoneRules] = []
        for identifier in identifiers {
            let tzif = try bytes(identifier)
            zones.append(try ZoneRules(identifier: identifier, tzif: tzif.span))
        }
        return ZoneCatalog(zones)
    }

    private struct Unreadable: Error { var zone: String }

    private static func bytes(_ identifier: String) throws -> [UInt8] {
        let file = open("/usr/share/zoneinfo/\(identifier)", O_RDONLY)
        guard file >= 0 else { throw Unreadable(zone: identifier) }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        let count = read(file, &bytes, bytes.count)
        guard count > 0 else { throw Unreadable(zone: identifier) }
        return Array(bytes[..<count])
    }
}

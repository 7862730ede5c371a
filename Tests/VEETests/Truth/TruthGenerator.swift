import MeterCore
import MeterEvents
import VEE

/// Makes a case from a seed. The same seed gives the same case everywhere.
struct TruthGenerator {
    var random: Seeded
    let zones: ZoneCatalog
    var result: TruthCase
    var partitions: Int32 = 1
    /// How late data is: within hours, days, or up to two years.
    var lateness = Lateness.hours
    var usedIDs: Set<UInt64> = []
    var meters: [Meter] = []

    enum Lateness: CaseIterable {
        case hours
        case days
        case years
    }

    enum ZoneMode: CaseIterable {
        case stated
        case registered
        case partlyStated
        case contradicted
    }

    struct Meter {
        var name: String
        var zone: String
        var mode: ZoneMode
        var channels: [Channel] = []
    }

    struct Channel {
        var name: String
        var segments: [Segment] = []
    }

    /// Values of one length that a source has for a span. Daily ones are counted in dates.
    struct Segment {
        var interval: Int64
        var start: Int64
        var count: Int
        var source: String
        var isVersioned: Bool
        /// Seconds of the wall clock after midnight of daily values; nil where the length is no day.
        var wallOfDay: Int?
        var end: Int64 { start + interval * Int64(count) }
    }

    static func make(_ seed: UInt64, _ zones: ZoneCatalog) -> TruthCase {
        // The numbers of neighbouring seeds would be the same ones, one further; so a seed is mixed first.
        var mixed = Seeded(seed)
        let random = Seeded(mixed.next())
        var generator = TruthGenerator(random: random, zones: zones, result: TruthCase(seed: seed))
        generator.build()
        return generator.result
    }

    private mutating func build() {
        result.isExact = !random.chance(22)
        result.hasLocks = random.chance(12)
        result.hasRegisters = random.chance(result.isExact ? 8 : 40)
        partitions = random.chance(30) ? 2 : 1
        lateness = random.chance(50) ? .hours : random.chance(60) ? .days : .years
        result.traits += [result.isExact ? "exact" : "default rules", "late \(lateness)"]
        let zone = pick(TruthZones.names)
        let date = firstDate(zone)
        let meterCount = random.chance(65) ? 1 : random.chance(70) ? 2 : 3
        for number in 0..<meterCount {
            var meter = Meter(name: "m\(number + 1)", zone: zone, mode: .stated)
            if number > 0, random.chance(40) { meter.zone = pick(TruthZones.names) }
            if random.chance(45) { meter.mode = pick(ZoneMode.allCases) }
            result.traits.append("\(meter.zone) \(meter.mode)")
            for channel in 0..<(random.chance(75) ? 1 : 2) {
                meter.channels.append(makeChannel("E\(channel + 1)", date, meter.zone))
            }
            meters.append(meter)
        }
        for meter in meters {
            register(meter, date)
            for channel in meter.channels {
                for segment in channel.segments { send(segment, meter, channel) }
                decide(meter, channel)
                if random.chance(12) { sendLong(meter, channel, date) }
            }
        }
        if random.chance(10) { activateRules(date) }
        finish()
    }

    /// Days at whose side the clocks change, or any.
    private mutating func firstDate(_ zone: String) -> CivilDate {
        var dates: [(Int, Int, Int)] = [(2026, 1, 30), (2026, 6, 10), (2027, 2, 27)]
        if random.chance(65) {
            switch zone {
            case "Europe/Berlin": dates = [(2026, 3, 28), (2026, 10, 24), (2027, 3, 27)]
            case "America/New_York": dates = [(2026, 3, 7), (2026, 10, 31)]
            case "Australia/Lord_Howe": dates = [(2026, 4, 4), (2026, 10, 3)]
            default: break
            }
        }
        let (year, month, day) = pick(dates)
        let days = CivilDate(year: year, month: month, day: day)?.daysSinceEpoch ?? 20_000
        return CivilDate(daysSinceEpoch: days - Int32.random(in: 0...1, using: &random))
    }

    /// Puts the events in the order in which they arrive.
    private mutating func finish() {
        let newest = result.events.map(\.raw.receivedAtMilliseconds).max() ?? 0
        let oldest = result.events.map(\.raw.receivedAtMilliseconds).min() ?? 0
        for step in 0..<Int.random(in: 2...14, using: &random) {
            let time = oldest / 1000 + Int64(step) * Events.day / 2
            if time * 1000 < newest { tick(time) }
        }
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            tick(Int64.random(in: oldest...newest, using: &random) / 1000)
        }
        let order = result.hasLocks ? 0 : Int.random(in: 0..<100, using: &random)
        var indices = Array(result.events.indices)
        indices.shuffle(using: &random)
        let events = result.events
        func time(_ index: Int) -> Int64 { events[index].raw.receivedAtMilliseconds }
        switch order {
        case 0..<55:
            indices.sort { time($0) == time($1) ? $0 < $1 : time($0) < time($1) }
            result.traits.append("as received")
        case 55..<70:
            indices.sort { time($0) == time($1) ? $0 < $1 : time($0) > time($1) }
            result.traits.append("newest first")
        default:
            result.traits.append("shuffled")
        }
        result.events = indices.map { events[$0] }
        if result.hasLocks { result.traits.append("locks") }
        let end = newest / 1000 + 90 * Events.day
        result.ending = (0..<partitions).map { Events.tick(end, partition: $0, of: partitions) }
    }

    private mutating func tick(_ time: Int64) {
        for partition in 0..<partitions {
            result.events.append(Events.tick(time, partition: partition, of: partitions))
        }
    }

    // MARK: Chance

    mutating func pick<Element>(_ list: [Element]) -> Element {
        list[Int.random(in: 0..<list.count, using: &random)]
    }

    /// A payload of its own: no hash is used twice.
    mutating func raw(_ received: Int64) -> RawReference {
        var id = UInt64.random(in: 1...0x7fff_ffff, using: &random)
        while !usedIDs.insert(id).inserted { id = UInt64.random(in: 1...0x7fff_ffff, using: &random) }
        return Events.raw(received, id: id, partition: Int32.random(in: 0..<partitions, using: &random))
    }

    /// When something about a time arrives.
    mutating func arrival(after end: Int64) -> Int64 {
        let longest: Int64
        switch lateness {
        case .hours: longest = 7200
        case .days: longest = 6 * Events.day
        case .years: longest = (random.chance(30) ? 730 : 3) * Events.day
        }
        // To the quarter-hour at times, so that two payloads come at the same moment.
        let lag = Int64.random(in: 0...longest, using: &random)
        return random.chance(30) ? (end + lag + 899) / 900 * 900 : end + lag
    }
}

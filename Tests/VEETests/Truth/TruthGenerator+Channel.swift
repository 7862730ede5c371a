import MeterCore
import MeterEvents

/// What a channel measures: one length or several, one phase or two, in one span or with years between.
extension TruthGenerator {
    private static let lengths: [Int64] = [300, 900, 1800, 3600]

    mutating func makeChannel(_ name: String, _ date: CivilDate, _ zone: String) -> Channel {
        var channel = Channel(name: name)
        let rules = zones[zone] ?? .utc
        let midnight = rules.dayStart(of: date).secondsSinceEpoch
        let interval: Int64 = pick([300, 900, 900, 900, 1800, 1800, 3600, 3600, 3600])
        let count = min(Int(Int64.random(in: 2...4, using: &random) * Events.day / interval), 300)
        let start = midnight + (random.chance(30) ? Int64.random(in: 1...6, using: &random) * 3600 : 0)
        let first = Segment(
            interval: interval,
            start: start,
            count: count,
            source: "A",
            isVersioned: random.chance(30)
        )
        channel.segments = [first]
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<28:
            note("\(name) \(interval) s")
        case 28..<46:
            changeLength(&channel, first)
        case 46..<70:
            sendAgainInAnotherLength(&channel, first)
        case 70..<80:
            addOtherPhase(&channel, first)
        case 80..<90:
            channel.segments = []
            addDaily(&channel, midnight, Int.random(in: 5...14, using: &random))
        default:
            addDaily(&channel, midnight, Int.random(in: 1...5, using: &random))
        }
        if interval == 3600, random.chance(10) {
            var later = first
            later.start += Int64.random(in: 10...60, using: &random) * Events.day
            later.count = 24
            channel.segments.append(later)
            note("later days")
        }
        return channel
    }

    private mutating func changeLength(_ channel: inout Channel, _ first: Segment) {
        let other = pick(Self.lengths.filter { $0 != first.interval })
        let step = max(other, first.interval)
        let steps = Int64(first.count) * first.interval / step
        var before = first
        let at = first.start + Int64.random(in: 1...max(1, steps - 1), using: &random) * step
        before.count = Int((at - first.start) / first.interval)
        let overlap = random.chance(50) ? 0 : Int64.random(in: 1...6, using: &random) * step
        let from = max(first.start, at - overlap)
        let after = Segment(
            interval: other,
            start: from,
            count: min(Int((first.end - from) / other), 300),
            source: "A",
            isVersioned: first.isVersioned
        )
        channel.segments = [before, after]
        note("\(channel.name) \(first.interval) s then \(other) s")
    }

    private mutating func sendAgainInAnotherLength(_ channel: inout Channel, _ first: Segment) {
        let other = pick(Self.lengths.filter { $0 != first.interval })
        let step = max(other, first.interval)
        let steps = max(1, Int64(first.count) * first.interval / step)
        let from = first.start + Int64.random(in: 0..<steps, using: &random) * step
        let longest = max(1, min(Int((first.end - from) / other), 200))
        let again = Segment(
            interval: other,
            start: from,
            count: Int.random(in: 1...longest, using: &random),
            source: random.chance(60) ? "A" : "B",
            isVersioned: random.chance(30)
        )
        channel.segments.append(again)
        note("\(channel.name) \(first.interval) s again in \(other) s")
    }

    private mutating func addOtherPhase(_ channel: inout Channel, _ first: Segment) {
        var other = first
        other.source = random.chance(50) ? "A" : "B"
        let from = Int.random(in: 0..<first.count, using: &random)
        other.count = Int.random(in: 1...(first.count - from), using: &random)
        let shift =
            random.chance(30) ? first.interval / 3 : Int64.random(in: 61...(first.interval - 61), using: &random)
        other.start = first.start + Int64(from) * first.interval + shift
        if random.chance(40) {
            // The clock of the meter was off from then on.
            channel.segments[0].count = max(1, from)
        }
        channel.segments.append(other)
        note("\(channel.name) \(first.interval) s and off by \(shift) s")
    }

    private mutating func addDaily(_ channel: inout Channel, _ midnight: Int64, _ count: Int) {
        let wall = random.chance(75) ? 0 : 6 * 3600
        var daily = Segment(
            interval: Events.day,
            start: midnight,
            count: count,
            source: random.chance(60) ? "A" : "B",
            isVersioned: random.chance(30)
        )
        daily.wallOfDay = wall
        channel.segments.append(daily)
        note("\(channel.name) daily\(wall == 0 ? "" : " from 06:00")")
        if channel.segments.count == 1, random.chance(40) {
            daily.start += Int64.random(in: 60...650, using: &random) * Events.day
            channel.segments.append(daily)
            note("later days")
        }
    }

    private mutating func note(_ text: String) { result.traits.append(text) }
}

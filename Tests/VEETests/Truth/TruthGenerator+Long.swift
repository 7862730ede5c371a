import MeterCore
import MeterEvents

/// Values of several days, such as those of bills, beside whatever else a channel has.
extension TruthGenerator {
    mutating func sendLong(_ meter: Meter, _ channel: Channel, _ date: CivilDate) {
        result.traits.append("\(channel.name) long values")
        let rules = zones[meter.zone] ?? .utc
        for _ in 0..<Int.random(in: 1...3, using: &random) {
            let first = date.daysSinceEpoch + Int32.random(in: -6...8, using: &random)
            let days = Int32.random(in: 2...12, using: &random)
            let start = rules.dayStart(of: CivilDate(daysSinceEpoch: first)).secondsSinceEpoch
            let end = rules.dayStart(of: CivilDate(daysSinceEpoch: first + days)).secondsSinceEpoch
            var block = IntervalBlock(
                meter: meter.name,
                channel: channel.name,
                unit: .kilowattHour,
                zone: meter.zone,
                start: Instant(secondsSinceEpoch: start),
                intervalSeconds: Int32(end - start),
                billionths: [Int64.random(in: 0...400_000_000_000, using: &random)],
                qualities: [
                    pick([Quality.raw, .raw, .raw, .validated, .projected, .estimatedProfile, .failed]).rawValue
                ],
                sourceVersion: random.chance(30) ? 1000 + Int64.random(in: 0...2, using: &random) : 0
            )
            block.source = random.chance(70) ? "A" : "B"
            if random.chance(10) {
                block.qualities = [Quality.missing.rawValue]
                block.billionths = [0]
            }
            let reference = raw(arrival(after: end + 60))
            result.events.append(JournalEvent(raw: reference, body: .intervalBlock(block)))
        }
    }
}

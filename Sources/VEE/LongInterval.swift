import MeterCore
import MeterEvents
import RuleSets

/// A value of more than a day, such as that of a bill: it is shared among its days, which are in force like other daily values where nothing
/// finer is known.
///
/// Definition: the days are those that the wall clock of the zone counts from the start on; the end may be off a whole number of days by no
/// more than a daily value may be off midnight. Of an amount each day gets the same part, rounded on the running sum, so that
/// the parts add up exactly; of anything else each day has the value. What was measured for all of the days is an estimate for each of them,
/// of quality `estimated_scaled`; it proves nothing about finer values of a day, so V43 does not compare them.
enum LongInterval {
    /// A bill of more than two years is a mistake.
    private static let mostDays: Int64 = 732

    /// How many days an interval has; nil where that is no whole number, or too many.
    static func days(from start: Int64, seconds: Int64, _ zone: ZoneRules) -> Int? {
        let length = WallClock.time(start + seconds, zone) - WallClock.time(start, zone)
        let days = (length + 43_200).flooredQuotient(86_400)
        guard (1...mostDays).contains(days),
            (length - days * 86_400).magnitude <= UInt64(BlockPlacement.midnightReachSeconds)
        else { return nil }
        return Int(days)
    }

    /// The days of one element of a block.
    static func shares(of block: IntervalBlock, _ element: Int, days: Int) -> IntervalBlock {
        let value = block.billionths[element]
        var shared = IntervalBlock(
            meter: block.meter,
            channel: block.channel,
            unit: block.unit,
            zone: block.zone,
            start: block.start + Int64(element) * Int64(block.intervalSeconds),
            intervalSeconds: 86_400,
            billionths: [],
            qualities: Array(repeating: quality(block.qualities[element], value), count: days),
            sourceStatus: block.sourceStatus.isEmpty ? [] : Array(repeating: block.sourceStatus[element], count: days),
            sourceVersion: block.sourceVersion
        )
        shared.flags = block.flags.isEmpty ? [] : Array(repeating: block.flags[element], count: days)
        shared.source = block.source
        shared.zoneOrigin = block.zoneOrigin
        var told: Int64 = 0
        for day in 1...Int128(days) {
            guard block.unit.isAccumulated else {
                shared.billionths.append(value)
                continue
            }
            let sum = Rounding.quotient(Int128(value) * day, Int128(days))
            shared.billionths.append(sum - told)
            told = sum
        }
        return shared
    }

    /// A negative amount stays what it was said to be: the rules on single values speak about it.
    private static func quality(_ quality: UInt8, _ value: Int64) -> UInt8 {
        SourceQuality.isMeasured(quality) && value >= 0 ? Quality.estimatedScaled.rawValue : quality
    }
}

extension BlockFate {
    /// Counts a value that is known but stays out of force.
    mutating func hold(wasReplaced: Bool, _ code: String) {
        if wasReplaced { replaced -= min(replaced, 1) }
        held += 1
        self.code = code
    }

    /// Of the days of one long value: it was taken when it became the word for any of them.
    mutating func countAsOne() {
        replaced = taken > 0 && replaced > 0 ? 1 : 0
        unchanged = taken == 0 && held == 0 ? 1 : 0
        held = taken == 0 && held > 0 ? 1 : 0
        taken = min(taken, 1)
        offered = 1
    }
}

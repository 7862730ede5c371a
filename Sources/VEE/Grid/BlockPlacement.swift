import MeterCore
import MeterEvents

/// Where the values of a block lie: the grid of their series, and the slot of the block's element 0.
///
/// Interval starts of less than a day belong on multiples of `gcd(length, 900)`: whatever zone a meter is in, its quarters of an hour are those
/// of UTC. A stamp that is off by no more than the tolerance is put there; what is further off has a grid of its own. Daily values begin at
/// the local midnight of their date, and the following elements of the block are the following dates.
struct BlockPlacement: Equatable {
    var phase: Int64
    /// Slot of the block's element 0.
    var blockStart: Int64
    /// Seconds by which the block's stamps are after the grid.
    var shiftSeconds: Int16

    /// A daily value that begins within this time of a midnight is that date's.
    static let midnightReachSeconds: Int64 = 2 * 3600

    init(startSeconds: Int64, intervalSeconds: Int64, _ zone: ZoneRules) {
        if intervalSeconds == 86_400 {
            let time = WallClock.time(startSeconds, zone)
            let midnight = (time + 43_200).flooredQuotient(86_400) * 86_400
            let offset = time - midnight
            phase = offset.magnitude <= UInt64(Self.midnightReachSeconds) ? 0 : time.flooredRemainder(86_400)
            blockStart = phase == 0 ? midnight / 86_400 : (time - phase).flooredQuotient(86_400)
            shiftSeconds = 0
            return
        }
        let unit = Self.commonDivisor(intervalSeconds, 900)
        let place = (startSeconds + unit / 2).flooredQuotient(unit) * unit
        let offset = startSeconds - place
        let isNear = offset.magnitude <= UInt64(Self.toleranceSeconds(intervalSeconds))
        let start = isNear ? place : startSeconds
        shiftSeconds = isNear ? Int16(clamping: offset) : 0
        phase = start.flooredRemainder(intervalSeconds)
        blockStart = (start - phase) / intervalSeconds
    }

    /// Seconds that a stamp may be off its grid: a minute, a tenth of the interval, and less than half of the grid's own step.
    static func toleranceSeconds(_ intervalSeconds: Int64) -> Int64 {
        min(60, intervalSeconds / 10, (commonDivisor(intervalSeconds, 900) - 1) / 2)
    }

    /// The step of the starts that a length of intervals belongs on.
    static func commonDivisor(_ one: Int64, _ other: Int64) -> Int64 {
        var (greater, less) = (one, other)
        while less != 0 { (greater, less) = (less, greater % less) }
        return max(greater, 1)
    }
}

import MeterCore

/// A stretch of wall-clock time that a zone's clock showed twice when it was set back.
struct RepeatedHour: Equatable {
    /// The instant at which the clock was set back, seconds since 1970.
    let transition: Int64
    /// Seconds east of UTC before and after.
    let offsetBefore: Int64
    let offsetAfter: Int64

    /// The stretch that holds a wall-clock time with two instants.
    init(_ rules: ZoneRules, local: Int64, earlier: Int64, later: Int64) {
        offsetBefore = local - earlier
        offsetAfter = local - later
        // The clock is set back after the first and not after the second of the two instants.
        var (low, high) = (earlier, later)
        while high - low > 1 {
            let middle = low + (high - low) / 2
            if Int64(rules.offsetSeconds(at: Instant(secondsSinceEpoch: middle))) == offsetBefore {
                low = middle
            } else {
                high = middle
            }
        }
        transition = high
    }

    /// The wall-clock times that came twice, in local seconds since 1970.
    var local: Range<Int64> { (transition + offsetAfter)..<(transition + offsetBefore) }

    var seconds: Int64 { offsetBefore - offsetAfter }

    func instant(ofLocal local: Int64, isSecond: Bool) -> Int64 {
        local - (isSecond ? offsetAfter : offsetBefore)
    }
}

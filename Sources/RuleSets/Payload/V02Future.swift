/// V02, the part of the meter time tolerance that protects the state: data that ends long after it was received can't be measured
/// data, and one such block would move a channel's history to where nothing else is.
///
/// Formula: refused when `interval end - receive time > limit` (`VEELimits.futureSeconds`), or outside the years 1 to 9999.
///
/// Result: the block is not taken; an exception says so. The raw payload stays in the log.
package enum FutureRule {
    package static let number: UInt32 = 2
    package static let exceptionCode = "ERR_VEE_TIME_02"
    private static let calendarSeconds: ClosedRange<Int64> = -62_000_000_000...253_000_000_000

    /// The nearest instant that calendars and tables know, seconds since 1970: what is told of a block that is refused.
    package static func told(_ seconds: Int64) -> Int64 {
        min(max(seconds, calendarSeconds.lowerBound), calendarSeconds.upperBound)
    }

    package static func refuses(start: Int64, end: Int64, receivedAtMilliseconds: Int64, limitSeconds: Int64) -> Bool {
        guard calendarSeconds.contains(start), calendarSeconds.contains(end) else { return true }
        return end - receivedAtMilliseconds / 1000 > limitSeconds
    }
}

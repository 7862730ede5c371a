/// Pauses that double from the first to the longest. No jitter: a simulated run is the same every time, and the threads of a
/// process don't fail in step often enough for it to matter.
struct Backoff: Sendable {
    let range: ClosedRange<Int64>

    /// The pause in milliseconds after a number of failures (1 for the first).
    func pauseMilliseconds(afterFailures count: Int) -> Int64 {
        let doublings = min(max(count - 1, 0), 40)
        let (pause, overflow) = range.lowerBound.multipliedReportingOverflow(by: 1 << Int64(doublings))
        return overflow ? range.upperBound : min(pause, range.upperBound)
    }
}

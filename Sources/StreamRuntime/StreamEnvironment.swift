/// What the loop takes from the world. A thread gives it the machine's clock, the simulator its own; processors see none of it.
public struct StreamEnvironment: Sendable {
    /// Monotonic time in nanoseconds, from any origin.
    public var nowNanoseconds: @Sendable () -> Int64
    /// Waits for some milliseconds; may return early when a stop is requested.
    public var pause: @Sendable (_ milliseconds: Int64) -> Void
    public var isStopRequested: @Sendable () -> Bool
    /// Takes what is worth a line in the log.
    public var report: @Sendable (StreamEvent) -> Void
    /// Wall clock, ms since 1970-01-01T00:00:00Z, for the age of stream time on the metrics page; nil where there is none. It decides nothing.
    public var wallNowMilliseconds: (@Sendable () -> Int64)?

    public init(
        nowNanoseconds: @escaping @Sendable () -> Int64,
        pause: @escaping @Sendable (_ milliseconds: Int64) -> Void,
        isStopRequested: @escaping @Sendable () -> Bool,
        report: @escaping @Sendable (StreamEvent) -> Void,
        wallNowMilliseconds: (@Sendable () -> Int64)? = nil
    ) {
        self.nowNanoseconds = nowNanoseconds
        self.pause = pause
        self.isStopRequested = isStopRequested
        self.report = report
        self.wallNowMilliseconds = wallNowMilliseconds
    }

    var nowMilliseconds: Int64 { nowNanoseconds() / 1_000_000 }
}

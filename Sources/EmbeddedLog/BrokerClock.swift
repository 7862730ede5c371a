import Glibc

/// The two clocks of the broker. Tests set them by hand.
public struct BrokerClock: Sendable {
    /// Milliseconds from some fixed moment; never goes back. For timeouts.
    public var monotonicMilliseconds: @Sendable () -> Int64
    /// Milliseconds since 1970. For timestamps that are stored.
    public var wallMilliseconds: @Sendable () -> Int64

    public init(
        monotonicMilliseconds: @escaping @Sendable () -> Int64,
        wallMilliseconds: @escaping @Sendable () -> Int64
    ) {
        self.monotonicMilliseconds = monotonicMilliseconds
        self.wallMilliseconds = wallMilliseconds
    }

    /// The machine's clocks.
    public static let system = BrokerClock(
        monotonicMilliseconds: { milliseconds(of: CLOCK_MONOTONIC) },
        wallMilliseconds: { milliseconds(of: CLOCK_REALTIME) }
    )

    private static func milliseconds(of clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
    }
}

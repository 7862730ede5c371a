import Glibc
import Synchronization

/// The wish of a process to end, seen by all its threads, and by their logs.
public final class StopSignal: Sendable {
    private static let sliceMilliseconds: Int64 = 20
    private let flag = Atomic<Bool>(false)

    public init() {}

    public var isRequested: Bool { flag.load(ordering: .acquiring) }

    /// - Returns: whether this was the first request.
    @discardableResult
    func request() -> Bool {
        !flag.exchange(true, ordering: .acquiringAndReleasing)
    }

    /// Sleeps, but wakes soon after a stop is requested meanwhile.
    func pause(milliseconds: Int64) {
        let wasRequested = isRequested
        let end = MonotonicClock.nanoseconds() + milliseconds * 1_000_000
        while wasRequested || !isRequested {
            let left = (end - MonotonicClock.nanoseconds()) / 1_000
            guard left > 0 else { return }
            usleep(UInt32(min(left, Self.sliceMilliseconds * 1_000)))
        }
    }
}

/// The clock of stream threads.
package enum MonotonicClock {
    package static func nanoseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}

/// The time of day, for what people look at; nothing is decided by it.
enum WallClock {
    /// Since 1970-01-01T00:00:00Z.
    static func milliseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
    }
}

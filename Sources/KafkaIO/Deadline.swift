internal import Glibc

/// A point in monotonic time that bounds a sequence of blocking calls.
struct Deadline: Sendable {
    private let end: ContinuousClock.Instant

    init(milliseconds: Int32) {
        end = ContinuousClock.now + .milliseconds(Int64(milliseconds))
    }

    var isOver: Bool { ContinuousClock.now >= end }

    /// Milliseconds left, at least 0.
    var remainingMilliseconds: Int32 {
        let left = end - ContinuousClock.now
        guard left > .zero else { return 0 }
        let (seconds, attoseconds) = left.components
        return Int32(clamping: seconds * 1000 + attoseconds / 1_000_000_000_000_000)
    }

    /// Blocks the calling thread for a short while, but not beyond the deadline.
    func pause(milliseconds: Int32) {
        usleep(UInt32(max(0, min(milliseconds, remainingMilliseconds))) * 1000)
    }
}

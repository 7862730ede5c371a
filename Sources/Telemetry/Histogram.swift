import Synchronization

/// Observations counted in fixed buckets. An observation is one uncontended lock (about 10 ns), so that count, sum and buckets
/// always agree; observe once a batch or a transaction, not once a record.
public final class Histogram: Sendable {
    /// What was observed so far.
    public struct Snapshot: Sendable, Equatable {
        /// Observations per bucket, not cumulative; the last is everything above the highest bound.
        public var counts: [UInt64]
        public var sum: Double

        public var count: UInt64 { counts.reduce(0, +) }
    }

    /// Seconds from half a millisecond to a minute, for waits and transactions.
    public static let secondsBounds: [Double] = [
        0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
    ]

    /// Inclusive upper bounds of the buckets, ascending.
    public let bounds: [Double]
    private let storage: Mutex<Snapshot>

    public init(bounds: [Double]) {
        precondition(zip(bounds, bounds.dropFirst()).allSatisfy { $0 < $1 }, "bounds ascend")
        self.bounds = bounds
        self.storage = Mutex(Snapshot(counts: Array(repeating: 0, count: bounds.count + 1), sum: 0))
    }

    public var snapshot: Snapshot { storage.withLock { $0 } }

    /// Counts one observation; what is not a number is ignored.
    public func observe(_ value: Double) {
        guard !value.isNaN else { return }
        var bucket = 0
        while bucket < bounds.count, value > bounds[bucket] { bucket += 1 }
        storage.withLock { state in
            state.counts[bucket] += 1
            state.sum += value
        }
    }
}

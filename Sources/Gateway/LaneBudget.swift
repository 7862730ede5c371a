import Synchronization

/// Bytes of one lane that are on their way into the log: a limit instead of a queue. The alarm lane has its own, so readings that come in
/// faster than the log takes them never hold back an alarm.
final class LaneBudget: Sendable {
    let limitBytes: Int
    private let used = Mutex(0)

    init(limitBytes: Int) {
        self.limitBytes = limitBytes
    }

    /// False when the lane is full. A single payload larger than the limit is let through when the lane is empty.
    func reserve(_ bytes: Int) -> Bool {
        used.withLock { used in
            guard used == 0 || used + bytes <= limitBytes else { return false }
            used += bytes
            return true
        }
    }

    func release(_ bytes: Int) {
        used.withLock { $0 -= bytes }
    }

    var usedBytes: Int { used.withLock { $0 } }
}

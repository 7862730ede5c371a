import LogStorage
import Synchronization

/// Fetches that wait for records, by the logs they wait for.
final class FetchWaiters: Sendable {
    /// One waiting fetch. It is woken by each of its logs; the fetch itself sees to it that it answers once.
    struct Waiter: Sendable {
        let id: UInt64
        let wake: @Sendable () -> Void
    }

    private struct State {
        var waiters: [ObjectIdentifier: [Waiter]] = [:]
        var nextId: UInt64 = 0
    }

    private let state = Mutex(State())

    /// Registers a fetch with all its logs, until it is removed.
    func add(_ logs: [PartitionLog], wake: @escaping @Sendable () -> Void) -> UInt64 {
        state.withLock { state in
            state.nextId += 1
            let waiter = Waiter(id: state.nextId, wake: wake)
            for log in logs {
                state.waiters[ObjectIdentifier(log), default: []].append(waiter)
            }
            return waiter.id
        }
    }

    func remove(_ id: UInt64, _ logs: [PartitionLog]) {
        state.withLock { state in
            for log in logs {
                let key = ObjectIdentifier(log)
                state.waiters[key]?.removeAll { $0.id == id }
                if state.waiters[key]?.isEmpty == true { state.waiters[key] = nil }
            }
        }
    }

    /// The log has moved, or is gone.
    func wake(_ log: PartitionLog) {
        let waiters = state.withLock { $0.waiters[ObjectIdentifier(log)] ?? [] }
        for waiter in waiters { waiter.wake() }
    }
}

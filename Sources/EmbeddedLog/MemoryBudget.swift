import Synchronization

/// Bytes held for clients, over all connections: requests that are being served, or responses that are not taken yet. It
/// refuses nothing that is there already; who is about to take more asks before.
final class MemoryBudget: Sendable {
    private struct State {
        var used = 0
        var waiters: [@Sendable () -> Void] = []
    }

    private let limit: Int
    private let state = Mutex(State())

    init(limit: Int) {
        self.limit = limit
    }

    var used: Int { state.withLock { $0.used } }

    /// Bytes that may still be taken.
    var room: Int { max(0, limit - used) }

    func take(_ byteCount: Int) {
        state.withLock { $0.used += byteCount }
    }

    /// Gives bytes back, and calls the waiters if there is room again.
    func release(_ byteCount: Int) {
        let waiters: [@Sendable () -> Void] = state.withLock { state in
            state.used -= byteCount
            guard state.used < limit else { return [] }
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter() }
    }

    /// Whether there is room. If not, `whenRoom` is called once when there is.
    func hasRoom(orCall whenRoom: @escaping @Sendable () -> Void) -> Bool {
        state.withLock { state in
            guard state.used >= limit else { return true }
            state.waiters.append(whenRoom)
            return false
        }
    }
}

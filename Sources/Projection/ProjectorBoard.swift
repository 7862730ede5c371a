import StreamCore
import Synchronization

/// What a projector's thread and everybody else share: a copy of the status, the wish to stop, and who waits for the end.
final class ProjectorBoard: Sendable {
    private struct State {
        var status: ProjectorStatus
        var isStarted = false
        var isStopRequested = false
        var isOver = false
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let state: Mutex<State>

    init(_ name: ProjectionName) {
        state = Mutex(State(status: ProjectorStatus(name: name)))
    }

    var status: ProjectorStatus { state.withLock { $0.status } }
    var isStopRequested: Bool { state.withLock { $0.isStopRequested } }

    /// False when it was started before.
    func start() -> Bool {
        state.withLock { state in
            defer { state.isStarted = true }
            return !state.isStarted
        }
    }

    func requestStop() {
        state.withLock { $0.isStopRequested = true }
    }

    func update(_ change: (inout ProjectorStatus) -> Void) {
        state.withLock { change(&$0.status) }
    }

    /// The thread is at its end.
    func finish() {
        let waiters = state.withLock { state in
            state.isOver = true
            if case .failed = state.status.phase {} else { state.status.phase = .stopped }
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Returns when the thread is at its end, at once when it never started.
    func waitUntilOver() async {
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                if state.isOver || !state.isStarted { return true }
                state.waiters.append(continuation)
                return false
            }
            if isOver { continuation.resume() }
        }
    }
}

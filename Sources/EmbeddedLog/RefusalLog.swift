import Logging
import Synchronization

/// Warnings that strangers can cause as often as they like: one in ten seconds is written, with how many were left out.
final class RefusalLog: Sendable {
    private static let intervalMilliseconds: Int64 = 10_000

    private struct State {
        var nextAt = Int64.min
        var leftOut = 0
    }

    private let logger: Logger
    private let clock: BrokerClock
    private let state = Mutex(State())

    init(logger: Logger, clock: BrokerClock) {
        self.logger = logger
        self.clock = clock
    }

    func warn(_ message: String, client: String, reason: String) {
        let now = clock.monotonicMilliseconds()
        let leftOut: Int? = state.withLock { state in
            guard now >= state.nextAt else {
                state.leftOut += 1
                return nil
            }
            defer { state.leftOut = 0 }
            state.nextAt = now + Self.intervalMilliseconds
            return state.leftOut
        }
        guard let leftOut else { return }
        logger.warning(
            "\(message)",
            metadata: [
                "code": "ERR_BROKER_REFUSED", "client": "\(client)", "reason": "\(reason)", "leftOut": "\(leftOut)",
            ]
        )
    }
}

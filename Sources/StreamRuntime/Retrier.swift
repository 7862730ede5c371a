import StreamCore
import Telemetry

/// Makes a call again for as long as it answers "retry", with growing pauses, and says so once per outage.
struct Retrier {
    private let environment: StreamEnvironment
    private let backoff: Backoff
    private let drainMilliseconds: Int64
    private let retries: Counter
    private var outage: (since: Int64, failures: Int)?
    private var stopSeenAt: Int64?
    /// Set while something must be over by a moment (partitions are being taken away).
    var deadlineMilliseconds: Int64?

    init(environment: StreamEnvironment, limits: StreamLimits, retries: Counter) {
        self.environment = environment
        self.backoff = Backoff(range: limits.retryPauseMilliseconds)
        self.drainMilliseconds = limits.drainMilliseconds
        self.retries = retries
    }

    mutating func run<Target: ~Copyable, Result>(
        _ operation: String,
        on target: inout Target,
        _ body: (inout Target) throws(LogError) -> Result
    ) throws(LoopInterruption) -> Result {
        while true {
            do throws(LogError) {
                let result = try body(&target)
                succeeded(operation)
                return result
            } catch {
                try pause(after: error, operation)
            }
        }
    }

    /// Reports the end of an outage.
    mutating func succeeded(_ operation: String) {
        guard let outage else { return }
        let duration = environment.nowMilliseconds - outage.since
        environment.report(.outageEnded(operation: operation, attempts: outage.failures, milliseconds: duration))
        self.outage = nil
    }

    /// Waits before the next attempt, or throws when there should be none.
    mutating func pause(after error: LogError, _ operation: String) throws(LoopInterruption) {
        guard error.reaction == .retry else { throw .log(error, operation: operation) }
        let now = environment.nowMilliseconds
        if outage == nil { environment.report(.outageStarted(operation: operation, error)) }
        let failures = (outage?.failures ?? 0) + 1
        outage = (outage?.since ?? now, failures)
        retries.add()
        if stopSeenAt == nil, environment.isStopRequested() { stopSeenAt = now }
        let stopDeadline = stopSeenAt.map { $0 + drainMilliseconds }
        let deadline = min(stopDeadline ?? .max, deadlineMilliseconds ?? .max)
        guard now < deadline else { throw .outOfTime(error, operation: operation) }
        environment.pause(min(backoff.pauseMilliseconds(afterFailures: failures), deadline - now))
    }
}

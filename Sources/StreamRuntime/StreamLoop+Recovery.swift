import StreamCore
import Telemetry

extension StreamLoop where L: ~Copyable {
    /// Turns an interruption into its reaction.
    /// - Throws: the failure that ends the loop.
    mutating func react(to interruption: LoopInterruption) throws(StreamFailure) {
        switch interruption {
        case .processor(let fault): try fail(.processor(fault))
        case .failure(let failure): try fail(failure)
        case .outOfTime(let error, let operation):
            if environment.isStopRequested() { return leave("\(operation): \(error)") }
            try startRecovery(.redo, error)
        case .log(let error, let operation):
            switch error.reaction {
            case .fatal: try fail(.log(error, operation: operation))
            case .fenced: try startRecovery(.fenced, error)
            case .abortAndRedo, .retry: try startRecovery(.redo, error)
            }
        }
    }

    private mutating func startRecovery(
        _ scope: LoopPhase.Recovery.Scope,
        _ error: LogError
    ) throws(StreamFailure) {
        switch phase {
        case .draining: return leave("\(error)")
        case .joining: return try fail(.log(error, operation: "subscribe"))
        default: break
        }
        recoveriesInARow += 1
        metrics.countAbort(reason: error.code)
        guard recoveriesInARow <= limits.consecutiveRecoveries else {
            return try fail(.recoveriesExhausted(count: recoveriesInARow - 1, error))
        }
        // Once fenced, aborting isn't enough any more, whatever came after.
        var scope = scope
        if case .recovering(let earlier) = phase, earlier.scope == .fenced { scope = .fenced }
        phase.move(to: .recovering(LoopPhase.Recovery(scope: scope, cause: error)))
        switch scope {
        case .redo:
            metrics.redos.add()
            environment.report(.redoing(error, attempt: recoveriesInARow))
        case .fenced:
            metrics.fences.add()
            environment.report(.fenced(error, attempt: recoveriesInARow))
        }
    }

    /// Ends the transaction, throws away the state that may not be committed state, and restores it.
    ///
    /// Whether a commit with an unknown outcome took place is not guessed: the restored position is the one the group has.
    /// Membership is not touched: a member that was removed learns it from `poll`, as `lost`.
    mutating func recover(_ recovery: LoopPhase.Recovery) throws(LoopInterruption) {
        if recoveriesInARow > 1 {
            let backoff = Backoff(range: limits.recoveryPauseMilliseconds)
            environment.pause(backoff.pauseMilliseconds(afterFailures: recoveriesInARow - 1))
        }
        switch recovery.scope {
        case .redo:
            try abort()
            for index in tasks.indices where tasks[index].isDirty { tasks[index].phase = .unrestored }
        case .fenced:
            try retrier.run("renew producer", on: &log) { (log: inout L) throws(LogError) in try log.renewProducer() }
            isTransactionOpen = false
            for index in tasks.indices { tasks[index].phase = .unrestored }
        }
        forgetWork()
        try restoreTasks()
        // Clean tasks too: the rest of the batch that was interrupted has not been folded.
        let positions = tasks.map(\.position)
        try retrier.run("seek", on: &log) { (log: inout L) throws(LogError) in try log.seek(to: positions) }
        phase.move(to: .running)
    }

    /// Stops without committing; the next owner folds the records again.
    private mutating func leave(_ reason: String) {
        abandonTransaction()
        if phase != .draining { phase.move(to: .draining) }
        close()
        phase.move(to: .stopped)
        environment.report(.leftUndone(reason))
        environment.report(.stopped)
    }

    private mutating func fail(_ failure: StreamFailure) throws(StreamFailure) {
        abandonTransaction()
        close()
        phase.move(to: .failed)
        self.failure = failure
        environment.report(.failed(failure))
        throw failure
    }

    /// Aborts once, so that readers of the outputs don't wait for the transaction's time-out; when it fails, that ends it.
    private mutating func abandonTransaction() {
        guard isTransactionOpen else { return }
        isTransactionOpen = false
        do throws(LogError) {
            try log.abort()
        } catch {
            environment.report(.leftUndone("abort: \(error)"))
        }
    }
}

import StreamCore
import Telemetry

extension StreamLoop where L: ~Copyable {
    /// Turns an interruption into its reaction.
    /// - Throws: the failure that ends the loop.
    mutating func react(to interruption: LoopInterruption) throws(StreamFailure) {
        switch interruption {
        case .processor(let fault): halt(at: fault)
        case .failure(let failure): try fail(failure)
        case .outOfTime(let error, let operation):
            if environment.isStopRequested() { return leave("\(operation): \(error)") }
            try startRecovery(.redo, error)
        case .log(let error, let operation):
            switch error.reaction {
            case .fatal: try fail(.log(error, operation: operation))
            case .rejoin: try startRecovery(.rejoin, error)
            case .fenced: try startRecovery(.fenced, error)
            case .abortAndRedo, .retry: try startRecovery(.redo, error)
            }
        }
    }

    private mutating func startRecovery(
        _ demanded: LoopPhase.Recovery.Scope,
        _ error: LogError
    ) throws(StreamFailure) {
        var scope = demanded
        switch phase {
        case .draining: return leave("\(error)")
        // There is nothing yet that less would mend.
        case .joining: scope = .rejoin
        // Once fenced, aborting isn't enough any more, whatever came after.
        case .recovering(let earlier): scope = max(earlier.scope, demanded)
        default: break
        }
        metrics.countAbort(reason: error.code)
        if demanded == .rejoin { try countRejoin(error) } else { try countRecovery(error) }
        phase.move(to: .recovering(LoopPhase.Recovery(scope: scope, cause: error)))
        switch scope {
        case .redo:
            metrics.redos.add()
            environment.report(.redoing(error, attempt: recoveriesInARow))
        case .fenced:
            metrics.fences.add()
            environment.report(.fenced(error, attempt: recoveriesInARow))
        case .rejoin:
            metrics.rejoins.add()
            environment.report(.rejoining(error, attempt: max(rejoinsInARow, recoveriesInARow)))
        }
    }

    private mutating func countRecovery(_ error: LogError) throws(StreamFailure) {
        recoveriesInARow += 1
        guard recoveriesInARow <= limits.consecutiveRecoveries else {
            return try fail(.recoveriesExhausted(count: recoveriesInARow - 1, error))
        }
    }

    /// Tells outages of the log, however many, from another process with the same name: only that one takes a place that was got a moment
    /// ago. Commits don't count, because two such processes make them in turn.
    private mutating func countRejoin(_ error: LogError) throws(StreamFailure) {
        if let joined = joinedAtMilliseconds,
            environment.nowMilliseconds - joined >= limits.shortMembershipMilliseconds
        {
            rejoinsInARow = 0
            recoveriesInARow = 0
        }
        joinedAtMilliseconds = nil
        rejoinsInARow += 1
        guard rejoinsInARow <= limits.consecutiveRejoins else {
            return try fail(.nameContested(count: rejoinsInARow - 1, error))
        }
    }

    /// Ends the transaction, throws away the state that may not be committed state, and restores it.
    ///
    /// Whether a commit with an unknown outcome took place is not guessed: the restored position is the one the group has.
    /// Membership is touched only where the log says that it is gone for good: else `poll` tells what became of it.
    mutating func recover(_ recovery: LoopPhase.Recovery) throws(LoopInterruption) {
        pause(before: recovery)
        switch recovery.scope {
        case .redo:
            try abort()
            for index in tasks.indices where tasks[index].isDirty { tasks[index].phase = .unrestored }
        case .fenced, .rejoin:
            try retrier.run("renew producer", on: &log) { (log: inout L) throws(LogError) in try log.renewProducer() }
            isTransactionOpen = false
            for index in tasks.indices { tasks[index].phase = .unrestored }
        }
        forgetWork()
        if recovery.scope == .rejoin {
            dropAllTasks()
            try join()
            return
        }
        try restoreTasks()
        // Clean tasks too: the rest of the batch that was interrupted has not been folded.
        let positions = tasks.filter { !$0.isHalted }.map(\.position)
        try retrier.run("seek", on: &log) { (log: inout L) throws(LogError) in try log.seek(to: positions) }
        phase.move(to: .running)
    }

    /// Nothing before the first of a row.
    private func pause(before recovery: LoopPhase.Recovery) {
        let isRejoin = recovery.cause.reaction == .rejoin
        let failures = (isRejoin ? rejoinsInARow : recoveriesInARow) - 1
        guard failures > 0 else { return }
        let backoff = Backoff(range: isRejoin ? limits.rejoinPauseMilliseconds : limits.recoveryPauseMilliseconds)
        environment.pause(backoff.pauseMilliseconds(afterFailures: failures))
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

/// One piece of work for a pool: its type is forgotten here, its caller is resumed exactly once.
struct PoolJob: Sendable {
    let id: UInt64
    var deadlineMilliseconds = 0
    /// Does the work and returns what resumes the caller, given whether the work was cancelled meanwhile.
    let run: @Sendable (inout PostgresConnection) -> @Sendable (_ cancelled: Bool) -> Void
    let fail: @Sendable (PostgresPoolError) -> Void

    init<Value: Sendable>(
        id: UInt64,
        _ continuation: CheckedContinuation<Result<Value, PostgresPoolError>, Never>,
        _ body: @escaping @Sendable (inout PostgresConnection) throws(PostgresError) -> Value
    ) {
        self.id = id
        run = { connection in
            let result: Result<Value, PostgresPoolError>
            do throws(PostgresError) {
                result = .success(try body(&connection))
            } catch {
                result = .failure(.database(error))
            }
            return { cancelled in continuation.resume(returning: cancelled ? .failure(.cancelled) : result) }
        }
        fail = { continuation.resume(returning: .failure($0)) }
    }
}

/// The queue, the worker threads and the watching thread of a pool.
///
/// All state is behind one monitor. Callers and the server are never called with the lock held.
final class PoolCore: @unchecked Sendable {
    // Sendable because every stored variable is touched only under the monitor.

    private struct Running {
        let jobID: UInt64
        /// Nil while the connection is still being made.
        var cancellation: PostgresCancellation?
        /// When to send the next cancel request; nil unless the work is cancelled.
        var cancelAtMilliseconds: Int?
    }

    /// A request that arrives between two statements cancels nothing, so it is repeated until the work has ended.
    private static let cancelRepeatMilliseconds = 200

    private let options: PostgresConnectionOptions
    private let limits: PostgresPoolLimits
    private let monitor = Monitor()
    private var waiting: [PoolJob] = []
    private var running: [Int: Running] = [:]
    private var lastRefusal: (error: PostgresError, untilMilliseconds: Int)?
    private var jobCount: UInt64 = 0
    private var closed = false

    init(_ options: PostgresConnectionOptions, _ limits: PostgresPoolLimits) {
        self.options = options
        self.limits = limits
    }

    func newJobID() -> UInt64 {
        monitor.withLock {
            jobCount += 1
            return jobCount
        }
    }

    func submit(_ job: PoolJob) {
        let refusal: PostgresPoolError? = monitor.withLock {
            if closed { return .closed }
            guard waiting.count < max(1, limits.waiting) else { return .busy }
            var job = job
            job.deadlineMilliseconds = MonotonicClock.milliseconds() + limits.waitMilliseconds
            waiting.append(job)
            monitor.wakeAll()
            return nil
        }
        if let refusal { job.fail(refusal) }
    }

    func cancel(_ id: UInt64) {
        let removed: PoolJob? = monitor.withLock {
            if let place = waiting.firstIndex(where: { $0.id == id }) { return waiting.remove(at: place) }
            for (slot, work) in running where work.jobID == id && work.cancelAtMilliseconds == nil {
                running[slot]?.cancelAtMilliseconds = MonotonicClock.milliseconds()
                monitor.wakeAll()
            }
            return nil
        }
        removed?.fail(.cancelled)
    }

    func close() {
        let dropped: [PoolJob] = monitor.withLock {
            closed = true
            defer { waiting = [] }
            monitor.wakeAll()
            return waiting
        }
        for job in dropped { job.fail(.closed) }
    }
}

extension PoolCore {
    /// The life of one connection's thread.
    func work(_ slot: Int) {
        var kept: PostgresConnection?
        while let job = nextJob(slot) {
            do throws(PostgresError) {
                var connection = try readyConnection(kept.take())
                guard start(slot, try connection.cancellation()) else {
                    _ = finish(slot)
                    kept = consume connection
                    job.fail(.cancelled)
                    continue
                }
                let resume = job.run(&connection)
                let cancelled = finish(slot)
                resume(cancelled)
                // A cancel request may still be on its way to this connection and would hit the next statement.
                if !cancelled, isClean(&connection) { kept = consume connection }
            } catch {
                job.fail(finish(slot) ? .cancelled : .database(error))
            }
        }
    }

    private func nextJob(_ slot: Int) -> PoolJob? {
        monitor.withLock {
            while waiting.isEmpty && !closed { monitor.wait(untilMilliseconds: nil) }
            guard !waiting.isEmpty else { return nil }
            let job = waiting.removeFirst()
            running[slot] = Running(jobID: job.id)
            return job
        }
    }

    /// False where the work was cancelled while the connection was being made.
    private func start(_ slot: Int, _ cancellation: PostgresCancellation) -> Bool {
        monitor.withLock {
            running[slot]?.cancellation = cancellation
            return running[slot]?.cancelAtMilliseconds == nil
        }
    }

    /// Whether the work was cancelled.
    private func finish(_ slot: Int) -> Bool {
        monitor.withLock { running.removeValue(forKey: slot)?.cancelAtMilliseconds != nil }
    }

    private func readyConnection(_ old: consuming PostgresConnection?) throws(PostgresError) -> PostgresConnection {
        if var connection = old, connection.checkOpen() { return connection }
        let refusal = monitor.withLock { lastRefusal }
        if let refusal, MonotonicClock.milliseconds() < refusal.untilMilliseconds { throw refusal.error }
        do throws(PostgresError) {
            let connection = try PostgresConnection(options)
            monitor.withLock { lastRefusal = nil }
            return connection
        } catch {
            let until = MonotonicClock.milliseconds() + limits.reconnectDelayMilliseconds
            monitor.withLock { lastRefusal = (error, until) }
            throw error
        }
    }

    /// Rolls back what was left open; false where the connection can't be used again.
    private func isClean(_ connection: inout PostgresConnection) -> Bool {
        do throws(PostgresError) {
            try connection.rollback()
        } catch {
            return false
        }
        return connection.isOpen
    }

    /// The life of the watching thread: tells those who waited too long, and sends cancel requests, which block.
    func watch() {
        while true {
            let (expired, cancellations, over) = nextDuty()
            for job in expired { job.fail(.busy) }
            for cancellation in cancellations { send(cancellation) }
            if over { return }
        }
    }

    private func nextDuty() -> (expired: [PoolJob], cancellations: [PostgresCancellation], over: Bool) {
        monitor.withLock {
            while true {
                let now = MonotonicClock.milliseconds()
                // Every caller has the same time to wait, so those whose time is over stand in front.
                let expired = Array(waiting.prefix { $0.deadlineMilliseconds <= now })
                waiting.removeFirst(expired.count)
                let cancellations = dueCancellations(now)
                if !expired.isEmpty || !cancellations.isEmpty { return (expired, cancellations, false) }
                if closed && running.isEmpty { return ([], [], true) }
                // While closing, work that still runs ends without waking anyone.
                let moments = [
                    waiting.first?.deadlineMilliseconds,
                    running.values.compactMap { $0.cancellation == nil ? nil : $0.cancelAtMilliseconds }.min(),
                    closed ? now + 100 : nil,
                ]
                monitor.wait(untilMilliseconds: moments.compactMap { $0 }.min())
            }
        }
    }

    private func dueCancellations(_ now: Int) -> [PostgresCancellation] {
        var due: [PostgresCancellation] = []
        for (slot, work) in running {
            guard let cancellation = work.cancellation, let moment = work.cancelAtMilliseconds, moment <= now
            else { continue }
            due.append(cancellation)
            running[slot]?.cancelAtMilliseconds = now + Self.cancelRepeatMilliseconds
        }
        return due
    }

    /// A cancel request that does not arrive leaves the statement to its own time limit.
    private func send(_ cancellation: PostgresCancellation) {
        do throws(PostgresError) {
            try cancellation.cancel()
        } catch {
            options.onNotice?(PostgresNotice(severity: "WARNING", sqlState: nil, message: error.message))
        }
    }
}

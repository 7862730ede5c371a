/// Limits of a pool of connections.
public struct PostgresPoolLimits: Sendable {
    /// Connections, each with a thread of its own.
    public var connections: Int
    /// Callers that may wait for a connection; one more is told `.busy` at once.
    public var waiting: Int
    /// How long a caller waits for a connection before it is told `.busy`.
    public var waitMilliseconds: Int
    /// After a failed connection attempt, how long the same answer is given without another attempt.
    public var reconnectDelayMilliseconds: Int

    public init(
        connections: Int = 8,
        waiting: Int = 64,
        waitMilliseconds: Int = 2000,
        reconnectDelayMilliseconds: Int = 500
    ) {
        self.connections = connections
        self.waiting = waiting
        self.waitMilliseconds = waitMilliseconds
        self.reconnectDelayMilliseconds = reconnectDelayMilliseconds
    }
}

/// Why a pool could not do a piece of work.
public enum PostgresPoolError: Error, Sendable, Equatable {
    /// No connection became free within the limits: ask again later.
    case busy
    /// The pool is closed.
    case closed
    /// The calling task was cancelled; what ran on the server was cancelled too.
    case cancelled
    case database(PostgresError)
}

/// A bounded set of connections for asynchronous callers.
///
/// Each connection has its own thread, so a blocking call never holds up the cooperative pool. Connections are made when
/// first needed and made again after a loss. What a piece of work leaves open (a transaction) is rolled back before the
/// next one gets the connection.
public final class PostgresPool: Sendable {
    private let core: PoolCore

    /// Throws `.fatal` only where no thread can be started; the database is not contacted yet.
    public init(_ options: PostgresConnectionOptions, limits: PostgresPoolLimits = .init()) throws(PostgresError) {
        core = PoolCore(options, limits)
        let core = core
        var started = OwnThread.start { core.watch() }
        for slot in 0..<max(1, limits.connections) where started {
            started = OwnThread.start { core.work(slot) }
        }
        guard started else {
            core.close()
            throw PostgresError(reaction: .fatal, message: "no thread could be started for the connection pool")
        }
    }

    deinit {
        core.close()
    }

    /// Runs `body` with a connection on the connection's own thread.
    public func withConnection<Value: Sendable>(
        _ body: @escaping @Sendable (inout PostgresConnection) throws(PostgresError) -> Value
    ) async throws(PostgresPoolError) -> Value {
        let core = core
        let id = core.newJobID()
        let result: Result<Value, PostgresPoolError> = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                core.submit(PoolJob(id: id, continuation, body))
                // The task may have been cancelled before the work was there to be cancelled.
                if Task.isCancelled { core.cancel(id) }
            }
        } onCancel: {
            core.cancel(id)
        }
        return try result.get()
    }

    /// Refuses new work, tells those who wait `.closed`, and closes each connection when its work is done.
    public func close() {
        core.close()
    }
}

/// Group commit: collects who waits for which log, syncs each log once for all of them, and answers them.
public final class FlushScheduler: Sendable {
    /// - Parameter threadCount: logs that are synced at the same time at most.
    public init(policy: DurabilityPolicy, threadCount: Int = 4) {
        _ = policy
        _ = threadCount
    }

    /// Calls `completion` once, when the log's records up to `offset` inclusive are as durable as the policy promises,
    /// or with the error why they never will be. It may be called before this function returns, and from any thread.
    public func requestDurability(
        of log: PartitionLog,
        through offset: Int64,
        completion: @escaping @Sendable (Result<Void, StorageError>) -> Void
    ) {
        _ = log
        _ = offset
        completion(.failure(.closed))
    }

    /// Syncs what is pending, answers everybody, and ends the threads.
    public func shutdown() {}
}

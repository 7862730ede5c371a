import Glibc
import Synchronization

/// Group commit: collects who waits for which log, syncs each log once for all of them, and answers them.
///
/// Under `DurabilityPolicy.always` threads take one log after the other that somebody waits for. While a log is being
/// synced, requests for it gather and are served together by its next sync. Under `interval` everybody is answered at
/// once, and one thread syncs at the interval what has been written since.
public final class FlushScheduler: Sendable {
    private struct Waiter {
        var offset: Int64
        var completion: @Sendable (Result<Void, StorageError>) -> Void
    }

    private struct Pending {
        var log: PartitionLog
        var waiters: [Waiter] = []
        /// Whether it was asked for since the last sync began.
        var isRequested = false
    }

    private struct State {
        var logs: [ObjectIdentifier: Pending] = [:]
        /// Logs to sync, first come first served; each at most once.
        var queue: [ObjectIdentifier] = []
        var isShutDown = false
    }

    /// One sync of one log.
    public struct SyncReport: Sendable {
        /// Time it took, seconds.
        public let seconds: Double
        /// Requests that it answered; 0 where they do not wait.
        public let answeredRequests: Int
    }

    private let policy: DurabilityPolicy
    private let observe: @Sendable (SyncReport) -> Void
    private let state: Mutex<State>
    private let signal: ThreadSignal
    private let threads: Mutex<[Thread]>

    /// - Parameters:
    ///   - threadCount: logs that are synced at the same time at most.
    ///   - observe: called after each sync, from the thread that did it.
    public init(
        policy: DurabilityPolicy,
        threadCount: Int = 4,
        observe: @escaping @Sendable (SyncReport) -> Void = { _ in }
    ) {
        self.policy = policy
        self.observe = observe
        state = Mutex(State())
        signal = ThreadSignal()
        threads = Mutex([])
        let count = policy == .always ? max(1, threadCount) : 1
        threads.withLock { threads in
            for _ in 0..<count { threads.append(Thread { [self] in run() }) }
        }
    }

    /// Calls `completion` once, when the log's records up to `offset` inclusive are as durable as the policy promises,
    /// or with the error why they never will be. It may be called before this function returns, and from any thread.
    public func requestDurability(
        of log: PartitionLog,
        through offset: Int64,
        completion: @escaping @Sendable (Result<Void, StorageError>) -> Void
    ) {
        let answersNow = policy != .always
        if policy == .always, log.highWatermark > offset { return completion(.success(())) }
        let (isAccepted, wakes) = state.withLock { state -> (Bool, Bool) in
            if state.isShutDown { return (false, false) }
            let key = ObjectIdentifier(log)
            let isNew = state.logs[key] == nil
            if isNew { state.logs[key] = Pending(log: log) }
            state.logs[key]?.isRequested = true
            if !answersNow {
                state.logs[key]?.waiters.append(Waiter(offset: offset, completion: completion))
            }
            if isNew { state.queue.append(key) }
            return (true, isNew && !answersNow)
        }
        if wakes { signal.wakeOne() }
        if !isAccepted { return completion(.failure(.closed)) }
        if answersNow { completion(.success(())) }
    }

    /// Syncs what is pending, answers everybody, and ends the threads. Requests after it are refused.
    public func shutdown() {
        state.withLock { $0.isShutDown = true }
        signal.wakeAll()
        let threads = threads.withLock { threads in
            defer { threads = [] }
            return threads
        }
        for thread in threads { thread.join() }
    }

    private func run() {
        switch policy {
        case .always:
            while let key = nextKey() { sync(key) }
        case .interval(let milliseconds):
            while signal.sleep(milliseconds: milliseconds, unless: { self.state.withLock { $0.isShutDown } }) {
                syncAll()
            }
            syncAll()
        }
    }

    /// The next log to sync; waits for one. Nil when all is done after a shutdown.
    private func nextKey() -> ObjectIdentifier? {
        var key: ObjectIdentifier?
        signal.wait { [self] in
            state.withLock { state in
                guard let first = state.queue.first else { return state.isShutDown }
                state.queue.removeFirst()
                key = first
                return true
            }
        }
        return key
    }

    private func syncAll() {
        let keys = state.withLock { state in
            defer { state.queue = [] }
            return state.queue
        }
        for key in keys { sync(key) }
        // After a shutdown nothing new comes, but what came during these syncs is still to be done.
        if state.withLock({ $0.isShutDown && !$0.queue.isEmpty }) { syncAll() }
    }

    /// Syncs one log for all who wait for it now.
    private func sync(_ key: ObjectIdentifier) {
        let (log, waiters) = state.withLock { state -> (PartitionLog?, [Waiter]) in
            let waiters = state.logs[key]?.waiters ?? []
            state.logs[key]?.waiters = []
            state.logs[key]?.isRequested = false
            return (state.logs[key]?.log, waiters)
        }
        guard let log else { return }
        let start = ContinuousClock.now
        let result: Result<PartitionLog.FlushWork, StorageError>
        do throws(StorageError) {
            result = .success(try log.sync())
        } catch {
            result = .failure(error)
        }
        observe(SyncReport(seconds: (ContinuousClock.now - start) / .seconds(1), answeredRequests: waiters.count))
        let wakes = state.withLock { state in
            guard let pending = state.logs[key], pending.isRequested else {
                state.logs[key] = nil
                return false
            }
            state.queue.append(key)
            return true
        }
        if wakes { signal.wakeOne() }
        for waiter in waiters { waiter.completion(result.map { _ in }) }
        // Nobody has to wait for index files and checkpoint.
        if case .success(let work) = result { log.finish(work) }
    }
}

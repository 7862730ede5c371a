public import StreamCore
import Synchronization
public import Telemetry

/// The stream threads of one processor in one process. They share nothing but metrics and the wish to stop.
///
/// When one of them fails the others commit and leave too, so that the supervisor restarts the whole: what ends one thread for good would
/// otherwise end one after another. A record that shows a defect ends none, only its partition stands still.
public final class StreamProcess<P: Processor, L: Log & ~Copyable>: Sendable {
    private struct State {
        var runningThreads = 0
        var isStarted = false
        /// The stop has taken too long: threads that still run are left behind.
        var isAbandoned = false
        var failure: StreamFailure?
        var waiters: [CheckedContinuation<StreamFailure?, Never>] = []
    }

    private let threads: [StreamThread<P, L>]
    private let signal: StopSignal
    private let stopMilliseconds: Int64
    private let report: @Sendable (_ thread: Int, _ event: StreamEvent) -> Void
    private let state = Mutex(State())

    /// - Parameters:
    ///   - threads: how many threads, each with its own log; more than the input has partitions stay idle.
    ///   - report: takes events, from any thread, with the thread's index.
    ///   - signal: becomes the wish to end; given by a caller whose logs look at it.
    ///   - makeLog: opens the log of a thread, on that thread. A `LogError` with the reaction "retry" is tried again until a stop.
    public init(
        threads count: Int,
        configuration: P.Configuration,
        options: StreamOptions,
        metrics: MetricsRegistry,
        signal: StopSignal = StopSignal(),
        report: @escaping @Sendable (_ thread: Int, _ event: StreamEvent) -> Void,
        makeLog: @escaping @Sendable (_ thread: Int) throws -> L
    ) {
        self.signal = signal
        self.report = report
        stopMilliseconds = options.limits.stopMilliseconds
        threads = (0..<max(1, count)).map { index in
            StreamThread(
                index: index,
                configuration: configuration,
                options: options,
                metrics: metrics,
                signal: signal,
                report: { report(index, $0) },
                makeLog: makeLog
            )
        }
    }

    /// Starts all threads. A process is started once.
    public func start() throws(StreamFailure) {
        let isFirst = state.withLock { state in
            defer { state.isStarted = true }
            return !state.isStarted
        }
        precondition(isFirst, "a stream process is started once")
        for thread in threads {
            state.withLock { $0.runningThreads += 1 }
            do throws(StreamFailure) {
                try thread.start { self.threadEnded($0) }
            } catch {
                threadEnded(error)
                throw error
            }
        }
    }

    /// Asks all threads to commit and leave. Returns at once; may be called from anywhere, more than once.
    public func requestStop() {
        guard signal.request() else { return }
        do throws(StreamFailure) {
            try OSThread.start(name: "stop-\(P.name)") { self.watchStop() }
        } catch {
            report(0, .leftUndone("the stop can't be watched: \(error)"))
        }
    }

    /// Bounds the stop. A call of a client library that waits for a broker can't be interrupted (a commit takes as long as its
    /// transaction may), and a process that is to end must not wait for it: an open transaction is aborted by the next life of its
    /// transactional id or by the broker, just as after a crash.
    private func watchStop() {
        let end = MonotonicClock.nanoseconds() + stopMilliseconds * 1_000_000
        while state.withLock({ $0.runningThreads > 0 }) {
            guard MonotonicClock.nanoseconds() < end else { return abandon() }
            signal.pause(milliseconds: 50)
        }
    }

    private func abandon() {
        let (left, waiters, failure) = state.withLock { state in
            state.isAbandoned = state.runningThreads > 0
            defer { state.waiters = [] }
            return (state.runningThreads, state.waiters, state.failure)
        }
        for waiter in waiters { waiter.resume(returning: failure) }
        guard left > 0 else { return }
        let reason = "\(left) threads still wait for the log after \(stopMilliseconds) ms; they are left behind"
        report(0, .leftUndone(reason))
    }

    /// Waits until all threads have ended, or are left behind because a stop took longer than `StreamLimits.stopMilliseconds`.
    /// - Throws: the first failure.
    public func waitUntilStopped() async throws(StreamFailure) {
        let failure = await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                let isOver = state.runningThreads == 0 || state.isAbandoned
                if !isOver { state.waiters.append(continuation) }
                return isOver
            }
            if isOver { continuation.resume(returning: state.withLock { $0.failure }) }
        }
        if let failure { throw failure }
    }

    /// Starts, and returns when all threads have ended; cancelling the task requests a stop.
    public func run() async throws(StreamFailure) {
        try start()
        let failure: StreamFailure? = await withTaskCancellationHandler {
            do throws(StreamFailure) {
                try await waitUntilStopped()
                return nil
            } catch {
                return error
            }
        } onCancel: {
            requestStop()
        }
        if let failure { throw failure }
    }

    /// One status a thread, at most half a second old.
    public var status: [StreamStatus] { threads.map(\.status) }

    private func threadEnded(_ failure: StreamFailure?) {
        if failure != nil { requestStop() }
        let (waiters, first) = state.withLock { state in
            if state.failure == nil { state.failure = failure }
            state.runningThreads -= 1
            guard state.runningThreads == 0 else {
                return ([CheckedContinuation<StreamFailure?, Never>](), state.failure)
            }
            defer { state.waiters = [] }
            return (state.waiters, state.failure)
        }
        for waiter in waiters { waiter.resume(returning: first) }
    }
}

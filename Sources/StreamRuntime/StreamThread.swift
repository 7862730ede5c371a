import StreamCore
import Synchronization
import Telemetry

/// One thread of a stream process: opens its log, drives its loop until that ends, and keeps a copy of its status.
final class StreamThread<P: Processor, L: Log & ~Copyable>: Sendable {
    private static var statusIntervalNanoseconds: Int64 { 500_000_000 }

    private let index: Int
    private let configuration: P.Configuration
    private let options: StreamOptions
    private let metrics: MetricsRegistry
    private let signal: StopSignal
    private let environment: StreamEnvironment
    private let makeLog: @Sendable (Int) throws -> L
    private let published = Mutex(StreamStatus())

    init(
        index: Int,
        configuration: P.Configuration,
        options: StreamOptions,
        metrics: MetricsRegistry,
        signal: StopSignal,
        report: @escaping @Sendable (StreamEvent) -> Void,
        makeLog: @escaping @Sendable (Int) throws -> L
    ) {
        self.index = index
        self.configuration = configuration
        self.options = options
        self.metrics = metrics
        self.signal = signal
        self.makeLog = makeLog
        self.environment = StreamEnvironment(
            nowNanoseconds: { MonotonicClock.nanoseconds() },
            pause: { signal.pause(milliseconds: $0) },
            isStopRequested: { signal.isRequested },
            report: report,
            wallNowMilliseconds: { WallClock.milliseconds() }
        )
    }

    var status: StreamStatus { published.withLock { $0 } }

    /// Starts the thread; `completion` is called on it as its last act.
    func start(completion: @escaping @Sendable (StreamFailure?) -> Void) throws(StreamFailure) {
        try OSThread.start(name: "\(P.name)-\(index)") { completion(self.main()) }
    }

    private func main() -> StreamFailure? {
        do throws(StreamFailure) {
            guard let log = try openLog() else {
                published.withLock { $0.activity = .stopped }
                return nil
            }
            try drive(log)
            return nil
        } catch {
            published.withLock { status in
                status.activity = .failed
                status.failure = error
            }
            return error
        }
    }

    private func drive(_ log: consuming L) throws(StreamFailure) {
        var loop = StreamLoop<P, L>(
            log: log,
            configuration: configuration,
            options: options,
            environment: environment,
            metrics: metrics
        )
        var statusDue: Int64 = 0
        while try loop.step() != .stopped {
            let now = MonotonicClock.nanoseconds()
            guard now >= statusDue else { continue }
            statusDue = now + Self.statusIntervalNanoseconds
            let status = loop.status
            published.withLock { $0 = status }
        }
        let status = loop.status
        published.withLock { $0 = status }
    }

    /// The log, or nil when a stop was requested before it could be opened.
    private func openLog() throws(StreamFailure) -> L? {
        let backoff = Backoff(range: options.limits.retryPauseMilliseconds)
        let started = environment.nowMilliseconds
        var failures = 0
        while !signal.isRequested {
            do {
                let log = try makeLog(index)
                if failures > 0 {
                    let duration = environment.nowMilliseconds - started
                    environment.report(.outageEnded(operation: "open", attempts: failures, milliseconds: duration))
                }
                return log
            } catch let error as LogError where error.reaction == .retry {
                if failures == 0 { environment.report(.outageStarted(operation: "open", error)) }
                failures += 1
                environment.pause(backoff.pauseMilliseconds(afterFailures: failures))
            } catch {
                let failure = StreamFailure.start("\(error)")
                environment.report(.failed(failure))
                throw failure
            }
        }
        return nil
    }
}

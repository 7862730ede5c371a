public import StreamCore
public import Telemetry

/// What a step did.
public enum StepOutcome: Sendable, Equatable {
    case worked
    /// There was nothing to do; the poll's timeout has passed.
    case idle
    /// The loop is over; further steps do nothing.
    case stopped
}

/// The deterministic core of a stream thread: one log, and the tasks of the partitions that it was given.
///
/// A step polls, folds each run of records into its partition's task, hands the effects to the producer, and commits when the
/// transaction is old or large enough; it also answers rebalances, restores state and carries out the reactions to errors. The
/// loop is driven by one thread, or step by step by a simulator; time and waiting come from `StreamEnvironment`.
///
/// State is only ever ahead of what is committed while a transaction is open. When that fails, the tasks it touched are thrown away
/// and restored from a snapshot and the log, so that nothing of an aborted transaction stays behind.
public struct StreamLoop<P: Processor, L: Log & ~Copyable>: ~Copyable {
    /// What the open transaction holds.
    struct Work {
        var beganAtNanoseconds: Int64 = 0
        var inputRecords = 0
        var inputBytes = 0
        var outputRecords = 0
        var outputBytes = 0
        var counters: [Int64]
    }

    var log: L
    let configuration: P.Configuration
    let options: StreamOptions
    let environment: StreamEnvironment
    let metrics: StreamMetrics
    var retrier: Retrier
    var phase = LoopPhase.joining
    var tasks: [StreamTask<P>] = []
    var batch = InputBatch()
    var effects: Effects
    var isTransactionOpen = false
    var work: Work
    /// An assignment was reported and `assign` not called for it yet.
    var owesAssignment = false
    var wasAssigned = false
    var recoveriesInARow = 0
    /// When the group was joined; nil once that membership is known to be gone.
    var joinedAtMilliseconds: Int64?
    /// Times that the group was joined again because of memberships that ended too soon.
    var rejoinsInARow = 0
    var statusDueAtMilliseconds: Int64 = 0
    var committedTransactions: Int64 = 0
    var committedRecords: Int64 = 0
    var failure: StreamFailure?

    /// - Parameter options: its outputs must be the processor's output topics, in order.
    public init(
        log: consuming L,
        configuration: P.Configuration,
        options: StreamOptions,
        environment: StreamEnvironment,
        metrics registry: MetricsRegistry = MetricsRegistry()
    ) {
        precondition(options.outputs.map(\.topic) == P.outputTopics, "outputs are those of the processor, in order")
        self.log = log
        self.configuration = configuration
        self.options = options
        self.environment = environment
        self.metrics = StreamMetrics(registry: registry, processor: P.name, counterNames: P.counterNames)
        self.retrier = Retrier(environment: environment, limits: options.limits, retries: metrics.retries)
        self.effects = Effects(outputs: options.outputs, counterCount: P.counterNames.count)
        self.work = Work(counters: Array(repeating: 0, count: P.counterNames.count))
    }

    var limits: StreamLimits { options.limits }

    /// Does the next thing. Blocks for the poll's timeout at most, unless the log is down: then until it is back.
    /// - Throws: `StreamFailure` once, when the loop ends for good; the log is closed then.
    public mutating func step() throws(StreamFailure) -> StepOutcome {
        do throws(LoopInterruption) {
            switch phase {
            case .joining: return try join()
            case .running: return try run()
            case .recovering(let recovery):
                try recover(recovery)
                return .worked
            case .draining:
                try drain()
                return .stopped
            case .stopped, .failed: return .stopped
            }
        } catch {
            try react(to: error)
            return .worked
        }
    }

    /// Joins the group. What it gives comes through `poll`.
    @discardableResult
    mutating func join() throws(LoopInterruption) -> StepOutcome {
        guard !environment.isStopRequested() else {
            phase.move(to: .draining)
            return .worked
        }
        try retrier.run("subscribe", on: &log) { (log: inout L) throws(LogError) in
            try log.subscribe(to: [P.inputTopic])
        }
        joinedAtMilliseconds = environment.nowMilliseconds
        phase.move(to: .running)
        return .worked
    }

    private mutating func run() throws(LoopInterruption) -> StepOutcome {
        guard !environment.isStopRequested() else {
            phase.move(to: .draining)
            return .worked
        }
        let pollStarted = environment.nowNanoseconds()
        let outcome = try poll()
        metrics.pollSeconds.add(nanoseconds: environment.nowNanoseconds() - pollStarted)
        switch outcome {
        case .records:
            try foldBatch()
            if isCommitDue { try commit() }
        case .idle:
            if isCommitDue { try commit() }
        case .assigned(let partitions):
            wasAssigned = true
            try take(partitions)
        case .revoked(let partitions): try giveBack(partitions)
        case .lost(let partitions):
            wasAssigned = false
            try lose(partitions)
        }
        if !isTransactionOpen { try writeDueSnapshot() }
        refreshStatus()
        return outcome == .idle ? .idle : .worked
    }

    private mutating func poll() throws(LoopInterruption) -> PollOutcome {
        while true {
            do throws(LogError) {
                let outcome = try log.poll(
                    into: &batch,
                    limits: limits.poll,
                    timeoutMilliseconds: Int32(clamping: pollTimeoutMilliseconds)
                )
                retrier.succeeded("poll")
                return outcome
            } catch {
                try retrier.pause(after: error, "poll")
            }
        }
    }

    private var pollTimeoutMilliseconds: Int64 {
        guard isTransactionOpen else { return limits.pollTimeoutMilliseconds }
        let left = limits.commitIntervalMilliseconds - transactionAgeMilliseconds
        return max(0, min(left, limits.pollTimeoutMilliseconds))
    }

    var transactionAgeMilliseconds: Int64 {
        (environment.nowNanoseconds() - work.beganAtNanoseconds) / 1_000_000
    }

    /// Commits what is open and leaves the group.
    private mutating func drain() throws(LoopInterruption) {
        try commit()
        for index in tasks.indices { try writeSnapshotOnRelease(at: index) }
        close()
        phase.move(to: .stopped)
        environment.report(.stopped)
    }

    mutating func close() {
        for task in tasks { metrics.hide(task) }
        log.close()
    }
}

extension StreamLoop where L: ~Copyable {
    /// The log, for a simulator that plays the world around the loop.
    package mutating func withLog(_ body: (inout L) -> Void) {
        body(&log)
    }

    /// The present state of a partition, committed or not, for a simulator; nil where the loop doesn't have the partition.
    package func encodedState(of partition: TopicPartition) -> [UInt8]? {
        guard let index = tasks.firstIndex(where: { $0.partition == partition }) else { return nil }
        var state: [UInt8] = []
        tasks[index].processor.encodeState(into: &state)
        return state
    }
}

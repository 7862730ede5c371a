import Glibc
import KafkaIO
import StreamCore
import StreamRuntime
import Telemetry

/// One run of a processor over an input topic, by the stream runtime and exactly once, measured.
struct StreamRun {
    /// What a run took.
    struct Figures {
        var seconds: Double
        var productCPUSeconds: Double
        var brokerCPUSeconds: Double?
        var peakMemoryBytes: Int64
        var commits: Int
        var shares: RunRecorder.Shares
        /// Records put out and committed.
        var outputs: Int64
        /// What the processor counted, by name.
        var counters: [String: Int64]
    }

    /// A run without progress for so long is given up.
    private static let patienceSeconds = 60.0
    /// An input whose last records are control records is done when nothing has come for so long.
    private static let quietSeconds = 3.0

    let cluster: BenchCluster
    let options: StreamBenchOptions
    let topics: BenchTopics

    func run<P: Processor>(_ type: P.Type, _ configuration: P.Configuration) async throws -> Figures {
        BenchTopics.current = topics
        let goal = try cluster.watermarks(of: topics.input).filter { $0.low < $0.high }
        guard !goal.isEmpty else { throw StreamBenchError.emptyTopic(topics.input) }
        let recorder = RunRecorder(
            broker: cluster.process,
            expectedThreads: min(options.threads, try cluster.watermarks(of: topics.input).count)
        )
        let metrics = MetricsRegistry()
        let process = try makeProcess(type, configuration, recorder, metrics)
        ProcessUsage.resetPeakMemory()
        try process.start()
        var failure: (any Error)?
        do {
            try await waitForEnd(recorder, goal.map { PartitionPosition($0.partition, nextOffset: $0.high) }, process)
        } catch {
            failure = error
        }
        let peak = ProcessUsage.peakMemoryBytes() ?? 0
        process.requestStop()
        try await process.waitUntilStopped()
        if let failure { throw failure }
        return try figures(recorder.snapshot, metrics, peak, type)
    }

    private func makeProcess<P: Processor>(
        _ type: P.Type,
        _ configuration: P.Configuration,
        _ recorder: RunRecorder,
        _ metrics: MetricsRegistry
    ) throws -> StreamProcess<P, RecordedLog> {
        var limits = StreamLimits()
        limits.commitIntervalMilliseconds = options.commitInterval
        limits.poll.maxRecords = options.pollRecords
        // A processor that counts nothing keeps nothing.
        if P.counterNames.isEmpty { limits.snapshots = nil }
        let outputs = try P.outputTopics.map {
            Effects.Output(topic: $0, partitionCount: try cluster.partitionCount(of: $0))
        }
        let group = "meterlog-bench-\(P.name)-\(getpid())-\(time(nil))"
        let settings = cluster.settings
        return StreamProcess(
            threads: options.threads,
            configuration: configuration,
            options: StreamOptions(groupID: group, outputs: outputs, limits: limits),
            metrics: metrics,
            report: { thread, event in
                guard event.severity != .info else { return }
                Progress.say("thread \(thread): \(event)")
            },
            makeLog: { thread in
                let log = try KafkaLog(
                    settings: settings,
                    options: KafkaLog.Options(groupID: group, transactionalID: "\(group)-\(thread)")
                )
                return RecordedLog(log, recorder, thread: thread)
            }
        )
    }

    private func waitForEnd<P: Processor>(
        _ recorder: RunRecorder,
        _ goal: [PartitionPosition],
        _ process: StreamProcess<P, RecordedLog>
    ) async throws {
        var lastProgress = ProcessUsage.monotonicSeconds()
        var lastCommits = 0
        while true {
            let state = recorder.snapshot
            if goal.allSatisfy({ state.committed[$0.partition] ?? 0 >= $0.nextOffset }) { return }
            if process.status.contains(where: { $0.activity == .failed || $0.activity == .stopped }) { return }
            let now = ProcessUsage.monotonicSeconds()
            if state.commits != lastCommits { lastProgress = now }
            lastCommits = state.commits
            let isAllSeen = goal.allSatisfy { state.committed[$0.partition] != nil }
            if isAllSeen, now - lastProgress > StreamRun.quietSeconds { return }
            guard now - lastProgress < StreamRun.patienceSeconds else {
                throw StreamBenchError.tooSlow(seconds: StreamRun.patienceSeconds)
            }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    private func figures<P: Processor>(
        _ state: RunRecorder.State,
        _ metrics: MetricsRegistry,
        _ peak: Int64,
        _ type: P.Type
    ) throws -> Figures {
        guard let first = state.firstRecord, let last = state.lastCommit else {
            throw StreamBenchError.emptyTopic(topics.input)
        }
        let label = [MetricLabel("processor", P.name)]
        var counters: [String: Int64] = [:]
        for name in P.counterNames {
            let labels = MetricName.processorCounterLabels(name)
            let counter = metrics.counter(MetricName.processorCounter(P.name, name), help: "", labels: labels)
            counters[name] = counter.value
        }
        var broker: Double?
        if let start = first.brokerCPUSeconds, let end = last.brokerCPUSeconds { broker = end - start }
        return Figures(
            seconds: last.seconds - first.seconds,
            productCPUSeconds: last.ownCPUSeconds - first.ownCPUSeconds,
            brokerCPUSeconds: broker,
            peakMemoryBytes: peak,
            commits: state.commits,
            shares: state.shares,
            outputs: metrics.counter(MetricName.streamOutputs, help: "", labels: label).value,
            counters: counters
        )
    }
}

import StreamCore
import Telemetry

/// The instruments of one stream thread; those without a partition are shared by all threads of a processor.
struct StreamMetrics {
    private let registry: MetricsRegistry
    private let processorLabel: MetricLabel
    let records: Counter
    let bytes: Counter
    let batches: Counter
    let mutedRecords: Counter
    let outputs: Counter
    let outputBytes: Counter
    let outputBatches: Counter
    let pollSeconds: SecondsCounter
    let assignments: Counter
    let revocations: Counter
    let losses: Counter
    let commits: Counter
    let redos: Counter
    let fences: Counter
    let rejoins: Counter
    let retries: Counter
    let snapshots: Counter
    let snapshotWrittenBytes: Counter
    let rejectedSnapshots: Counter
    let haltedPartitions: Gauge
    let commitSeconds: Histogram
    let transactionSeconds: Histogram
    let restoreSeconds: Histogram
    private let processorCounters: [Counter]

    init(registry: MetricsRegistry, processor: String, counterNames: [String]) {
        let label = MetricLabel("processor", processor)
        func counter(_ name: String, _ help: String, _ more: [MetricLabel] = []) -> Counter {
            registry.counter(name, help: help, labels: [label] + more)
        }
        func histogram(_ name: String, _ help: String) -> Histogram {
            registry.histogram(name, help: help, labels: [label])
        }
        let rebalances = "Changes of the partitions that a thread has, by kind."
        let recoveries = "Transactions given up and done again, by kind."
        self.registry = registry
        self.processorLabel = label
        records = counter(MetricName.streamRecords, "Input records folded and committed.")
        bytes = counter(MetricName.streamBytes, "Input bytes folded and committed.")
        batches = counter(MetricName.streamBatches, "Polls that gave records.")
        mutedRecords = counter(MetricName.streamMutedRecords, "Input records folded muted while restoring.")
        outputs = counter(MetricName.streamOutputs, "Output records committed.")
        outputBytes = counter(MetricName.streamOutputBytes, "Output bytes committed.")
        outputBatches = counter(MetricName.streamOutputBatches, "Times that outputs were handed to the producer.")
        pollSeconds = registry.seconds(
            MetricName.streamPollSeconds,
            help: "Time in polls, waiting for input; the rest is work, or waiting for the log elsewhere.",
            labels: [label]
        )
        assignments = counter(MetricName.streamRebalances, rebalances, [MetricLabel("kind", "assigned")])
        revocations = counter(MetricName.streamRebalances, rebalances, [MetricLabel("kind", "revoked")])
        losses = counter(MetricName.streamRebalances, rebalances, [MetricLabel("kind", "lost")])
        commits = counter(MetricName.streamCommits, "Transactions committed.")
        redos = counter(MetricName.streamRecoveries, recoveries, [MetricLabel("kind", "redo")])
        fences = counter(MetricName.streamRecoveries, recoveries, [MetricLabel("kind", "fenced")])
        rejoins = counter(MetricName.streamRecoveries, recoveries, [MetricLabel("kind", "rejoin")])
        retries = counter(MetricName.streamRetries, "Calls to the log made again after a pause.")
        snapshots = counter(MetricName.streamSnapshots, "Snapshots written.")
        snapshotWrittenBytes = counter(MetricName.streamSnapshotWrittenBytes, "Bytes of state written as snapshots.")
        rejectedSnapshots = counter(MetricName.streamRejectedSnapshots, "Snapshots found and not used.")
        haltedPartitions = registry.gauge(
            MetricName.streamHaltedPartitions,
            help: "Partitions that stand still at a record which shows a defect of the processor.",
            labels: [label]
        )
        commitSeconds = histogram(MetricName.streamCommitSeconds, "Time a commit takes.")
        transactionSeconds = histogram(MetricName.streamTransactionSeconds, "Time from begin to committed.")
        restoreSeconds = histogram(MetricName.streamRestoreSeconds, "Time from assignment to live.")
        processorCounters = counterNames.map {
            registry.counter(
                MetricName.processorCounter(processor, $0),
                help: "Counted by the processor.",
                labels: MetricName.processorCounterLabels($0)
            )
        }
    }

    /// Adds what the processor counted in a transaction that is now committed.
    func add(_ counters: [Int64]) {
        for (counter, amount) in zip(processorCounters, counters) where amount > 0 { counter.add(amount) }
    }

    /// A transaction that was given up; the codes of the log's errors are few.
    func countAbort(reason: String) {
        registry.counter(
            MetricName.streamAborts,
            help: "Transactions given up, by the code of the error.",
            labels: [processorLabel, MetricLabel("reason", reason)]
        ).add()
    }

    /// - Parameter wallMilliseconds: since 1970-01-01T00:00:00Z, nil where there is no such time.
    func show<P: Processor>(_ task: borrowing StreamTask<P>, nowMilliseconds: Int64, wallMilliseconds: Int64?) {
        let labels = labels(of: task.partition)
        let lag = max(0, task.endOffset - task.committedOffset)
        registry.gauge(MetricName.streamLag, help: "Records that are not processed yet.", labels: labels).set(lag)
        let stateHelp = "Entries held in a partition's state."
        for (name, count) in task.processor.stateSizes {
            let entries = MetricLabel("entries", name)
            registry.gauge(MetricName.streamStateSize, help: stateHelp, labels: labels + [entries]).set(Int64(count))
        }
        showTime(task.streamTimeMilliseconds, wallMilliseconds: wallMilliseconds, labels)
        guard task.snapshot.nextOffset != nil else { return }
        let age = Double(nowMilliseconds - task.snapshot.atMilliseconds) / 1_000
        registry.gauge(MetricName.streamSnapshotAge, help: "Age of the newest snapshot.", labels: labels).set(age)
        registry.gauge(MetricName.streamSnapshotBytes, help: "Size of the newest snapshot.", labels: labels)
            .set(Int64(task.snapshot.byteCount))
    }

    private func showTime(_ streamTime: Int64?, wallMilliseconds: Int64?, _ labels: [MetricLabel]) {
        guard let streamTime else { return }
        registry.gauge(
            MetricName.streamTime,
            help: "Stream time: the newest record timestamp seen, in seconds since 1970.",
            labels: labels
        ).set(Double(streamTime) / 1_000)
        guard let wallMilliseconds else { return }
        registry.gauge(MetricName.streamTimeAge, help: "How far stream time is behind the clock.", labels: labels)
            .set(Double(wallMilliseconds - streamTime) / 1_000)
    }

    /// Takes the partition's series off the page.
    func hide<P: Processor>(_ task: borrowing StreamTask<P>) {
        if task.halt != nil { haltedPartitions.add(-1) }
        let labels = labels(of: task.partition)
        let names = [
            MetricName.streamLag, MetricName.streamSnapshotAge, MetricName.streamSnapshotBytes, MetricName.streamTime,
            MetricName.streamTimeAge,
        ]
        for name in names {
            registry.remove(name, labels: labels)
        }
        for (name, _) in task.processor.stateSizes {
            registry.remove(MetricName.streamStateSize, labels: labels + [MetricLabel("entries", name)])
        }
    }

    private func labels(of partition: TopicPartition) -> [MetricLabel] {
        [processorLabel, MetricLabel("partition", "\(partition.partition)")]
    }
}

import SimulationKit
import StreamCore
import StreamRuntime
import Telemetry
import Testing

/// What a thread shows while it works.
@Suite struct StreamMetricsTests {
    private typealias Process = StreamProcess<LedgerProcessor, SimulatedLog>

    private func cluster(_ faults: FaultPlan = .none) -> SimulatedCluster {
        let cluster = SimulatedCluster(seed: 3, faults: faults, clock: .machine(idlePauseMicroseconds: 500))
        cluster.createTopic(LedgerProcessor.inputTopic, partitions: 2)
        cluster.createTopic(LedgerProcessor.outputTopics[0], partitions: 1)
        cluster.createTopic(LoopBench.snapshots, partitions: 2)
        return cluster
    }

    private func process(_ cluster: SimulatedCluster, _ metrics: MetricsRegistry) -> Process {
        var limits = StreamLimits()
        limits.commitIntervalMilliseconds = 5
        limits.statusIntervalMilliseconds = 20
        limits.recoveryPauseMilliseconds = 1...5
        limits.retryPauseMilliseconds = 1...5
        return Process(
            threads: 1,
            configuration: .init(),
            options: StreamOptions(groupID: LoopBench.group, outputs: LoopBench.outputs, limits: limits),
            metrics: metrics,
            report: { _, _ in },
            makeLog: { _ in SimulatedLog(cluster: cluster, groupID: LoopBench.group, transactionalID: "t") }
        )
    }

    /// Waits until a page has what is looked for.
    private func page(_ metrics: MetricsRegistry, until isThere: (String) -> Bool) async throws -> String {
        for _ in 0..<1_000 {
            let page = metrics.renderPrometheusText()
            if isThere(page) { return page }
            try await Task.sleep(for: .milliseconds(10))
        }
        return metrics.renderPrometheusText()
    }

    private func append(_ ids: ClosedRange<UInt64>, to cluster: SimulatedCluster) {
        for id in ids {
            let entry = LedgerProcessor.Entry(key: "k", id: id, amount: 1)
            cluster.append(entry.record, to: TopicPartition(LedgerProcessor.inputTopic, 0))
        }
    }

    @Test func showsAssignmentsStreamTimeAndWaiting() async throws {
        let (cluster, metrics) = (cluster(), MetricsRegistry())
        let process = process(cluster, metrics)
        #expect(process.status.allSatisfy { !$0.isReady })
        try process.start()
        append(1...2_500, to: cluster)
        let time = #"meterlog_stream_time_seconds{partition="0",processor="ledger"} 2.5"#
        let page = try await page(metrics) { $0.contains(time + "\n") }
        #expect(page.contains(time + "\n"))
        #expect(page.contains(#"meterlog_stream_time_age_seconds{partition="0",processor="ledger"} "#))
        #expect(!page.contains(#"meterlog_stream_time_seconds{partition="1""#), "nothing was read there")
        #expect(page.contains(#"meterlog_stream_rebalances_total{kind="assigned",processor="ledger"} 1"#))
        #expect(page.contains(#"meterlog_stream_lag_records{partition="1",processor="ledger"} 0"#))
        #expect(metrics.total("meterlog_stream_output_batches_total") > 0)
        #expect(metrics.seconds("meterlog_stream_poll_seconds_total", help: "", labels: [label]).seconds > 0)
        for _ in 0..<200 where process.status.contains(where: { !$0.isReady }) {
            try await Task.sleep(for: .milliseconds(10))
        }
        #expect(!process.status.contains { !$0.isReady })
        process.requestStop()
        try await process.waitUntilStopped()
        #expect(process.status.allSatisfy { !$0.isReady })
        #expect(!metrics.renderPrometheusText().contains("meterlog_stream_time_seconds{"))
    }

    @Test func abortsAreCountedByTheirReason() async throws {
        var faults = FaultPlan()
        faults.abortRequired = 200_000
        let (cluster, metrics) = (cluster(faults), MetricsRegistry())
        let process = process(cluster, metrics)
        try process.start()
        append(1...20, to: cluster)
        let abort = #"meterlog_stream_aborts_total{processor="ledger",reason="SIMULATED_ABORT"}"#
        var next: UInt64 = 21
        for _ in 0..<500 where !metrics.renderPrometheusText().contains(abort) {
            append(next...next, to: cluster)
            next += 1
            try await Task.sleep(for: .milliseconds(5))
        }
        #expect(metrics.renderPrometheusText().contains(abort))
        cluster.setFaults(.none)
        process.requestStop()
        try await process.waitUntilStopped()
        #expect(metrics.total("meterlog_stream_aborts_total") == metrics.total("meterlog_stream_recoveries_total"))
    }

    private var label: MetricLabel { MetricLabel("processor", "ledger") }
}

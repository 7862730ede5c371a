import Glibc
import SimulationKit
import StreamCore
import StreamRuntime
import Synchronization
import Telemetry
import Testing

/// The same loop on real threads and the machine's clock.
@Suite struct StreamProcessTests {
    /// Takes events from any thread.
    private final class EventList: Sendable {
        private let events = Mutex<[StreamEvent]>([])

        func append(_ event: StreamEvent) { events.withLock { $0.append(event) } }

        var descriptions: [String] { events.withLock { $0.map(\.description) } }
    }

    private typealias Process = StreamProcess<LedgerProcessor, SimulatedLog>

    private func cluster(partitions: Int) -> SimulatedCluster {
        let cluster = SimulatedCluster(clock: .machine(idlePauseMicroseconds: 500))
        cluster.createTopic(LedgerProcessor.inputTopic, partitions: partitions)
        cluster.createTopic(LedgerProcessor.outputTopics[0], partitions: 1)
        cluster.createTopic(LoopBench.snapshots, partitions: partitions)
        return cluster
    }

    private func process(
        _ cluster: SimulatedCluster,
        threads: Int,
        limits: StreamLimits = StreamLimits(),
        metrics: MetricsRegistry = MetricsRegistry(),
        faultyID: UInt64? = nil,
        makeLog: (@Sendable (Int) throws -> SimulatedLog)? = nil,
        report: @escaping @Sendable (Int, StreamEvent) -> Void = { _, _ in }
    ) -> Process {
        Process(
            threads: threads,
            configuration: .init(faultyID: faultyID),
            options: StreamOptions(groupID: LoopBench.group, outputs: LoopBench.outputs, limits: limits),
            metrics: metrics,
            report: report,
            makeLog: makeLog ?? { thread in
                SimulatedLog(cluster: cluster, groupID: LoopBench.group, transactionalID: "t\(thread)")
            }
        )
    }

    private func append(_ count: Int, to cluster: SimulatedCluster, partitions: Int) {
        for number in 0..<count {
            let partition = number % partitions
            let entry = LedgerProcessor.Entry(key: "k\(partition)", id: UInt64(number), amount: 1)
            cluster.append(entry.record, to: TopicPartition(LedgerProcessor.inputTopic, Int32(partition)))
        }
    }

    private func waitForOutputs(_ count: Int, _ cluster: SimulatedCluster) async throws {
        let output = TopicPartition(LedgerProcessor.outputTopics[0], 0)
        for _ in 0..<500 where cluster.committedRecords(of: output).count < count {
            try await Task.sleep(for: .milliseconds(10))
        }
        #expect(cluster.committedRecords(of: output).count == count)
    }

    @Test func threadsShareTheWorkAndStopWhenAsked() async throws {
        let cluster = cluster(partitions: 4)
        let metrics = MetricsRegistry()
        let warnings = EventList()
        let process = process(
            cluster,
            threads: 3,
            metrics: metrics,
            report: { _, event in
                if event.severity != .info { warnings.append(event) }
            }
        )
        append(200, to: cluster, partitions: 4)
        try process.start()
        try await waitForOutputs(200, cluster)
        append(200, to: cluster, partitions: 4)
        process.requestStop()
        try await process.waitUntilStopped()
        #expect(process.status.map(\.activity) == [.stopped, .stopped, .stopped])
        #expect(process.status.map(\.committedRecords).reduce(0, +) >= 200)
        #expect(warnings.descriptions == [], "nothing went wrong, so nothing is redone")
        let page = metrics.renderPrometheusText()
        #expect(page.contains(#"meterlog_stream_commit_seconds_count{processor="ledger"}"#))
        #expect(page.contains("meterlog_ledger_applied_records_total 200"))
        #expect(!page.contains("meterlog_stream_lag_records{"), "lag of partitions that were given back")
    }

    @Test func oneThreadsFailureStopsAllAndIsThrown() async throws {
        let cluster = cluster(partitions: 2)
        append(10, to: cluster, partitions: 2)
        let process = process(cluster, threads: 2) { thread in
            guard thread == 0 else { throw LogError(.fatal, code: "REFUSED", message: "no") }
            return SimulatedLog(cluster: cluster, groupID: LoopBench.group, transactionalID: "t")
        }
        do throws(StreamFailure) {
            try await process.run()
            Issue.record("the failure was passed over")
        } catch {
            guard case .start = error else {
                Issue.record("\(error)")
                return
            }
        }
        #expect(process.status.filter { $0.activity == .failed }.count == 1)
    }

    @Test func aProcessWhosePartitionsAllStandStillLivesAndSaysSo() async throws {
        let cluster = cluster(partitions: 2)
        let metrics = MetricsRegistry()
        for partition in 0..<2 as Range<Int32> {
            let entry = LedgerProcessor.Entry(key: "k", id: 7, amount: 1)
            cluster.append(entry.record, to: TopicPartition(LedgerProcessor.inputTopic, partition))
        }
        let process = process(cluster, threads: 2, metrics: metrics, faultyID: 7)
        try process.start()
        let gauge = #"meterlog_stream_halted_partitions{processor="ledger"} 2"# + "\n"
        for _ in 0..<500
        where process.status.flatMap(\.partitions).filter({ $0.phase == .halted }).count < 2
            || !metrics.renderPrometheusText().contains(gauge)
        {
            try await Task.sleep(for: .milliseconds(10))
        }
        #expect(process.status.map(\.activity) == [.running, .running])
        #expect(!process.status.contains { $0.isReady })
        #expect(process.status.flatMap(\.partitions).compactMap(\.fault).map(\.offset) == [0, 0])
        #expect(metrics.renderPrometheusText().contains(gauge))
        process.requestStop()
        try await process.waitUntilStopped()
        #expect(metrics.renderPrometheusText().contains(#"meterlog_stream_halted_partitions{processor="ledger"} 0"#))
    }

    @Test func aLogThatCanNotBeOpenedYetIsTriedAgain() async throws {
        let cluster = cluster(partitions: 1)
        append(5, to: cluster, partitions: 1)
        let attempts = Atomic<Int>(0)
        let process = process(cluster, threads: 1) { _ in
            guard attempts.wrappingAdd(1, ordering: .relaxed).newValue > 2 else {
                throw LogError(.retry, code: "DOWN", message: "not there yet")
            }
            return SimulatedLog(cluster: cluster, groupID: LoopBench.group, transactionalID: "t")
        }
        let task = Task { try await process.run() }
        try await waitForOutputs(5, cluster)
        task.cancel()
        try await task.value
        #expect(attempts.load(ordering: .relaxed) == 3)
    }

    @Test func aLogThatCanNotBeOpenedAtAllIsAFailure() async {
        let process = process(cluster(partitions: 1), threads: 2) { _ in
            throw LogError(.fatal, code: "AUTH", message: "not allowed")
        }
        await #expect(throws: StreamFailure.self) { try await process.run() }
    }

    @Test(.timeLimit(.minutes(1)))
    func aThreadThatWaitsInTheLogForEverDoesNotKeepTheProcess() async throws {
        let cluster = cluster(partitions: 1)
        let events = EventList()
        let isReleased = Atomic<Bool>(false)
        let hasEntered = Atomic<Bool>(false)
        var limits = StreamLimits()
        limits.stopMilliseconds = 100
        let process = process(
            cluster,
            threads: 1,
            limits: limits,
            makeLog: { _ in
                hasEntered.store(true, ordering: .releasing)
                while !isReleased.load(ordering: .acquiring) { usleep(1000) }
                return SimulatedLog(cluster: cluster, groupID: LoopBench.group, transactionalID: "t")
            },
            report: { _, event in events.append(event) }
        )
        try process.start()
        while !hasEntered.load(ordering: .acquiring) { try await Task.sleep(for: .milliseconds(1)) }
        process.requestStop()
        try await process.waitUntilStopped()
        // The wait is over while the thread still hangs.
        for _ in 0..<500 where events.descriptions.isEmpty { try await Task.sleep(for: .milliseconds(10)) }
        #expect(events.descriptions.first?.contains("1 threads still wait for the log after 100 ms") == true)
        // Waiters that come later don't wait either, and the late end of the thread is taken calmly.
        try await process.waitUntilStopped()
        isReleased.store(true, ordering: .releasing)
        for _ in 0..<500 where process.status[0].activity != .stopped { try await Task.sleep(for: .milliseconds(10)) }
        #expect(process.status[0].activity == .stopped)
    }
}

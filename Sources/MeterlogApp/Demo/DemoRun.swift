import HeadEndSimulator
import MeterCore
import PostgresIO
import Settings
import Telemetry

/// One demonstration: deliver, wait until everything is projected, compare.
struct DemoRun: Sendable {
    let node: LocalNode
    let plan: SimulationPlan
    let metrics: MetricsRegistry
    let isQuiet: Bool
    let timeout: Int

    func run() async throws -> DemoReport {
        let port = try await gatewayPort()
        let headEnd = HeadEnd(plan: plan)
        let truth = headEnd.truth()
        let run = HeadEndRun(
            client: try GatewayClient(
                gateway: "http://127.0.0.1:\(port)",
                token: node.settings.gateway.tokens.keys.min(),
                connections: 8
            ),
            parallel: 8,
            sendsSimulatedTimes: true
        )
        let started = Stopwatch.seconds()
        let bar = ProgressBar(title: "deliver", unit: "payloads", total: headEnd.deliveryCount, isQuiet: isQuiet)
        let failures = await run.deliver(headEnd) { bar.advance() }
        guard failures.isEmpty else {
            throw AppError.unusable("\(failures.count) payloads were not acknowledged: \(failures[0])")
        }
        try await run.tick(timeMilliseconds: SimulatedEnd(plan: plan, settings: node.settings).milliseconds)
        bar.finish()
        let delivered = Stopwatch.seconds()
        try await waitUntilProjected()
        let projected = Stopwatch.seconds()
        let comparison = try compare(truth)
        return try DemoReport(
            truth: truth,
            comparison: comparison,
            metrics: metrics,
            database: DatabaseAccess(node.settings),
            deliverySeconds: delivered - started,
            totalSeconds: projected - started
        )
    }

    private func gatewayPort() async throws -> Int {
        for _ in 0..<600 {
            if let port = node.pipeline.ports[.gateway] { return port }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw AppError.unusable("the gateway does not listen after 30 s")
    }

    private func waitUntilProjected() async throws {
        let progress = try PipelineProgress(cluster: node.pipeline.cluster, database: DatabaseAccess(node.settings))
        let deadline = Stopwatch.seconds() + Double(timeout)
        let bar = ProgressBar(title: "project", unit: "rounds", total: 0, isQuiet: isQuiet)
        while let stage = try progress.firstUnfinished() {
            guard Stopwatch.seconds() < deadline else {
                throw AppError.unusable("not complete after \(timeout) s; unfinished: \(stage)")
            }
            bar.set(done: 0, total: 1)
            try await Task.sleep(for: .milliseconds(100))
        }
        bar.set(done: 1, total: 1)
        bar.finish()
    }

    private func compare(_ truth: SimulationTruth) throws -> TruthComparison {
        let bar = ProgressBar(title: "compare", unit: "meters", total: plan.meters, isQuiet: isQuiet)
        var connection = try DatabaseAccess(node.settings).connect("meterlog-demo")
        var comparison = TruthComparison()
        try comparison.compare(truth, &connection) { bar.set(done: $0, total: plan.meters) }
        bar.finish()
        return comparison
    }
}

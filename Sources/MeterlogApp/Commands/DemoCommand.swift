import ArgumentParser
import HeadEndSimulator
import Logging
import ServiceLifecycle
import Settings
import Telemetry

/// `meterlog demo`: the main job, end to end, against a known truth.
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Simulate a head-end, run the whole way into the read model, and compare with the truth.",
        discussion: """
            Runs every service in this process (ops/demo gives it a log and a database of its own). Exit code 0 only when every \
            interval in the read model is what the simulator knows it should be.
            """
    )

    @OptionGroup var common: CommonOptions
    @OptionGroup var simulation: SimulationOptions
    @Flag(help: "Print one JSON object.")
    var json = false
    @Flag(help: "Go on serving after the comparison, until a signal.")
    var serve = false
    @Option(help: "Give up when the read model is not complete after this many seconds.")
    var timeout = 600

    func run() async throws {
        var settings = try common.settings()
        settings.gateway.usesSimulatedClock = true
        if !serve {
            settings.gateway.port = 0
            settings.api.port = 0
        }
        if common.logLevel == nil, settings.logLevel == "info" { settings.logLevel = "warning" }
        let plan = try simulation.plan(settings, meters: 1000, days: 7)
        let logger = settings.logger("meterlog.demo")
        let metrics = MetricsRegistry()
        let node = try await LocalNode.prepare(settings, metrics: metrics, logger: logger)
        let group = node.serviceGroup(logger: logger, signals: serve)
        let report: DemoReport = try await withThrowingTaskGroup(of: DemoReport?.self) { tasks in
            tasks.addTask {
                try await group.run()
                return nil
            }
            tasks.addTask {
                try await DemoRun(node: node, plan: plan, metrics: metrics, isQuiet: json, timeout: timeout).run()
            }
            // The services end first only when one of them failed, and then this throws or has no report.
            guard let report = try await tasks.next() ?? nil else {
                throw AppError.unusable("the services stopped before the demo was done; the log says why")
            }
            show(report, node)
            if !serve { await group.triggerGracefulShutdown() }
            _ = try await tasks.next()
            return report
        }
        if report.mismatches > 0 { throw ExitCode.failure }
    }

    private func show(_ report: DemoReport, _ node: LocalNode) {
        if json {
            Terminal.print(report.json)
            return
        }
        for line in report.lines { Terminal.print(line) }
        Terminal.print("")
        guard serve, let port = node.pipeline.ports[.api] else {
            Terminal.print("Next: ops/demo --serve keeps it running, with the API and kcat to look around.")
            return
        }
        let brokers = node.settings.kafka.brokers.joined(separator: ",")
        Terminal.print("Serving until Ctrl-C. Try:")
        Terminal.print("  curl 'http://\(node.settings.api.host):\(port)/api/v1/meters?limit=5'")
        Terminal.print("  curl 'http://\(node.settings.api.host):\(port)/api/v1/meters/SIM-0000001/readings?limit=5'")
        Terminal.print("  curl 'http://\(node.settings.api.host):\(port)/api/v1/alarms?limit=5'")
        Terminal.print("  kcat -b \(brokers) -C -t meter.raw -o beginning -e")
        Terminal.print("  METERLOG_KAFKA_BROKERS=\(brokers) meterlog tail meter.validated --json --limit 3")
    }
}

import ArgumentParser
import Logging
import Monitoring
import Settings

/// `meterlog run`: all services in one process.
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run gateway, normalizer, VEE, alarm router, projector and query API in one process.",
        discussion: """
            Without METERLOG_KAFKA_BROKERS the embedded event log is started first, and topics are applied to it. The database is \
            migrated. SIGTERM and SIGINT drain what was accepted, commit, and stop.
            """
    )

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let settings = try common.settings()
        let logger = settings.logger("meterlog")
        let monitor = ProcessMonitor.install()
        let node = try await LocalNode.prepare(settings, metrics: monitor.registry, logger: logger)
        let server: MonitoringServer?
        do {
            server = try monitor.server(for: .node, settings, readiness: node.readiness, logger: logger)
        } catch {
            try await node.broker?.stop()
            throw error
        }
        logger.info("running", metadata: ["brokers": "\(node.settings.kafka.brokers.joined(separator: ","))"])
        try await node.run(monitor: server, logger: logger)
    }
}

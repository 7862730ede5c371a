import ArgumentParser
import Logging
import Monitoring
import ServiceLifecycle
import Settings
import UnixSignals

/// `meterlog broker`: the embedded event log alone.
struct BrokerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "broker",
        abstract: "Run the embedded event log: one durable node that speaks the Kafka protocol.",
        discussion: """
            For one machine: evaluation, development, tests, small utilities. It has no replication; beyond one machine use Apache \
            Kafka. Records are on disk before they are acknowledged unless --fsync says otherwise.

            meterlog broker --data /var/lib/meterlog/log --listen 127.0.0.1:9492
            """
    )

    @OptionGroup var common: CommonOptions
    @Option(help: "Folder of the log. Default: <data_directory>/broker.")
    var data: String?
    @Option(help: "HOST:PORT to listen on; port 0 takes a free one. Loopback only. Default: the configured address.")
    var listen: String?
    @Option(help: "always, or interval-MS: sync to disk every MS milliseconds and acknowledge before.")
    var fsync: String?

    func run() async throws {
        var settings = try common.settings()
        if let listen { try apply(listen: listen, to: &settings.broker.host, &settings.broker.port) }
        if let fsync { settings.broker.fsyncIntervalMilliseconds = try milliseconds(fsync) }
        let logger = settings.logger("meterlog.broker")
        let monitor = ProcessMonitor.install()
        let broker = try await EmbeddedBroker.start(
            settings,
            dataDirectory: data ?? settings.dataDirectory + "/broker",
            metrics: monitor.registry,
            logger: logger
        )
        let address = broker.address
        let readiness = Readiness([{ Readiness.Part(name: "broker", isReady: true, detail: "listens on \(address)") }])
        let server: MonitoringServer?
        do {
            server = try monitor.server(for: .broker, settings, readiness: readiness, logger: logger)
        } catch {
            try await broker.stop()
            throw error
        }
        Terminal.print("listening on \(broker.address)")
        let group = ServiceGroup(
            services: (server.map { [$0 as any Service] } ?? []) + [broker],
            gracefulShutdownSignals: [.sigterm, .sigint],
            logger: logger
        )
        try await group.run()
    }

    private func apply(listen: String, to host: inout String, _ port: inout Int) throws {
        guard let colon = listen.lastIndex(of: ":"), let number = Int(listen[listen.index(after: colon)...]),
            (0...65_535).contains(number)
        else { throw ValidationError("--listen \(listen) is not HOST:PORT") }
        host = String(listen[..<colon])
        port = number
    }

    private func milliseconds(_ text: String) throws -> Int {
        if text == "always" { return 0 }
        guard text.hasPrefix("interval-"), let number = Int(text.dropFirst("interval-".count)),
            (1...60_000).contains(number)
        else { throw ValidationError("--fsync \(text) is neither always nor interval-MS (1 to 60000)") }
        return number
    }
}

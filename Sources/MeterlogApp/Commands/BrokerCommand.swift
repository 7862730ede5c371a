import ArgumentParser
import EmbeddedLog
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
            Kafka. Records are on disk before they are acknowledged unless --fsync says otherwise. Clients of other machines \
            need --tls-listen with broker.tls configured, and a certificate. SIGHUP: certificates and credentials are read again.

            meterlog broker --data /var/lib/meterlog/log --listen 127.0.0.1:9492
            """,
        subcommands: [BrokerCredentialsCommand.self]
    )

    @OptionGroup var common: CommonOptions
    @Option(help: "Folder of the log. Default: <data_directory>/broker.")
    var data: String?
    @Option(help: "HOST:PORT to listen on; port 0 takes a free one. Loopback only. Default: the configured address.")
    var listen: String?
    @Option(help: "HOST:PORT to listen on with TLS and client certificates. Default: the configured address, or none.")
    var tlsListen: String?
    @Option(help: "HOST:PORT that clients of the TLS listener are told to connect to. Default: where it listens.")
    var advertise: String?
    @Option(help: "always, or interval-MS: sync to disk every MS milliseconds and acknowledge before.")
    var fsync: String?

    func run() async throws {
        var settings = try common.settings()
        if let listen { (settings.broker.host, settings.broker.port) = try address(listen, "--listen") }
        if let tlsListen {
            (settings.broker.tls.host, settings.broker.tls.port) = try address(tlsListen, "--tls-listen")
        }
        if let advertise {
            let advertised = try address(advertise, "--advertise")
            (settings.broker.tls.advertisedHost, settings.broker.tls.advertisedPort) = advertised
        }
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
        for outside in broker.addresses.dropFirst() {
            Terminal.print(
                "listening with TLS on \(outside.host):\(outside.port), "
                    + "as \(outside.advertisedHost):\(outside.advertisedPort)"
            )
        }
        let group = ServiceGroup(
            services: (server.map { [$0 as any Service] } ?? []) + [broker],
            gracefulShutdownSignals: [.sigterm, .sigint],
            logger: logger
        )
        try await group.run()
    }

    private func address(_ text: String, _ option: String) throws -> (host: String, port: Int) {
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
            (0...65_535).contains(port)
        else { throw ValidationError("\(option) \(text) is not HOST:PORT") }
        // An IPv6 address stands in brackets.
        let host = text[..<colon]
        return (host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : String(host), port)
    }

    private func milliseconds(_ text: String) throws -> Int {
        if text == "always" { return 0 }
        guard text.hasPrefix("interval-"), let number = Int(text.dropFirst("interval-".count)),
            (1...60_000).contains(number)
        else { throw ValidationError("--fsync \(text) is neither always nor interval-MS (1 to 60000)") }
        return number
    }
}

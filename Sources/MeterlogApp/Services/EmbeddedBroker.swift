import EmbeddedLog
import Foundation
import LogStorage
import Logging
import ServiceLifecycle
import Settings
import Telemetry

/// The embedded event log, started before everything that talks to it and stopped after it.
struct EmbeddedBroker: Service {
    private let server: EmbeddedLogServer
    /// `host:port`.
    let address: String

    /// Opens the data directory and listens.
    static func start(
        _ settings: Settings,
        dataDirectory: String,
        metrics: MetricsRegistry,
        logger: Logger
    ) async throws -> EmbeddedBroker {
        try FileManager.default.createDirectory(atPath: dataDirectory, withIntermediateDirectories: true)
        var configuration = EmbeddedLogConfiguration(dataDirectory: dataDirectory)
        configuration.listeners = [BrokerListener(host: settings.broker.host, port: settings.broker.port)]
        configuration.metrics = metrics
        configuration.logger = logger
        let interval = settings.broker.fsyncIntervalMilliseconds
        configuration.fsync = interval == 0 ? .always : .interval(milliseconds: interval)
        let server = try EmbeddedLogServer(configuration: configuration)
        let addresses = try await server.start()
        return EmbeddedBroker(server: server, address: "\(addresses[0].host):\(addresses[0].port)")
    }

    private init(server: EmbeddedLogServer, address: String) {
        self.server = server
        self.address = address
    }

    func run() async throws {
        do {
            try await cancelWhenGracefulShutdown { try await server.run() }
        } catch is CancellationError {
            // A graceful shutdown is the ordinary end; the server has synced and closed by then.
            try await server.shutdown()
        }
    }

    func stop() async throws {
        try await server.shutdown()
    }
}

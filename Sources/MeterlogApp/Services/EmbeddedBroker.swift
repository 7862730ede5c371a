import EmbeddedLog
import Foundation
import Logging
import ServiceLifecycle
import Settings
import Telemetry
import UnixSignals

/// The embedded event log, started before everything that talks to it and stopped after it. SIGHUP has it read certificates
/// and credentials again.
struct EmbeddedBroker: Service {
    private let server: EmbeddedLogServer
    private let logger: Logger
    /// Where each listener is reached: first the one for this machine.
    let addresses: [ListenerAddress]

    /// `host:port` for clients on this machine.
    var address: String {
        let (host, port) = (addresses[0].host, addresses[0].port)
        return host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }

    /// Opens the data directory and listens.
    static func start(
        _ settings: Settings,
        dataDirectory: String,
        metrics: MetricsRegistry,
        logger: Logger
    ) async throws -> EmbeddedBroker {
        try FileManager.default.createDirectory(atPath: dataDirectory, withIntermediateDirectories: true)
        let configuration = try EmbeddedLogConfiguration(
            settings,
            dataDirectory: dataDirectory,
            metrics: metrics,
            logger: logger
        )
        let server = try EmbeddedLogServer(configuration: configuration)
        return EmbeddedBroker(server: server, logger: logger, addresses: try await server.start())
    }

    private init(server: EmbeddedLogServer, logger: Logger, addresses: [ListenerAddress]) {
        self.server = server
        self.logger = logger
        self.addresses = addresses
    }

    func run() async throws {
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await reloadAtHangups() }
                try await cancelWhenGracefulShutdown { try await server.run() }
                group.cancelAll()
            }
        } catch is CancellationError {
            // A graceful shutdown is the ordinary end; the server has synced and closed by then.
            try await server.shutdown()
        }
    }

    private func reloadAtHangups() async {
        let hangups = await UnixSignalsSequence(trapping: .sighup)
        for await _ in hangups.cancelOnGracefulShutdown() {
            do {
                try server.reload()
            } catch {
                logger.error("certificates and credentials not read again", metadata: ["error": "\(error)"])
            }
        }
    }

    func stop() async throws {
        try await server.shutdown()
    }
}

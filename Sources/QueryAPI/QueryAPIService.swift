import HTTPServing
import Hummingbird
public import Logging
import NIOCore
import PostgresIO
public import ServiceLifecycle
public import Telemetry

/// The query API: the only door to the read model for people and billing, as a service.
///
/// Read-only, over HTTP/1.1 without encryption of its own: beyond loopback it belongs behind a proxy that ends TLS. The
/// database may be away when it starts; until it answers, so does the API with 503.
public struct QueryAPIService: Service {
    private let configuration: QueryAPIConfiguration
    private let registry: MetricsRegistry
    private let logger: Logger
    private let onBound: @Sendable (Int) -> Void

    /// - Parameter onBound: told the port once the server listens.
    /// - Throws: `QueryAPIError.unprotectedAddress` for an address beyond this machine without tokens.
    public init(
        configuration: QueryAPIConfiguration,
        registry: MetricsRegistry,
        logger: Logger,
        onBound: @escaping @Sendable (Int) -> Void = { _ in }
    ) throws(QueryAPIError) {
        guard configuration.isLoopback || !configuration.tokens.isEmpty else {
            throw .unprotectedAddress(configuration.host)
        }
        self.configuration = configuration
        self.registry = registry
        self.logger = logger
        self.onBound = onBound
    }

    public func run() async throws {
        let readModel = try ReadModel(configuration, logger: logger)
        defer { readModel.close() }
        let limits = configuration.limits
        let connections = ConnectionLimit(max: limits.clientConnections)
        let application = Application(
            responder: QueryResponder(configuration, readModel, registry),
            server: .http1(
                configuration: .init(
                    additionalChannelHandlers: [connections.handler()],
                    idleTimeout: .seconds(Int64(limits.idleConnectionSeconds))
                )
            ),
            configuration: ApplicationConfiguration(
                address: .hostname(configuration.host, port: configuration.port),
                serverName: "meterlog-api"
            ),
            onServerRunning: { channel in
                let port = channel.localAddress?.port ?? 0
                logger.info("query API listens", metadata: ["host": "\(configuration.host)", "port": "\(port)"])
                onBound(port)
            },
            logger: logger
        )
        try await application.run()
    }
}

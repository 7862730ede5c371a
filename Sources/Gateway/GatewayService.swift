import HTTPServing
import HTTPTypes
import Hummingbird
public import Logging
import NIOCore
public import ServiceLifecycle
import Synchronization
public import Telemetry

/// The gateway's HTTP server and its timekeeper, as a service: starts on `run`, stops gracefully.
public struct GatewayService<Sink: PayloadSink>: Service {
    private let configuration: GatewayConfiguration
    private let sink: Sink
    private let registry: MetricsRegistry
    private let logger: Logger
    private let onBound: @Sendable (Int) -> Void

    /// - Parameter onBound: told the port once the server listens.
    /// - Throws: `GatewayError.unprotectedAddress` for an address beyond this machine without tokens.
    public init(
        configuration: GatewayConfiguration,
        sink: Sink,
        registry: MetricsRegistry,
        logger: Logger,
        onBound: @escaping @Sendable (Int) -> Void = { _ in }
    ) throws(GatewayError) {
        guard configuration.isLoopback || !configuration.tokens.isEmpty else {
            throw .unprotectedAddress(configuration.host)
        }
        self.configuration = configuration
        self.sink = sink
        self.registry = registry
        self.logger = logger
        self.onBound = onBound
    }

    public func run() async throws {
        let application = Application(
            router: router(),
            configuration: ApplicationConfiguration(
                address: .hostname(configuration.host, port: configuration.port),
                serverName: "meterlog-gateway"
            ),
            onServerRunning: { channel in
                let port = channel.localAddress?.port ?? 0
                logger.info("gateway listens", metadata: ["host": "\(configuration.host)", "port": "\(port)"])
                onBound(port)
            },
            logger: logger
        )
        do {
            try await serve(application)
        } catch {
            await sink.close()
            throw error
        }
        await sink.close()
    }

    private func serve(_ application: some ApplicationProtocol) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await application.run() }
            if !configuration.usesSimulatedClock {
                group.addTask {
                    await cancelWhenGracefulShutdown {
                        await TickTimer(sink: sink, seconds: configuration.tickIntervalSeconds, logger: logger).run()
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    private func router() -> Router<PeerContext> {
        let router = Router(context: PeerContext.self)
        router.add(middleware: MetricsMiddleware())
        router.add(middleware: ProblemMiddleware())
        let route = PayloadRoute(configuration: configuration, sink: sink, metrics: GatewayMetrics(registry: registry))
        router.post("/ingest/v1/payloads") { request, context in
            try await route.handle(request, context)
        }
        router.get("/health") { _, _ in
            Response(
                status: .ok,
                headers: [.contentType: "application/json"],
                body: ResponseBody(byteBuffer: ByteBuffer(string: "{\"status\":\"ok\"}"))
            )
        }
        router.get("/metrics") { _, _ in
            Response(
                status: .ok,
                headers: [.contentType: PrometheusText.contentType],
                body: ResponseBody(byteBuffer: ByteBuffer(string: registry.renderPrometheusText()))
            )
        }
        return router
    }
}

/// A gateway that can't be started.
public enum GatewayError: Error, Sendable, Equatable, CustomStringConvertible {
    case unprotectedAddress(String)

    public var description: String {
        switch self {
        case .unprotectedAddress(let host):
            "the gateway does not listen on \(host) without bearer tokens; configure gateway.tokens or listen on 127.0.0.1"
        }
    }
}

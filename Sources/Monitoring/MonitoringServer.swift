import Glibc
import HTTPServing
import HTTPTypes
import Hummingbird
public import Logging
import NIOCore
public import ServiceLifecycle
public import Telemetry

/// Where a process shows its metrics.
public struct MonitoringAddress: Sendable, Equatable {
    public var host: String
    /// 0: any free port.
    public var port: Int
    /// Whether any other free port is as good when this one is taken: so for the port that a service has by default, not for one that
    /// somebody has set.
    public var isPortNegotiable: Bool

    public init(host: String, port: Int, isPortNegotiable: Bool = false) {
        self.host = host
        self.port = port
        self.isPortNegotiable = isPortNegotiable
    }

    var isLoopback: Bool { host == "127.0.0.1" || host == "::1" || host == "localhost" }
}

/// A small HTTP server beside the work: `/metrics` (Prometheus text), `/health` (the process answers) and `/ready` (it can do its work).
///
/// Only `/metrics` asks for a token, where there are any: probes have none.
public struct MonitoringServer: Service {
    private let address: MonitoringAddress
    private let tokens: BearerTokens
    private let registry: MetricsRegistry
    private let readiness: Readiness
    private let logger: Logger
    private let onBound: @Sendable (Int) -> Void

    /// - Parameter onBound: told the port once the server listens.
    /// - Throws: `MonitoringError` for an address beyond this machine without tokens, and for one that is taken.
    public init(
        address: MonitoringAddress,
        tokens: [String: String] = [:],
        registry: MetricsRegistry,
        readiness: Readiness,
        logger: Logger,
        onBound: @escaping @Sendable (Int) -> Void = { _ in }
    ) throws(MonitoringError) {
        guard address.isLoopback || !tokens.isEmpty else { throw .unprotectedAddress(address.host) }
        self.tokens = BearerTokens(tokens)
        self.registry = registry
        self.readiness = readiness
        self.logger = logger
        self.onBound = onBound
        var address = address
        if PortProbe.isTaken(address) {
            guard address.isPortNegotiable else { throw .addressTaken("\(address.host):\(address.port)") }
            Self.warnOfTakenPort(address, logger)
            address.port = 0
        }
        self.address = address
    }

    public func run() async throws {
        do {
            try await serve(port: address.port)
        } catch let error as IOError where error.errnoCode == EADDRINUSE {
            guard address.isPortNegotiable else {
                throw MonitoringError.addressTaken("\(address.host):\(address.port)")
            }
            // Another process took it after it was looked at.
            Self.warnOfTakenPort(address, logger)
            try await serve(port: 0)
        }
    }

    private static func warnOfTakenPort(_ address: MonitoringAddress, _ logger: Logger) {
        logger.warning(
            "the port for metrics is taken, by another process of this service perhaps; taking a free one",
            metadata: ["code": "\(ErrorCode.addressTaken)", "port": "\(address.port)"]
        )
    }

    private func serve(port: Int) async throws {
        let application = Application(
            router: router(),
            configuration: ApplicationConfiguration(
                address: .hostname(address.host, port: port),
                serverName: "meterlog"
            ),
            onServerRunning: { channel in
                let port = channel.localAddress?.port ?? 0
                logger.info("metrics listen", metadata: ["host": "\(address.host)", "port": "\(port)"])
                onBound(port)
            },
            logger: Self.quiet(logger)
        )
        try await application.run()
    }

    /// Scrapes come every few seconds; a line for each says nothing.
    private static func quiet(_ logger: Logger) -> Logger {
        var logger = logger
        logger.logLevel = max(logger.logLevel, .warning)
        return logger
    }

    private func router() -> Router<PeerContext> {
        let router = Router(context: PeerContext.self)
        router.add(middleware: ProblemMiddleware())
        let (tokens, registry, readiness) = (tokens, registry, readiness)
        router.get("/metrics") { request, _ in
            _ = try tokens.authenticate(request)
            return MonitoringAnswer.metrics(registry)
        }
        router.get("/health") { _, _ in MonitoringAnswer.health() }
        router.get("/ready") { _, _ in MonitoringAnswer.ready(readiness) }
        return router
    }
}

/// A metrics server that can't be started.
public enum MonitoringError: Error, Sendable, Equatable, CustomStringConvertible {
    case unprotectedAddress(String)
    case addressTaken(String)

    public var description: String {
        switch self {
        case .unprotectedAddress(let host):
            "metrics are not shown on \(host) without bearer tokens; configure metrics.tokens or listen on 127.0.0.1"
        case .addressTaken(let address):
            "\(ErrorCode.addressTaken): \(address), the address for metrics, is taken by another process; set metrics.address "
                + "(METERLOG_METRICS_ADDRESS) to a free one, to 127.0.0.1:0 for any free port, or to off"
        }
    }
}

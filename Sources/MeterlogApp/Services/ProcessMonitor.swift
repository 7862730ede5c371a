import CoreMetrics
import Logging
import Monitoring
import Settings
import Telemetry

/// What a process shows of itself: one registry with its own metrics and those of its libraries, and the server for it.
struct ProcessMonitor: Sendable {
    /// The programs that can show metrics, and their port on this machine unless another is configured.
    enum Program: Sendable {
        case node
        case service(ServiceName)
        case broker

        var port: Int {
            switch self {
            case .node: 9_600
            case .service(.gateway): 9_601
            case .service(.normalizer): 9_602
            case .service(.vee): 9_603
            case .service(.alarms): 9_604
            case .service(.projector): 9_605
            case .service(.api): 9_606
            case .broker: 9_607
            }
        }
    }

    let registry: MetricsRegistry

    /// The registry of this process. Once a process: libraries report to it from now on.
    static func install() -> ProcessMonitor {
        let registry = MetricsRegistry()
        MetricsSystem.bootstrap(RegistryMetricsFactory(registry))
        ProcessMetrics.install(in: registry)
        registry.gauge(
            "meterlog_build_info",
            help: "Always 1; the version is in the label.",
            labels: [MetricLabel("version", MeterlogVersion.current)]
        ).set(Int64(1))
        return ProcessMonitor(registry: registry)
    }

    /// The server, nil when it is turned off.
    func server(
        for program: Program,
        _ settings: Settings,
        readiness: Readiness,
        logger: Logger
    ) throws -> MonitoringServer? {
        let address: MonitoringAddress
        switch settings.metrics.address {
        case .off: return nil
        case .automatic: address = MonitoringAddress(host: "127.0.0.1", port: program.port, isPortNegotiable: true)
        case .at(let host, let port): address = MonitoringAddress(host: host, port: port)
        }
        return try MonitoringServer(
            address: address,
            tokens: settings.metrics.tokens,
            registry: registry,
            readiness: readiness,
            logger: logger
        )
    }
}

/// A service that can say whether it does its work.
protocol ReadinessReporting: Sendable {
    var readiness: Readiness.Part { get }
}

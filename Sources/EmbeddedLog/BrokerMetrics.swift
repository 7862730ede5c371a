import KafkaProtocol
import LogStorage
import Telemetry

/// What the broker counts.
final class BrokerMetrics: Sendable {
    private let requestBytes: Counter
    private let responseBytes: Counter
    private let connections: Gauge
    private let refusedConnections: Counter
    private let idleConnections: Counter
    private let tlsFailures: Counter
    private let timedOutTransactions: Counter
    private let expiredTransactionalIds: Counter
    private let inFlightBytes: Gauge
    private let unsentBytes: Gauge
    private let logBytes: Gauge
    private let registry: MetricsRegistry
    private let requests: [Counter]
    private let unknownRequests: Counter
    private let syncSeconds: Histogram
    private let syncRequests: Histogram

    init(registry: MetricsRegistry) {
        self.registry = registry
        func counter(_ name: String, _ help: String, _ labels: [MetricLabel] = []) -> Counter {
            registry.counter("meterlog_broker_\(name)", help: help, labels: labels)
        }
        func gauge(_ name: String, _ help: String) -> Gauge { registry.gauge("meterlog_broker_\(name)", help: help) }
        func requestCounter(_ api: String) -> Counter {
            counter("requests_total", "Requests that were started, by API.", [MetricLabel("api", api)])
        }
        requestBytes = counter("request_bytes_total", "Bytes of requests received, without TLS.")
        responseBytes = counter("response_bytes_total", "Bytes of responses given to the sockets, without TLS.")
        connections = gauge("connections", "Clients connected.")
        refusedConnections = counter("connections_refused_total", "Connections closed at once, over the limit.")
        idleConnections = counter("connections_idle_closed_total", "Connections closed as nothing moved on them.")
        tlsFailures = counter("tls_failures_total", "Connections that ended before TLS was agreed.")
        timedOutTransactions = counter("transactions_timed_out_total", "Transactions aborted as their time was over.")
        expiredTransactionalIds = counter("transactional_ids_expired_total", "Idle transactional ids forgotten.")
        inFlightBytes = gauge("in_flight_request_bytes", "Bytes of requests that are not answered yet.")
        unsentBytes = gauge("unsent_response_bytes", "Bytes of responses that clients have not taken yet.")
        logBytes = gauge("log_bytes", "Bytes of all logs on disk, without indices.")
        let highest = APIKey.allCases.map { Int($0.rawValue) }.max() ?? 0
        let unknown = requestCounter("unknown")
        unknownRequests = unknown
        requests = (0...highest).map { number in
            APIKey(rawValue: Int16(number)).map { requestCounter("\($0)") } ?? unknown
        }
        syncSeconds = registry.histogram(
            "meterlog_broker_fsync_seconds",
            help: "Time of one sync of one log to disk."
        )
        syncRequests = registry.histogram(
            "meterlog_broker_fsync_requests",
            help: "Requests answered by one sync.",
            bounds: [0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512]
        )
    }

    func request(apiNumber: Int16) {
        let index = Int(apiNumber)
        (requests.indices.contains(index) ? requests[index] : unknownRequests).add()
    }

    func received(byteCount: Int) { requestBytes.add(Int64(byteCount)) }

    func sent(byteCount: Int) { responseBytes.add(Int64(byteCount)) }

    func set(connections count: Int) { connections.set(Int64(count)) }

    func connectionRefused() { refusedConnections.add() }

    func connectionIdle() { idleConnections.add() }

    func handshakeFailed() { tlsFailures.add() }

    func transactionTimedOut() { timedOutTransactions.add() }

    func transactionalIdsExpired(_ count: Int) { expiredTransactionalIds.add(Int64(count)) }

    func synced(_ report: FlushScheduler.SyncReport) {
        syncSeconds.observe(report.seconds)
        syncRequests.observe(Double(report.answeredRequests))
    }

    func loginFailed(mechanism: String) {
        registry.counter(
            "meterlog_broker_sasl_failures_total",
            help: "Logins refused, by mechanism.",
            labels: [MetricLabel("mechanism", mechanism)]
        ).add()
    }

    /// Sets what is looked up rather than counted.
    func set(inFlight: Int, unsent: Int) {
        inFlightBytes.set(Int64(inFlight))
        unsentBytes.set(Int64(unsent))
    }

    func set(logBytes: Int64) {
        self.logBytes.set(logBytes)
    }
}

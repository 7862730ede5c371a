import MeterFormats
import Telemetry

/// What the gateway counts.
struct GatewayMetrics: Sendable {
    private let registry: MetricsRegistry
    private let intervalPayloads: Counter
    private let alarmPayloads: Counter
    private let intervalBytes: Counter
    private let alarmBytes: Counter

    init(registry: MetricsRegistry) {
        self.registry = registry
        let payloads = "meterlog_gateway_payloads_total"
        let payloadsHelp = "Payloads acknowledged to their senders."
        let bytes = "meterlog_gateway_bytes_total"
        let bytesHelp = "Bytes of payloads acknowledged to their senders, as sent."
        let interval = [MetricLabel("lane", PayloadLane.interval.rawValue)]
        let alarm = [MetricLabel("lane", PayloadLane.alarm.rawValue)]
        intervalPayloads = registry.counter(payloads, help: payloadsHelp, labels: interval)
        alarmPayloads = registry.counter(payloads, help: payloadsHelp, labels: alarm)
        intervalBytes = registry.counter(bytes, help: bytesHelp, labels: interval)
        alarmBytes = registry.counter(bytes, help: bytesHelp, labels: alarm)
    }

    func accepted(lane: PayloadLane, bytes: Int) {
        switch lane {
        case .interval:
            intervalPayloads.add()
            intervalBytes.add(Int64(bytes))
        case .alarm:
            alarmPayloads.add()
            alarmBytes.add(Int64(bytes))
        }
    }

    func answered(status: Int) {
        registry.counter(
            "meterlog_gateway_requests_total",
            help: "Requests with a payload or a tick that were answered, by HTTP status.",
            labels: [MetricLabel("status", String(status))]
        ).add()
    }

    func refused(status: Int) {
        registry.counter(
            "meterlog_gateway_refused_total",
            help: "Payloads refused, by HTTP status.",
            labels: [MetricLabel("status", String(status))]
        ).add()
    }
}

import StreamCore
import Telemetry

/// The instruments of one projector.
struct ProjectorMetrics: Sendable {
    private let registry: MetricsRegistry
    private let label: MetricLabel
    let records: Counter
    let rows: Counter
    let transactions: Counter
    let transactionSeconds: Histogram
    let retries: Counter
    let faults: Counter

    init(_ registry: MetricsRegistry, _ name: ProjectionName) {
        let label = MetricLabel("projection", name.rawValue)
        self.registry = registry
        self.label = label
        func counter(_ name: String, _ help: String) -> Counter {
            registry.counter("meterlog_projection_\(name)_total", help: help, labels: [label])
        }
        records = counter("records", "Records folded into the read model.")
        rows = counter("rows", "Rows handed to the database.")
        transactions = counter("transactions", "Transactions committed.")
        retries = counter("retries", "Sessions begun again after the database or the log was away.")
        faults = counter("faults", "Partitions stopped by a record that can't be projected.")
        transactionSeconds = registry.histogram(
            "meterlog_projection_transaction_seconds",
            help: "Time of a transaction that stores rows and offsets.",
            labels: [label]
        )
    }

    func setLag(_ lag: Int64, of partition: TopicPartition) {
        let labels = [
            label, MetricLabel("topic", partition.topic), MetricLabel("partition", String(partition.partition)),
        ]
        registry.gauge("meterlog_projection_lag_records", help: "Records not projected yet.", labels: labels).set(lag)
    }
}

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
            registry.counter(name, help: help, labels: [label])
        }
        records = counter("meterlog_projection_records_total", "Records folded into the read model.")
        rows = counter("meterlog_projection_rows_total", "Rows handed to the database.")
        transactions = counter("meterlog_projection_transactions_total", "Transactions committed.")
        retries = counter(
            "meterlog_projection_retries_total",
            "Sessions begun again after the database or the log was away."
        )
        faults = counter("meterlog_projection_faults_total", "Partitions stopped by a record that can't be projected.")
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

import Synchronization

/// All metrics of a process, for one `/metrics` page.
///
/// Asking for a metric again with the same name and labels gives the same instrument, so a loop asks once and keeps it. Names are
/// the program's own and must be valid (a precondition); label values may come from the world. A name holds at most
/// `maximumSeriesPerName` label sets: what is asked for beyond that works but isn't shown, and
/// `meterlog_metrics_series_dropped_total` says how often that happened.
public final class MetricsRegistry: Sendable {
    public static let defaultMaximumSeriesPerName = 10_000
    static let droppedSeriesName = "meterlog_metrics_series_dropped_total"

    enum Instrument: Sendable {
        case counter(Counter)
        case seconds(SecondsCounter)
        case gauge(Gauge)
        case histogram(Histogram)

        var typeName: String {
            switch self {
            case .counter, .seconds: "counter"
            case .gauge: "gauge"
            case .histogram: "histogram"
            }
        }
    }

    struct Family: Sendable {
        var help: String
        var typeName: String
        var series: [[MetricLabel]: Instrument] = [:]
    }

    private let maximumSeriesPerName: Int
    private let droppedSeries = Counter()
    private let families: Mutex<[String: Family]> = Mutex([:])
    private let collectors: Mutex<[@Sendable (MetricsRegistry) -> Void]> = Mutex([])

    public init(maximumSeriesPerName: Int = MetricsRegistry.defaultMaximumSeriesPerName) {
        self.maximumSeriesPerName = maximumSeriesPerName
    }

    public func counter(_ name: String, help: String, labels: [MetricLabel] = []) -> Counter {
        let instrument = instrument(name, help: help, labels: labels) { .counter(Counter()) }
        guard case .counter(let counter) = instrument else { preconditionFailure("\(name) is not a counter") }
        return counter
    }

    /// A counter of seconds.
    public func seconds(_ name: String, help: String, labels: [MetricLabel] = []) -> SecondsCounter {
        let instrument = instrument(name, help: help, labels: labels) { .seconds(SecondsCounter()) }
        guard case .seconds(let counter) = instrument else { preconditionFailure("\(name) does not count seconds") }
        return counter
    }

    public func gauge(_ name: String, help: String, labels: [MetricLabel] = []) -> Gauge {
        let instrument = instrument(name, help: help, labels: labels) { .gauge(Gauge()) }
        guard case .gauge(let gauge) = instrument else { preconditionFailure("\(name) is not a gauge") }
        return gauge
    }

    public func histogram(
        _ name: String,
        help: String,
        bounds: [Double] = Histogram.secondsBounds,
        labels: [MetricLabel] = []
    ) -> Histogram {
        let instrument = instrument(name, help: help, labels: labels) { .histogram(Histogram(bounds: bounds)) }
        guard case .histogram(let histogram) = instrument else { preconditionFailure("\(name) is not a histogram") }
        return histogram
    }

    /// The sum of a counter over all its label sets, 0 when there is none of that name.
    public func total(_ name: String) -> Int64 {
        families.withLock { families in
            var total: Int64 = 0
            for instrument in (families[name]?.series ?? [:]).values {
                if case .counter(let counter) = instrument { total += counter.value }
            }
            return total
        }
    }

    /// Takes a series off the page (the lag of a partition that is somewhere else now).
    public func remove(_ name: String, labels: [MetricLabel]) {
        families.withLock { families in
            _ = families[name]?.series.removeValue(forKey: labels.sorted())
        }
    }

    /// What is registered under a name: `counter`, `gauge` or `histogram`.
    public func typeName(of name: String) -> String? {
        families.withLock { $0[name]?.typeName }
    }

    /// Has `collect` set what is looked up rather than counted (memory, ages), each time before a page is made. It must not block.
    public func onRender(_ collect: @escaping @Sendable (MetricsRegistry) -> Void) {
        collectors.withLock { $0.append(collect) }
    }

    /// The page in Prometheus text exposition format 0.0.4, names and labels in order.
    public func renderPrometheusText() -> String {
        for collect in collectors.withLock({ $0 }) { collect(self) }
        var text = PrometheusText()
        let current = families.withLock { $0 }
        for (name, family) in current.sorted(by: { $0.key < $1.key }) where !family.series.isEmpty {
            text.append(name: name, family: family)
        }
        if droppedSeries.value > 0 {
            var family = Family(help: "Label sets that were not registered, over the limit.", typeName: "counter")
            family.series[[]] = .counter(droppedSeries)
            text.append(name: Self.droppedSeriesName, family: family)
        }
        return text.text
    }

    private func instrument(
        _ name: String,
        help: String,
        labels: [MetricLabel],
        make: () -> Instrument
    ) -> Instrument {
        precondition(Self.isValidName(name), "\(name) is not a metric name")
        precondition(labels.allSatisfy { Self.isValidName($0.name) }, "a label of \(name) has no valid name")
        let key = labels.sorted()
        return families.withLock { families in
            if let found = families[name]?.series[key] { return found }
            let made = make()
            var family = families.removeValue(forKey: name) ?? Family(help: help, typeName: made.typeName)
            precondition(family.typeName == made.typeName, "\(name) is a \(family.typeName) already")
            if family.series.count < maximumSeriesPerName {
                family.series[key] = made
            } else {
                droppedSeries.add()
            }
            families[name] = family
            return made
        }
    }

    static func isValidName(_ name: String) -> Bool {
        guard let first = name.utf8.first, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else {
            return false
        }
        return name.utf8.allSatisfy(MetricName.isIdentifierByte)
    }
}

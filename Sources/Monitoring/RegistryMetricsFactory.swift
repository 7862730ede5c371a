public import CoreMetrics
import Synchronization
public import Telemetry

/// Puts what libraries measure through swift-metrics (Hummingbird's requests, connection pools) on the same page as our own metrics.
///
/// Names become Prometheus names: what is no letter or digit becomes `_`, counters end in `_total`, timers in `_seconds`. A name that
/// is taken by a metric of another type is measured and not shown. Prometheus counters don't go back, so a reset changes nothing.
public final class RegistryMetricsFactory: MetricsFactory {
    private let registry: MetricsRegistry
    /// Registering a name and looking at what it is taken for must not be torn apart.
    private let turn = Mutex<Void>(())

    public init(_ registry: MetricsRegistry) {
        self.registry = registry
    }

    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        let name = Self.name(label, suffix: "_total")
        let counter = registered(name, as: "counter") {
            registry.counter(name, help: Self.help(label), labels: Self.labels(dimensions))
        }
        return CounterBridge(counter ?? Telemetry.Counter())
    }

    public func makeFloatingPointCounter(
        label: String,
        dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        // Not the name of the whole counter of this label, which counts otherwise.
        let name = Self.name(label, suffix: "_sum_total")
        let counter = registered(name, as: "counter") {
            registry.seconds(name, help: Self.help(label), labels: Self.labels(dimensions))
        }
        return FloatingPointCounterBridge(counter ?? SecondsCounter())
    }

    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        GaugeBridge(gauge(label, dimensions))
    }

    public func makeRecorder(
        label: String,
        dimensions: [(String, String)],
        aggregate: Bool
    ) -> any RecorderHandler {
        guard aggregate else { return GaugeBridge(gauge(label, dimensions)) }
        return HistogramBridge(histogram(Self.name(label), label, RegistryMetricsFactory.valueBounds, dimensions))
    }

    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        let name = Self.name(label, suffix: "_seconds")
        return TimerBridge(histogram(name, label, Histogram.secondsBounds, dimensions))
    }

    // Instruments stay on the page for the life of the process, as Prometheus wants it.
    public func destroyCounter(_ handler: any CounterHandler) {}
    public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {}
    public func destroyMeter(_ handler: any MeterHandler) {}
    public func destroyRecorder(_ handler: any RecorderHandler) {}
    public func destroyTimer(_ handler: any TimerHandler) {}

    /// Sizes and counts, of which a library doesn't say the range.
    private static let valueBounds: [Double] = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000]

    private func gauge(_ label: String, _ dimensions: [(String, String)]) -> Telemetry.Gauge {
        let name = Self.name(label)
        let gauge = registered(name, as: "gauge") {
            registry.gauge(name, help: Self.help(label), labels: Self.labels(dimensions))
        }
        return gauge ?? Telemetry.Gauge()
    }

    private func histogram(
        _ name: String,
        _ label: String,
        _ bounds: [Double],
        _ dimensions: [(String, String)]
    ) -> Histogram {
        let histogram = registered(name, as: "histogram") {
            registry.histogram(name, help: Self.help(label), bounds: bounds, labels: Self.labels(dimensions))
        }
        return histogram ?? Histogram(bounds: bounds)
    }

    /// Our own names are not for libraries, and a name has one type.
    private func registered<Instrument>(
        _ name: String,
        as typeName: String,
        _ make: () -> Instrument
    ) -> Instrument? {
        guard !name.hasPrefix("meterlog_") else { return nil }
        return turn.withLock { _ in
            guard registry.typeName(of: name) ?? typeName == typeName else { return nil }
            return make()
        }
    }

    private static func name(_ label: String, suffix: String = "") -> String {
        var name = MetricName.identifier(label)
        if name.isEmpty || name.utf8.first.map({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) == true {
            name = "_" + name
        }
        return name.hasSuffix(suffix) ? name : name + suffix
    }

    private static func help(_ label: String) -> String { "\(label), measured by a library." }

    private static func labels(_ dimensions: [(String, String)]) -> [MetricLabel] {
        var seen: Set<String> = []
        return dimensions.compactMap { dimension in
            let name = Self.name(dimension.0)
            guard seen.insert(name).inserted else { return nil }
            return MetricLabel(name.hasPrefix("__") ? "x" + name : name, dimension.1)
        }
    }
}

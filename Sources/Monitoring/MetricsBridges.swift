import CoreMetrics
import Telemetry

final class CounterBridge: CounterHandler {
    private let counter: Telemetry.Counter

    init(_ counter: Telemetry.Counter) {
        self.counter = counter
    }

    func increment(by amount: Int64) {
        if amount > 0 { counter.add(amount) }
    }

    func reset() {}
}

final class FloatingPointCounterBridge: FloatingPointCounterHandler {
    private let counter: SecondsCounter

    init(_ counter: SecondsCounter) {
        self.counter = counter
    }

    func increment(by amount: Double) {
        counter.add(seconds: amount)
    }

    func reset() {}
}

final class GaugeBridge: MeterHandler, RecorderHandler {
    private let gauge: Telemetry.Gauge

    init(_ gauge: Telemetry.Gauge) {
        self.gauge = gauge
    }

    func set(_ value: Int64) { gauge.set(value) }
    func set(_ value: Double) { gauge.set(value) }
    func increment(by amount: Double) { gauge.add(amount) }
    func decrement(by amount: Double) { gauge.add(-amount) }
    func record(_ value: Int64) { gauge.set(value) }
    func record(_ value: Double) { gauge.set(value) }
}

final class HistogramBridge: RecorderHandler {
    private let histogram: Histogram

    init(_ histogram: Histogram) {
        self.histogram = histogram
    }

    func record(_ value: Int64) { histogram.observe(Double(value)) }
    func record(_ value: Double) { histogram.observe(value) }
}

final class TimerBridge: TimerHandler {
    private let histogram: Histogram

    init(_ histogram: Histogram) {
        self.histogram = histogram
    }

    func recordNanoseconds(_ duration: Int64) {
        histogram.observe(Double(duration) / 1e9)
    }
}

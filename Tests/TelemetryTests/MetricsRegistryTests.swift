import Telemetry
import Testing

@Suite struct MetricsRegistryTests {
    @Test func rendersFamiliesInOrderWithEscapedText() {
        let registry = MetricsRegistry()
        registry.gauge("b_lag", help: "Lag\nof \\ it", labels: [MetricLabel("topic", "a\"b\\c\nd")]).set(1.5)
        registry.counter("a_total", help: "A", labels: [MetricLabel("z", "2"), MetricLabel("p", "1")]).add(3)
        registry.counter("a_total", help: "A", labels: [MetricLabel("p", "0"), MetricLabel("z", "2")]).add(4)
        let expected = #"""
            # HELP a_total A
            # TYPE a_total counter
            a_total{p="0",z="2"} 4
            a_total{p="1",z="2"} 3
            # HELP b_lag Lag\nof \\ it
            # TYPE b_lag gauge
            b_lag{topic="a\"b\\c\nd"} 1.5

            """#
        #expect(registry.renderPrometheusText() == expected)
    }

    @Test func histogramBucketsAreCumulativeAndInclusive() {
        let registry = MetricsRegistry()
        let histogram = registry.histogram("h_seconds", help: "H", bounds: [0.1, 1])
        for value in [0.1, 0.5, 1, 7, .nan] { histogram.observe(value) }
        let expected = """
            # HELP h_seconds H
            # TYPE h_seconds histogram
            h_seconds_bucket{le="0.1"} 1
            h_seconds_bucket{le="1"} 3
            h_seconds_bucket{le="+Inf"} 4
            h_seconds_sum 8.6
            h_seconds_count 4

            """
        #expect(registry.renderPrometheusText() == expected)
    }

    @Test func sameNameAndLabelsGiveTheSameInstrument() {
        let registry = MetricsRegistry()
        let one = registry.counter("c_total", help: "C", labels: [MetricLabel("a", "1"), MetricLabel("b", "2")])
        let two = registry.counter("c_total", help: "C", labels: [MetricLabel("b", "2"), MetricLabel("a", "1")])
        one.add()
        two.add(2)
        #expect(one === two)
        #expect(one.value == 3)
    }

    @Test func removedSeriesLeaveThePage() {
        let registry = MetricsRegistry()
        registry.gauge("g", help: "G", labels: [MetricLabel("p", "1")]).set(Int64(1))
        registry.remove("g", labels: [MetricLabel("p", "1")])
        #expect(registry.renderPrometheusText() == "")
    }

    @Test func seriesOverTheLimitWorkButAreCountedInsteadOfShown() {
        let registry = MetricsRegistry(maximumSeriesPerName: 1)
        registry.counter("c_total", help: "C", labels: [MetricLabel("p", "1")]).add()
        let hidden = registry.counter("c_total", help: "C", labels: [MetricLabel("p", "2")])
        hidden.add(5)
        let page = registry.renderPrometheusText()
        #expect(hidden.value == 5)
        #expect(!page.contains(#"p="2""#))
        #expect(page.contains("meterlog_metrics_series_dropped_total 1"))
    }

    @Test func valuesThatAreNoNumbersAreSpelledForPrometheus() {
        let registry = MetricsRegistry()
        registry.gauge("nan", help: "").set(Double.nan)
        registry.gauge("inf", help: "").set(-Double.infinity)
        registry.gauge("big", help: "").set(1e300)
        let page = registry.renderPrometheusText()
        #expect(page.contains("\nnan NaN\n"))
        #expect(page.contains("\ninf -Inf\n"))
        #expect(page.contains("\nbig 1e+300\n"))
    }

    @Test func processorCounterNamesAreIdentifiers() {
        #expect(MetricName.processorCounter("alarm-router", "stored_total") == "meterlog_alarm_router_stored_total")
    }

    @Test func manyThreadsLoseNoCount() async {
        let counter = Counter()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    for _ in 0..<10_000 { counter.add() }
                }
            }
        }
        #expect(counter.value == 40_000)
    }
}

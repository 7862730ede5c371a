import CoreMetrics
import Monitoring
import Telemetry
import Testing

@Suite struct RegistryMetricsFactoryTests {
    private let registry = MetricsRegistry()
    private var factory: RegistryMetricsFactory { RegistryMetricsFactory(registry) }

    @Test func whatLibrariesMeasureIsOnThePage() {
        let factory = factory
        CoreMetrics.Counter(label: "hb.requests", dimensions: [("http.route", "/a\"b")], factory: factory).increment(
            by: 3
        )
        CoreMetrics.Timer(label: "http.server.request.duration", factory: factory).recordMilliseconds(20)
        CoreMetrics.Meter(label: "http.server.active_requests", factory: factory).increment(by: 2)
        CoreMetrics.Gauge(label: "pool.size", factory: factory).record(7)
        CoreMetrics.Recorder(label: "body.bytes", factory: factory).record(50)
        CoreMetrics.FloatingPointCounter(label: "work", factory: factory).increment(by: 0.5)
        let page = registry.renderPrometheusText()
        #expect(page.contains("# TYPE hb_requests_total counter\nhb_requests_total{http_route=\"/a\\\"b\"} 3\n"))
        #expect(page.contains("http_server_request_duration_seconds_bucket{le=\"0.025\"} 1\n"))
        #expect(page.contains("http_server_active_requests 2\n"))
        #expect(page.contains("pool_size 7\n"))
        #expect(page.contains("body_bytes_bucket{le=\"100\"} 1\n"))
        #expect(page.contains("work_sum_total 0.5\n"))
    }

    @Test func theSameLabelCountsInOnePlace() {
        let factory = factory
        for _ in 0..<2 {
            CoreMetrics.Counter(label: "again", dimensions: [("a", "1")], factory: factory).increment()
        }
        #expect(registry.total("again_total") == 2)
    }

    @Test func aNameOfAnotherTypeIsNotShownAndTrapsNothing() {
        registry.gauge("taken_total", help: "G").set(Int64(5))
        CoreMetrics.Counter(label: "taken", factory: factory).increment()
        #expect(registry.renderPrometheusText().contains("taken_total 5\n"))
        #expect(!registry.renderPrometheusText().contains("taken_total 1\n"))
    }

    @Test func ourNamesAreNotForLibraries() {
        CoreMetrics.Counter(label: "meterlog.stream.records", factory: factory).increment()
        #expect(registry.renderPrometheusText() == "")
    }

    @Test func anythingIsANameAndALabel() {
        let odd = [("", "x"), ("9", "y"), ("__reserved", "z"), ("9", "twice")]
        CoreMetrics.Counter(label: "1 ä", dimensions: odd, factory: factory).increment()
        let page = registry.renderPrometheusText()
        #expect(throws: Never.self) { () throws in _ = try PrometheusPage(parsing: page) }
        #expect(page.contains("_1____total{"))
    }

    @Test func aResetOrALossTakesNothingAway() {
        let counter = CoreMetrics.Counter(label: "kept", factory: factory)
        counter.increment(by: 4)
        counter.reset()
        counter.increment(by: -1)
        #expect(registry.total("kept_total") == 4)
    }
}

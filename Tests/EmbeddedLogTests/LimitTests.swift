import EmbeddedLog
import KafkaProtocol
import Telemetry
import Testing

/// What clients can make the broker hold.
@Suite("Limits")
struct LimitTests {
    private static func requests(_ metrics: MetricsRegistry, _ api: String) -> Int64 {
        metrics.counter("meterlog_broker_requests_total", help: "", labels: [MetricLabel("api", api)]).value
    }

    private static func unsentBytes(_ metrics: MetricsRegistry) -> Double {
        metrics.gauge("meterlog_broker_unsent_response_bytes", help: "").value
    }

    /// Waits for up to ten seconds.
    private static func eventually(_ isTrue: () throws -> Bool) async throws -> Bool {
        for _ in 0..<1_000 {
            if try isTrue() { return true }
            try await Task.sleep(for: .milliseconds(10))
        }
        return false
    }

    @Test("clients that ask and never read hold no more than the limit and a batch each; others are served")
    func readsNothing() async throws {
        let metrics = MetricsRegistry()
        let limit = 4_000_000
        let clients = 10
        try await TestBroker.with {
            $0.metrics = metrics
            $0.limits.maxUnsentResponseBytes = limit
        } _: { broker in
            let good = try broker.connect()
            try good.createTopic("t")
            let value = String(repeating: "z", count: 500_000)
            for _ in 0..<12 { try good.produce("t", [value]) }
            let before = Self.requests(metrics, "fetch")
            var slow: [TestClient] = []
            for _ in 0..<clients {
                let client = try broker.connect()
                var request = client.fetchRequest("t")
                request.maxBytes = 50_000_000
                request.topics[0].partitions[0].partitionMaxBytes = 50_000_000
                for _ in 0..<50 { try client.send(request, version: 11) }
                slow.append(client)
            }
            // 500 requests ask for 6 MB each. Each client may have some in its socket, then it is not served any more.
            #expect(try await Self.eventually { Self.requests(metrics, "fetch") - before >= Int64(clients) })
            try await Task.sleep(for: .milliseconds(300))
            let held = Self.unsentBytes(metrics)
            #expect(held > 0)
            // Two event loops may each begin a response at the same time, and a stalled client holds one batch more.
            #expect(held <= Double(limit + 2 * 6_100_000 + clients * 1_100_000), "\(held)")
            #expect(Self.requests(metrics, "fetch") - before < 500)
            #expect(try good.values("t").count == 12)
            slow = []
            #expect(try await Self.eventually { Self.unsentBytes(metrics) == 0 })
        }
    }

    @Test("a client that asks and never reads is cut off when nothing moves; one that waits for records is not")
    func idle() async throws {
        let metrics = MetricsRegistry()
        try await TestBroker.with {
            $0.metrics = metrics
            $0.limits.maxIdleMilliseconds = 400
        } _: { broker in
            let producer = try broker.connect()
            try producer.createTopic("t")
            for _ in 0..<12 { try producer.produce("t", [String(repeating: "z", count: 500_000)]) }
            let waiting = try broker.connect()
            try waiting.send(waiting.fetchRequest("t", from: 12, maxWait: 3_000), version: 11)
            let stalled = try broker.connect()
            var request = stalled.fetchRequest("t")
            request.topics[0].partitions[0].partitionMaxBytes = 50_000_000
            for _ in 0..<20 { try stalled.send(request, version: 11) }
            let silent = try broker.connect()
            #expect(silent.isClosedByBroker())
            #expect(try await Self.eventually { Self.unsentBytes(metrics) == 0 })
            let response = try waiting.receive(FetchResponse.self, version: 11)
            #expect(response.errorCode == 0)
            #expect(metrics.total("meterlog_broker_connections_idle_closed_total") >= 2)
        }
    }

    @Test("more in flight than the limit waits, and is answered")
    func inFlight() async throws {
        try await TestBroker.with {
            $0.limits.maxInFlightBytes = 100_000
        } _: { broker in
            let admin = try broker.connect()
            try admin.createTopic("t")
            let clients = try (0..<4).map { _ in try broker.connect() }
            for client in clients {
                let batch = TestClient.batch([String(repeating: "x", count: 60_000)])
                for _ in 0..<10 { try client.send(client.produceRequest("t", batch), version: 9) }
            }
            for client in clients {
                for _ in 0..<10 {
                    let response = try client.receive(ProduceResponse.self, version: 9)
                    #expect(response.responses.first?.partitionResponses.first?.errorCode == 0)
                }
            }
            #expect(try admin.values("t").count == 40)
        }
    }

    @Test("a request beyond the limit closes its connection")
    func requestSize() async throws {
        try await TestBroker.with {
            $0.limits.maxRequestBytes = 10_000
        } _: { broker in
            let client = try broker.connect()
            try client.createTopic("t")
            let large = try broker.connect()
            try large.send(
                large.produceRequest("t", TestClient.batch([String(repeating: "x", count: 20_000)])),
                version: 9
            )
            #expect(large.isClosedByBroker())
            #expect(try client.produce("t", ["small"]).code == ErrorCode.none)
        }
    }

    @Test("what the broker does is counted")
    func counted() async throws {
        let metrics = MetricsRegistry()
        try await TestBroker.with {
            $0.metrics = metrics
            $0.limits.maxConnections = 2
        } _: { broker in
            let client = try broker.connect()
            try client.createTopic("t")
            for _ in 0..<5 { try client.produce("t", ["v"]) }
            let second = try broker.connect()
            #expect(try second.call(ApiVersionsRequest(), version: 0).errorCode == 0)
            #expect(try broker.connect().isClosedByBroker())
            #expect(Self.requests(metrics, "produce") == 5)
            let page = metrics.renderPrometheusText()
            #expect(page.contains("meterlog_broker_connections 2\n"))
            #expect(page.contains("meterlog_broker_connections_refused_total 1\n"))
            #expect(metrics.total("meterlog_broker_request_bytes_total") > 0)
            #expect(metrics.total("meterlog_broker_response_bytes_total") > 0)
            #expect(metrics.histogram("meterlog_broker_fsync_seconds", help: "").snapshot.count >= 5)
            #expect(page.contains("meterlog_broker_fsync_requests_bucket"))
            #expect(page.contains("meterlog_broker_log_bytes "))
        }
    }
}

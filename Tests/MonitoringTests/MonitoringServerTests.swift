import Foundation
import FoundationNetworking
import Logging
import Monitoring
import ServiceLifecycle
import Synchronization
import Telemetry
import Testing

@Suite struct MonitoringServerTests {
    private struct Answer {
        var status: Int
        var body: String
        var contentType: String
    }

    private let silent = Logger(label: "silent") { _ in SwiftLogNoOpLogHandler() }

    /// Runs a server on a free port while `body` asks it.
    private func withServer(
        tokens: [String: String] = [:],
        _ registry: MetricsRegistry,
        readiness: Readiness = Readiness(),
        _ body: @escaping @Sendable (Int) async throws -> Void
    ) async throws {
        let (ports, bound) = AsyncStream.makeStream(of: Int.self)
        let server = try MonitoringServer(
            address: MonitoringAddress(host: "127.0.0.1", port: 0),
            tokens: tokens,
            registry: registry,
            readiness: readiness,
            logger: silent,
            onBound: { bound.yield($0) }
        )
        let group = ServiceGroup(services: [server], logger: silent)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            var ready = ports.makeAsyncIterator()
            let port = try #require(await ready.next())
            try await body(port)
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }

    private static func get(_ port: Int, _ path: String, token: String? = nil) async throws -> Answer {
        var request = URLRequest(url: try #require(URL(string: "http://127.0.0.1:\(port)\(path)")))
        if let token { request.setValue("Bearer \(token)", forHTTPHeaderField: "Authorization") }
        let (data, response) = try await URLSession.shared.data(for: request)
        let http = try #require(response as? HTTPURLResponse)
        return Answer(
            status: http.statusCode,
            body: String(decoding: data, as: UTF8.self),
            contentType: http.value(forHTTPHeaderField: "Content-Type") ?? ""
        )
    }

    @Test func showsThePageAndTheProcess() async throws {
        let registry = MetricsRegistry()
        ProcessMetrics.install(in: registry)
        registry.counter("a_total", help: "A", labels: [MetricLabel("p", "x\"\\\ny")]).add(2)
        registry.histogram("h_seconds", help: "H").observe(0.3)
        try await withServer(registry) { port in
            let answer = try await Self.get(port, "/metrics")
            #expect(answer.status == 200)
            #expect(answer.contentType == "text/plain; version=0.0.4; charset=utf-8")
            let page = try PrometheusPage(parsing: answer.body)
            #expect(page.families["a_total"]?.samples.first?.labels["p"] == "x\"\\\ny")
            #expect(page.families["h_seconds"]?.type == "histogram")
            let memory = try #require(page.families["process_resident_memory_bytes"]?.samples.first?.value)
            #expect(memory > 1_000_000)
            let cpu = try #require(page.families["process_cpu_seconds_total"]?.samples.first?.value)
            #expect(cpu > 0)
            #expect((page.families["process_open_fds"]?.samples.first?.value ?? 0) > 2)
            #expect((page.families["process_threads"]?.samples.first?.value ?? 0) >= 1)
        }
    }

    @Test func readyOnlyWhenEveryPartIs() async throws {
        let isRestored = Atomic<Bool>(false)
        let parts = Readiness([
            { Readiness.Part(name: "one", isReady: true, detail: "4 partitions") },
            { Readiness.Part(name: "two", isReady: isRestored.load(ordering: .relaxed), detail: "restoring") },
        ])
        try await withServer(MetricsRegistry(), readiness: parts) { port in
            #expect(try await Self.get(port, "/health").status == 200)
            let before = try await Self.get(port, "/ready")
            #expect(before.status == 503)
            #expect(before.body.contains(#"{"name":"two","ready":false,"detail":"restoring"}"#))
            isRestored.store(true, ordering: .relaxed)
            let after = try await Self.get(port, "/ready")
            #expect(after.status == 200)
            #expect(after.body.hasPrefix(#"{"ready":true,"#))
            #expect(try await Self.get(port, "/elsewhere").status == 404)
        }
    }

    @Test func tokensGuardThePageAndNotTheProbes() async throws {
        try await withServer(tokens: ["secret": "prometheus"], MetricsRegistry()) { port in
            let refused = try await Self.get(port, "/metrics")
            #expect(refused.status == 401)
            let shown = try await Self.get(port, "/metrics", token: "secret")
            #expect(shown.status == 200)
            let probe = try await Self.get(port, "/ready")
            #expect(probe.status == 200)
        }
    }

    @Test func anAddressBeyondThisMachineNeedsTokens() {
        #expect(throws: MonitoringError.unprotectedAddress("0.0.0.0")) {
            try MonitoringServer(
                address: MonitoringAddress(host: "0.0.0.0", port: 0),
                registry: MetricsRegistry(),
                readiness: Readiness(),
                logger: silent
            )
        }
    }

    @Test func aTakenPortIsNamedUnlessAnotherWillDo() async throws {
        let silent = silent
        try await withServer(MetricsRegistry()) { port in
            let error = #expect(throws: MonitoringError.self) {
                try MonitoringServer(
                    address: MonitoringAddress(host: "127.0.0.1", port: port),
                    registry: MetricsRegistry(),
                    readiness: Readiness(),
                    logger: silent
                )
            }
            #expect(error?.description.contains("127.0.0.1:\(port)") == true)
            #expect(error?.description.contains("METERLOG_METRICS_ADDRESS") == true)
            let (ports, bound) = AsyncStream.makeStream(of: Int.self)
            let second = try MonitoringServer(
                address: MonitoringAddress(host: "127.0.0.1", port: port, isPortNegotiable: true),
                registry: MetricsRegistry(),
                readiness: Readiness(),
                logger: silent,
                onBound: { bound.yield($0) }
            )
            let group = ServiceGroup(services: [second], logger: silent)
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask { try await group.run() }
                var ready = ports.makeAsyncIterator()
                let other = try #require(await ready.next())
                #expect(other != port)
                #expect(try await Self.get(other, "/health").status == 200)
                await group.triggerGracefulShutdown()
                try await tasks.waitForAll()
            }
        }
    }
}

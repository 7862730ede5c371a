import Foundation
import FoundationNetworking
import PostgresIO
import Testing

/// Every executable shows its metrics, says whether it is ready, and writes log lines with fields.
///
/// Needs the built programs (`METERLOG_BINARY`, the others beside it) and a PostgreSQL (`METERLOG_TEST_DATABASE_URL`).
@Suite(.serialized) struct ExecutableMetricsTests {
    private static let variables = ProcessInfo.processInfo.environment
    private static let isPossible =
        (variables["METERLOG_BINARY"] != nil && variables["METERLOG_TEST_DATABASE_URL"] != nil)
        || variables["METERLOG_TEST_STAGE"] == "integration"
    private static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    private let meterlog: String
    private let folder: URL

    init() throws {
        meterlog = Self.variables["METERLOG_BINARY"] ?? "meterlog"
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("meterlog-metrics-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    private static func get(_ port: Int, _ path: String) async throws -> (status: Int, body: String) {
        let url = try #require(URL(string: "http://127.0.0.1:\(port)\(path)"))
        let (data, response) = try await URLSession.shared.data(from: url)
        let status = try #require(response as? HTTPURLResponse).statusCode
        return (status, String(decoding: data, as: UTF8.self))
    }

    private func environment(_ more: [String: String]) -> [String: String] {
        [
            "METERLOG_HOME": Self.root.path, "METERLOG_METRICS_ADDRESS": "127.0.0.1:0", "METERLOG_LOG_LEVEL": "info",
            "METERLOG_DATA_DIRECTORY": folder.path, "METERLOG_GATEWAY_PORT": "0", "METERLOG_API_PORT": "0",
            "METERLOG_BROKER_PORT": "0",
        ].merging(more) { _, new in new }
    }

    /// Scrapes until the program is ready, checks the page, and gives its families.
    private func scrape(_ program: RunningProgram) async throws -> Set<String> {
        let port = try await program.number("port", inLineWith: "metrics listen")
        let deadline = ContinuousClock.now.advanced(by: .seconds(60))
        while try await Self.get(port, "/ready").status != 200, ContinuousClock.now < deadline {
            try await Task.sleep(for: .milliseconds(100))
        }
        let ready = try await Self.get(port, "/ready")
        #expect(ready.status == 200, "\(ready.body)\n\(program.log)")
        #expect(try await Self.get(port, "/health").status == 200)
        let page = try PrometheusPage(parsing: try await Self.get(port, "/metrics").body)
        let documented = try Self.documented()
        let own = page.families.keys.filter { !$0.hasPrefix("hb_") && !$0.hasPrefix("http_") }
        let undocumented = Set(own).subtracting(documented).sorted()
        #expect(undocumented == [], "not in docs/metrics.md")
        let families = Set(page.families.keys)
        for name in ["process_resident_memory_bytes", "process_cpu_seconds_total", "meterlog_build_info"] {
            #expect(families.contains(name))
        }
        for line in program.log.split(separator: "\n") {
            #expect(line.hasPrefix("time=") && line.contains(" level=") && line.contains(" service="), "\(line)")
        }
        return families
    }

    private static func documented() throws -> Set<String> {
        let text = try String(contentsOf: root.appendingPathComponent("docs/metrics.md"), encoding: .utf8)
        return Set(text.matches(of: #/\| `([a-z_0-9]+)` \|/#).map { String($0.1) })
    }

    private func withDatabase(_ body: (String) async throws -> Void) async throws {
        let server = try #require(Self.variables["METERLOG_TEST_DATABASE_URL"])
        let name = "meterlog_test_\(UInt64.random(in: 0...UInt64.max))"
        let options = PostgresConnectionOptions(
            url: server,
            applicationName: "meterlog-tests",
            statementTimeoutMilliseconds: 60_000
        )
        var admin = try PostgresConnection(options)
        try admin.execute("CREATE DATABASE \(name)")
        var url = try #require(URLComponents(string: server))
        url.path = "/\(name)"
        let outcome: Result<Void, any Error>
        do {
            outcome = .success(try await body(try #require(url.string)))
        } catch {
            outcome = .failure(error)
        }
        try admin.execute("DROP DATABASE \(name) WITH (FORCE)")
        try outcome.get()
    }

    @Test(.enabled(if: isPossible, "METERLOG_BINARY or METERLOG_TEST_DATABASE_URL is not set"), .timeLimit(.minutes(5)))
    func everyExecutableShowsItsMetrics() async throws {
        defer { removeFolder() }
        try await withDatabase { database in
            let broker = try RunningProgram(
                meterlog,
                ["broker", "--listen", "127.0.0.1:0", "--data", folder.appendingPathComponent("log").path],
                environment([:])
            )
            let address = try await broker.line(with: "listening on ").split(separator: " ").last.map { String($0) }
            _ = try await scrape(broker)
            let settings = environment([
                "METERLOG_KAFKA_BROKERS": try #require(address), "METERLOG_DATABASE_URL": database,
            ])
            #expect(try await RunningProgram(meterlog, ["topics", "apply"], settings).wait() == 0)
            #expect(try await RunningProgram(meterlog, ["migrate"], settings).wait() == 0)
            let expected = [
                "gateway": "meterlog_gateway_payloads_total", "normalizer": "meterlog_normalizer_payloads_total",
                "vee": "meterlog_vee_intervals_in_total", "alarms": "meterlog_alarms_alarms_total",
                "projector": "meterlog_projection_rows_total", "api": "meterlog_build_info",
            ]
            for (service, name) in expected.sorted(by: { $0.key < $1.key }) {
                let thin = try RunningProgram("\(meterlog)-\(service)", [], settings)
                let families = try await scrape(thin)
                #expect(families.contains(name), "\(service) has no \(name)")
                #expect(await thin.stop() == 0, "\(thin.log)")
            }
            let asCommand = try RunningProgram(meterlog, ["service", "vee"], settings)
            #expect(try await scrape(asCommand).contains("meterlog_stream_records_total"))
            #expect(await asCommand.stop() == 0)
            #expect(await broker.stop() == 0)
        }
    }

    @Test(.enabled(if: isPossible, "METERLOG_BINARY or METERLOG_TEST_DATABASE_URL is not set"), .timeLimit(.minutes(5)))
    func theWholeNodeShowsTheMetricsOfAllItsServices() async throws {
        defer { removeFolder() }
        try await withDatabase { database in
            let node = try RunningProgram(meterlog, ["run"], environment(["METERLOG_DATABASE_URL": database]))
            let families = try await scrape(node)
            let some = [
                "meterlog_gateway_payloads_total", "meterlog_normalizer_payloads_total",
                "meterlog_vee_intervals_in_total", "meterlog_alarms_alarms_total", "meterlog_projection_rows_total",
                "meterlog_stream_lag_records",
            ]
            for name in some { #expect(families.contains(name), "no \(name)") }
            #expect(await node.stop() == 0, "\(node.log)")
        }
    }

    private func removeFolder() {
        do {
            try FileManager.default.removeItem(at: folder)
        } catch {
            Issue.record("\(folder.path) stays: \(error)")
        }
    }
}

import Foundation
import HTTPServing
import Logging
import QueryAPI
import Telemetry
import Testing

#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

/// A query API on a free loopback port, asked over a real socket.
struct RunningAPI {
    struct Answer {
        let status: Int
        let headers: [String: String]
        let body: Data

        var text: String { String(decoding: body, as: UTF8.self) }

        /// The JSON object of the body.
        func object() throws -> [String: Any] {
            try #require(JSONSerialization.jsonObject(with: body) as? [String: Any])
        }

        /// The rows of a page.
        func rows() throws -> [[String: Any]] {
            try #require(object()["data"] as? [[String: Any]])
        }
    }

    let port: Int
    let registry: MetricsRegistry

    /// The defaults, with few connections: many servers share one database here.
    static var limits: QueryAPIConfiguration.Limits {
        var limits = QueryAPIConfiguration.Limits()
        limits.databaseConnections = 2
        return limits
    }

    /// Runs the service while `body` runs.
    static func with(
        databaseURL: String,
        tokens: [String: String] = [:],
        limits: QueryAPIConfiguration.Limits = RunningAPI.limits,
        _ body: @escaping @Sendable (RunningAPI) async throws -> Void
    ) async throws {
        let configuration = QueryAPIConfiguration(
            port: 0,
            databaseURL: databaseURL,
            tokens: BearerTokens(tokens),
            version: "test",
            limits: limits
        )
        let registry = MetricsRegistry()
        let (ports, bound) = AsyncStream.makeStream(of: Int.self)
        let logger = Logger(label: "api-tests") { _ in SwiftLogNoOpLogHandler() }
        let service = try QueryAPIService(configuration: configuration, registry: registry, logger: logger) { port in
            bound.yield(port)
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await service.run()
                bound.finish()
            }
            var iterator = ports.makeAsyncIterator()
            let port = try #require(await iterator.next())
            try await body(RunningAPI(port: port, registry: registry))
            group.cancelAll()
        }
    }

    func get(
        _ path: String,
        method: String = "GET",
        headers: [String: String] = [:]
    ) async throws -> Answer {
        var request = URLRequest(url: try #require(URL(string: "http://127.0.0.1:\(port)\(path)")))
        request.httpMethod = method
        request.setValue("*/*", forHTTPHeaderField: "Accept")
        for (name, value) in headers { request.setValue(value, forHTTPHeaderField: name) }
        let session = URLSession(configuration: .ephemeral)
        defer { session.finishTasksAndInvalidate() }
        let (body, response) = try await session.data(for: request)
        let http = try #require(response as? HTTPURLResponse)
        var fields: [String: String] = [:]
        for (name, value) in http.allHeaderFields { fields["\(name)".lowercased()] = "\(value)" }
        return Answer(status: http.statusCode, headers: fields, body: body)
    }
}

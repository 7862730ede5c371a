import Foundation
import PostgresIO
import Projection
import Testing

/// A database of its own for each test on the server that `METERLOG_TEST_DATABASE_URL` names; dropped afterwards.
enum TestDatabase {
    static let url: String? = ProcessInfo.processInfo.environment["METERLOG_TEST_DATABASE_URL"]

    /// In the integration stage the suites run even without a database, so that they fail instead of vanishing.
    static let isExpected =
        url != nil || ProcessInfo.processInfo.environment["METERLOG_TEST_STAGE"] == "integration"

    /// The variant that new databases on this server get, or what `METERLOG_TEST_VARIANT` asks for.
    static let variant = ProcessInfo.processInfo.environment["METERLOG_TEST_VARIANT"]
        .flatMap { MigrationVariant(rawValue: $0) }

    static func options(_ url: String, statementTimeoutMilliseconds: Int = 60_000) -> PostgresConnectionOptions {
        PostgresConnectionOptions(
            url: url,
            applicationName: "meterlog-tests",
            statementTimeoutMilliseconds: statementTimeoutMilliseconds
        )
    }

    /// Makes a database, hands its URL to the body and drops it.
    static func withDatabase<Result>(_ body: (String) async throws -> Result) async throws -> Result {
        let server = try #require(url, "set METERLOG_TEST_DATABASE_URL to the URL of a server with CREATEDB")
        let name = "meterlog_test_\(UInt64.random(in: 0...UInt64.max))"
        var admin = try PostgresConnection(options(server))
        try admin.execute("CREATE DATABASE \(name)")
        let result: Swift.Result<Result, any Error>
        do {
            result = .success(try await body(replaceDatabase(of: server, by: name)))
        } catch {
            result = .failure(error)
        }
        try admin.execute("DROP DATABASE \(name) WITH (FORCE)")
        return try result.get()
    }

    /// The same with all migrations applied.
    static func withMigratedDatabase<Result>(_ body: (String) async throws -> Result) async throws -> Result {
        try await withDatabase { url in
            var connection = try PostgresConnection(options(url))
            _ = try Migrator(files: migrations(), preferredVariant: variant).apply(&connection)
            _ = consume connection
            return try await body(url)
        }
    }

    /// The project's own migrations.
    static func migrations() throws -> [(name: String, text: String)] {
        let directory = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../migrations").standardizedFileURL
        let names = try FileManager.default.contentsOfDirectory(atPath: directory.path())
            .filter { $0.hasSuffix(".sql") }
        return try names.map { name in
            (name, try String(contentsOf: directory.appending(path: name), encoding: .utf8))
        }
    }

    /// URI or keyword form.
    private static func replaceDatabase(of url: String, by name: String) -> String {
        guard var parts = URLComponents(string: url), url.hasPrefix("postgres") else {
            return url + " dbname=\(name)"
        }
        parts.path = "/\(name)"
        return parts.string ?? url
    }
}

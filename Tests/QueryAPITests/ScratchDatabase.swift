import Foundation
import PostgresIO
import Testing

/// A database of its own for one suite, with the project's migrations applied on ordinary PostgreSQL and some rows in it,
/// dropped when the suite is over.
struct ScratchDatabase: SuiteTrait, TestScoping {
    static let adminURL: String? = ProcessInfo.processInfo.environment["METERLOG_TEST_DATABASE_URL"]
    static let missing: Comment = "set METERLOG_TEST_DATABASE_URL to the URL of a server that may create databases"

    /// In the integration stage the suites run even without a server, so that they fail instead of vanishing.
    static let isExpected =
        adminURL != nil || ProcessInfo.processInfo.environment["METERLOG_TEST_STAGE"] == "integration"

    @TaskLocal private static var currentURL: String?

    /// The URL of the suite's database.
    static var url: String {
        get throws { try #require(currentURL, "the suite has the scratch database as a trait") }
    }

    /// SQL that puts the rows in.
    let rows: String

    func provideScope(
        for test: Test,
        testCase: Test.Case?,
        performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        let adminURL = try #require(Self.adminURL, Self.missing)
        let name = "api_\(UInt64.random(in: 0...UInt64.max))"
        var admin = try Self.connect(adminURL)
        try admin.execute("CREATE DATABASE \(name)")
        let failure: (any Error)?
        do {
            let url = try Self.replacingDatabase(of: adminURL, with: name)
            try Self.migrate(url)
            var connection = try Self.connect(url)
            try connection.execute(rows)
            try await Self.$currentURL.withValue(url) { try await function() }
            failure = nil
        } catch {
            failure = error
        }
        try admin.execute("DROP DATABASE \(name) WITH (FORCE)")
        if let failure { throw failure }
    }

    static func connect(_ url: String) throws -> PostgresConnection {
        try PostgresConnection(PostgresConnectionOptions(url: url, applicationName: "api-tests"))
    }

    private static func migrate(_ url: String) throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let folder = root.appending(path: "migrations")
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path()).filter { $0.hasSuffix(".sql") }
        var connection = try connect(url)
        try connection.execute("SELECT set_config('meterlog.variant', 'postgresql', false)")
        for file in files.sorted() {
            // Files that can't run in one transaction name the places where they may be cut.
            let text = try String(contentsOf: folder.appending(path: file), encoding: .utf8)
            for part in text.components(separatedBy: "\n-- next\n") { try connection.execute(part) }
        }
    }

    private static func replacingDatabase(of url: String, with name: String) throws -> String {
        let withoutQuery = url.prefix { $0 != "?" }
        let slash = try #require(withoutQuery.lastIndex(of: "/"), "the test database URL has the form of a URI")
        return url[...slash] + name + url[withoutQuery.endIndex...]
    }
}

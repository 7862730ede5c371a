import Glibc
import PostgresIO
import Testing

/// The real PostgreSQL the integration tests run against, named by `METERLOG_TEST_DATABASE_URL`.
enum TestDatabase {
    static let url: String? = environment("METERLOG_TEST_DATABASE_URL")
    static let missing: Comment = "set METERLOG_TEST_DATABASE_URL to the URL of a scratch database"

    /// In the integration stage the suites run even without a database, so that they fail instead of vanishing.
    static let isExpected = url != nil || environment("METERLOG_TEST_STAGE") == "integration"

    static func options(
        connectTimeoutMilliseconds: Int = 5000,
        statementTimeoutMilliseconds: Int = 30_000,
        lockTimeoutMilliseconds: Int = 5000,
        preparedStatementLimit: Int = 64,
        isReadOnly: Bool = false,
        onNotice: (@Sendable (PostgresNotice) -> Void)? = nil
    ) throws -> PostgresConnectionOptions {
        PostgresConnectionOptions(
            url: try #require(url, missing),
            applicationName: "meterlog-tests",
            connectTimeoutMilliseconds: connectTimeoutMilliseconds,
            statementTimeoutMilliseconds: statementTimeoutMilliseconds,
            lockTimeoutMilliseconds: lockTimeoutMilliseconds,
            preparedStatementLimit: preparedStatementLimit,
            isReadOnly: isReadOnly,
            onNotice: onNotice
        )
    }

    static func connect() throws -> PostgresConnection {
        try PostgresConnection(options())
    }

    /// A name no other test run uses.
    static func uniqueName(_ stem: String) -> String {
        "\(stem)_\(UInt64.random(in: 0...UInt64.max))"
    }

    private static func environment(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }
    }
}

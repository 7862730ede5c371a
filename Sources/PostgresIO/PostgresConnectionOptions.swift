/// How to reach a database, and how long to wait for it.
public struct PostgresConnectionOptions: Sendable {
    /// A libpq connection string or URI (`postgresql://user:password@host:port/database?sslmode=verify-full`). May hold
    /// a password, so it is never printed.
    public var url: String
    /// Shown in `pg_stat_activity`.
    public var applicationName: String
    /// Limit of the whole connection attempt over all addresses.
    public var connectTimeoutMilliseconds: Int
    /// Limit of one statement on the server; 0 means none.
    public var statementTimeoutMilliseconds: Int
    /// Limit of one wait for a lock on the server; 0 means none.
    public var lockTimeoutMilliseconds: Int
    /// After how long without an acknowledgement sent data counts as lost.
    public var networkTimeoutMilliseconds: Int
    /// Prepared statements kept per connection; the one unused longest makes room.
    public var preparedStatementLimit: Int
    /// Makes every transaction of the session read-only unless it says otherwise.
    public var isReadOnly: Bool
    /// Called with each notice of the server, on the thread that uses the connection.
    public var onNotice: (@Sendable (PostgresNotice) -> Void)?

    public init(
        url: String,
        applicationName: String,
        connectTimeoutMilliseconds: Int = 5000,
        statementTimeoutMilliseconds: Int = 60_000,
        lockTimeoutMilliseconds: Int = 10_000,
        networkTimeoutMilliseconds: Int = 60_000,
        preparedStatementLimit: Int = 64,
        isReadOnly: Bool = false,
        onNotice: (@Sendable (PostgresNotice) -> Void)? = nil
    ) {
        self.url = url
        self.applicationName = applicationName
        self.connectTimeoutMilliseconds = connectTimeoutMilliseconds
        self.statementTimeoutMilliseconds = statementTimeoutMilliseconds
        self.lockTimeoutMilliseconds = lockTimeoutMilliseconds
        self.networkTimeoutMilliseconds = networkTimeoutMilliseconds
        self.preparedStatementLimit = preparedStatementLimit
        self.isReadOnly = isReadOnly
        self.onNotice = onNotice
    }
}

extension PostgresConnectionOptions: CustomStringConvertible {
    public var description: String { "PostgreSQL connection options of \(applicationName)" }
}

/// A notice, warning or information message of the server.
public struct PostgresNotice: Sendable, Equatable {
    /// NOTICE, WARNING, INFO, LOG or DEBUG.
    public let severity: String
    public let sqlState: SQLState?
    public let message: String

    package init(severity: String, sqlState: SQLState?, message: String) {
        self.severity = severity
        self.sqlState = sqlState
        self.message = message
    }
}

/// A message that another session sent with NOTIFY.
public struct PostgresNotification: Sendable, Equatable {
    public let channel: String
    public let payload: String
    /// The server process that sent it.
    public let senderProcessID: Int32
}

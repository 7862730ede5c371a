public import HTTPServing

/// Settings of the query API; every limit has a unit.
public struct QueryAPIConfiguration: Sendable {
    public var host: String
    /// 0: any free port.
    public var port: Int
    /// A libpq connection string or URI. May hold a password, so it is never logged.
    public var databaseURL: String
    /// Needed on any address but loopback.
    public var tokens: BearerTokens
    /// The program's version, shown by the health route.
    public var version: String
    public var limits: Limits

    public init(
        host: String = "127.0.0.1",
        port: Int = 8481,
        databaseURL: String,
        tokens: BearerTokens = BearerTokens(),
        version: String = "development",
        limits: Limits = Limits()
    ) {
        self.host = host
        self.port = port
        self.databaseURL = databaseURL
        self.tokens = tokens
        self.version = version
        self.limits = limits
    }

    /// Addresses that only this machine reaches.
    public var isLoopback: Bool {
        host == "localhost" || host == "::1" || host.hasPrefix("127.")
    }
}

extension QueryAPIConfiguration {
    /// What one server gives out at most.
    public struct Limits: Sendable {
        /// Rows of a page when the request names no limit.
        public var defaultPageRows = 1000
        /// Rows of a page at most.
        public var maxPageRows = 10_000
        /// Time of one query on the database.
        public var queryMilliseconds = 10_000
        /// Connections to the database.
        public var databaseConnections = 8
        /// How long a request waits for a connection to the database.
        public var databaseWaitMilliseconds = 2000
        /// Requests being answered at one time; beyond it 503.
        public var concurrentRequests = 64
        /// Open connections of clients; further ones are closed at once.
        public var clientConnections = 1024
        /// Seconds after which an idle connection of a client is closed.
        public var idleConnectionSeconds = 60
        /// Requests a second of one peer, averaged; beyond it 429.
        public var requestsPerSecondPerPeer = 50
        /// Requests a peer may make at once after a pause.
        public var requestBurstPerPeer = 100
        /// Peers whose rate is kept apart; further ones share one budget.
        public var rateLimitedPeers = 10_000

        public init() {}
    }
}

/// A query API that can't be started.
public enum QueryAPIError: Error, Sendable, Equatable, CustomStringConvertible {
    case unprotectedAddress(String)

    public var description: String {
        switch self {
        case .unprotectedAddress(let host):
            "the query API does not listen on \(host) without bearer tokens; configure api.tokens or listen on 127.0.0.1"
        }
    }
}

/// One address that the broker listens on, and what it asks of those who connect.
///
/// Without TLS the address must be a loopback one. With TLS every client shows a certificate, whatever else it is asked.
public struct BrokerListener: Sendable, Equatable {
    /// The files of a TLS listener, PEM. They are read at the start and by `EmbeddedLogServer.reload`.
    public struct TLS: Sendable, Equatable {
        /// The broker's certificate, then those between it and its root.
        public var certificateFile: String
        /// The certificate's private key, not encrypted; nobody but its owner and group may read it.
        public var keyFile: String
        /// The authorities whose certificates clients may show.
        public var clientCAFile: String

        public init(certificateFile: String, keyFile: String, clientCAFile: String) {
            self.certificateFile = certificateFile
            self.keyFile = keyFile
            self.clientCAFile = clientCAFile
        }
    }

    /// Address or name to listen on.
    public var host = "127.0.0.1"
    /// TCP port; 0 takes a free one.
    public var port = 0
    /// The host that clients of this listener are told to connect to; nil: `host`. Needed where that means any address.
    public var advertisedHost: String?
    /// The port that clients of this listener are told to connect to; nil: the one listened on.
    public var advertisedPort: Int?
    /// Nil: plain text, on a loopback address only. Else TLS 1.2 or newer with client certificates.
    public var tls: TLS?
    /// The SASL mechanisms by which clients may log in; empty: they need not.
    public var mechanisms: [SASLMechanism] = []

    public init(host: String = "127.0.0.1", port: Int = 0) {
        self.host = host
        self.port = port
    }

    /// Whether only this machine can connect to the host.
    static func isLoopback(_ host: String) -> Bool {
        if host == "localhost" || host == "::1" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }

    /// Whether the host stands for all addresses of the machine, so that it says nothing to a client.
    static func isWildcard(_ host: String) -> Bool {
        host.isEmpty || host == "0.0.0.0" || host == "::" || host == "0"
    }

    /// - Throws: `EmbeddedLogError` that says what is missing.
    func validate(hasCredentials: Bool) throws(EmbeddedLogError) {
        func require(_ isMet: Bool, _ name: String, _ reason: String) throws(EmbeddedLogError) {
            guard isMet else { throw .invalidSetting(name: name, reason: reason) }
        }
        guard tls != nil || Self.isLoopback(host) else { throw .addressNotLoopback(host) }
        try require((0...65_535).contains(port), "port", "must be 0 to 65535")
        try require(advertisedPort.map { (1...65_535).contains($0) } ?? true, "advertised port", "must be 1 to 65535")
        try require(
            advertisedHost.map { !Self.isWildcard($0) } ?? !Self.isWildcard(host),
            "advertised host",
            "is needed where the broker listens on all addresses (\(host)): clients are told to connect to it"
        )
        try require(
            mechanisms.isEmpty || hasCredentials,
            "credentials file",
            "is needed where clients log in by SASL; create one with: meterlog broker credentials add USER"
        )
    }
}

/// Where a listener is reached.
public struct ListenerAddress: Sendable, Equatable {
    /// As configured.
    public let host: String
    /// The port listened on.
    public let port: Int
    /// What clients are told to connect to.
    public let advertisedHost: String
    public let advertisedPort: Int
    public let isEncrypted: Bool
}

extension Settings {
    /// How every process reaches the brokers: encryption and login.
    public struct KafkaSecurity: Sendable, Equatable {
        public enum SecurityProtocol: String, Sendable, CaseIterable {
            case plaintext
            case ssl
            case saslPlaintext = "sasl_plaintext"
            case saslSSL = "sasl_ssl"

            public var usesTLS: Bool { self == .ssl || self == .saslSSL }
            public var usesSASL: Bool { self == .saslPlaintext || self == .saslSSL }
        }

        public var securityProtocol = SecurityProtocol.plaintext
        /// PEM file of the authorities of the brokers' certificates; empty: those of the system.
        public var caFile = ""
        /// PEM files of this machine's certificate and its key; empty: none is shown.
        public var certificateFile = ""
        public var keyFile = ""
        public var keyPassword = ""
        /// Whether a broker's certificate must be for the host connected to.
        public var verifiesHost = true
        public var mechanism = "SCRAM-SHA-512"
        public var username = ""
        /// One of the two.
        public var password = ""
        public var passwordFile = ""

        public init() {}

        static let mechanisms = ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"]
    }

    /// The listener of the embedded log for other machines.
    public struct BrokerTLS: Sendable, Equatable {
        /// Empty: there is none.
        public var host = ""
        public var port = 9493
        /// What clients are told to connect to; empty and 0: `host` and the port listened on.
        public var advertisedHost = ""
        public var advertisedPort = 0
        public var certificateFile = ""
        public var keyFile = ""
        public var clientCAFile = ""
        public var saslMechanisms: [String] = []

        public init() {}
    }

    /// What clients can make the embedded log hold.
    public struct BrokerLimits: Sendable, Equatable {
        public var maxRequestMegabytes = 100
        public var maxConnections = 1_024
        public var maxInFlightMegabytes = 256
        public var maxUnsentMegabytes = 256
        public var maxFetchMegabytes = 55
        public var maxPartitions = 4_000
        public var openFiles = 512
        public var maxIdleSeconds = 600
        public var authenticationTimeoutSeconds = 10

        public init() {}
    }
}

/// A file that holds one secret.
public enum SecretFile {
    /// The first line of the file, which nobody but its owner may read.
    public static func read(_ path: String) throws(SettingsError) -> String {
        let file = try TextFile.read(path)
        guard file.mode & 0o077 == 0 else {
            throw .exposed(path: path, mode: "0" + String(file.mode & 0o777, radix: 8))
        }
        let line = file.text.prefix { $0 != "\n" && $0 != "\r\n" }
        guard !line.isEmpty else { throw .unreadable(path: path, reason: "the first line is empty") }
        return String(line)
    }
}

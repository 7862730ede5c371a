public import MeterCore

/// Everything that can be configured, typed and checked. Values come from, in falling order of precedence: command-line flags, the
/// environment (`METERLOG_*`), the configuration file (YAML), the defaults written here.
public struct Settings: Sendable, Equatable {
    public struct Kafka: Sendable, Equatable {
        /// `host:port`; empty: the embedded event log of this machine.
        public var brokers: [String] = []
        public var security = KafkaSecurity()
        /// librdkafka properties for every client, above what `security` says.
        public var properties: [String: String] = [:]
    }

    /// The embedded event log.
    public struct Broker: Sendable, Equatable {
        public var host = "127.0.0.1"
        /// 0: any free port.
        public var port = 9492
        /// Milliseconds between syncs to disk; 0: before every acknowledgement.
        public var fsyncIntervalMilliseconds = 0
        /// Mechanisms by which clients on this machine log in; empty: they need not.
        public var saslMechanisms: [String] = []
        /// The users who may log in; empty: there are none.
        public var credentialsFile = ""
        /// How long a transactional id is kept that nobody uses.
        public var transactionalIdExpirationHours = 168
        /// How long a producer that writes nothing is remembered.
        public var producerIdExpirationHours = 24
        /// Whether a client's first use of an unknown topic creates it.
        public var autoCreatesTopics = false
        /// Partitions of a topic that is created without a number.
        public var defaultPartitions = 1
        /// How long the first rebalance of an empty group waits for more members.
        public var groupInitialRebalanceDelayMilliseconds = 200
        /// Shortest session timeout a group's member may ask for.
        public var groupMinSessionTimeoutMilliseconds = 6_000
        /// Time between two runs of retention and compaction.
        public var maintenanceIntervalSeconds = 60
        public var tls = BrokerTLS()
        public var limits = BrokerLimits()
    }

    public struct Gateway: Sendable, Equatable {
        public var host = "127.0.0.1"
        public var port = 8480
        /// Token to the name of its holder.
        public var tokens: [String: String] = [:]
        public var maxBodyMegabytes = 64
        public var maxUnpackedMegabytes = 256
        public var tickIntervalSeconds = 30
        public var usesSimulatedClock = false
    }

    public struct API: Sendable, Equatable {
        public var host = "127.0.0.1"
        public var port = 8481
        public var tokens: [String: String] = [:]
    }

    /// Where a process shows its metrics and answers probes.
    public struct Metrics: Sendable, Equatable {
        public enum Address: Sendable, Equatable {
            /// Loopback, at the port of the service; any free one when that is taken.
            case automatic
            case off
            /// Port 0: any free port.
            case at(host: String, port: Int)
        }

        public var address = Address.automatic
        /// Token to the name of its holder; needed for an address beyond this machine.
        public var tokens: [String: String] = [:]
    }

    public struct Stream: Sendable, Equatable {
        public var normalizerThreads = 1
        public var veeThreads = 1
        public var alarmThreads = 1
        public var commitIntervalMilliseconds = 200
    }

    public struct VEE: Sendable, Equatable {
        /// What is judged and closed together.
        public var window = WindowLength.day
        /// The same for channels with one value a day; nil: as the others.
        public var dailyWindow: WindowLength?
        /// After the end of the window, in receive time.
        public var graceHours = 24
        /// After the last arrival for a channel, before what is behind it counts as missing.
        public var lateGraceHours = 6
        public var historyDays = 800
        /// Days without data that still close, after the newest data of a channel that reported live.
        public var silentDays = 0
        /// Rule file that is put into force at the start and at SIGHUP; empty for none.
        public var rulesFile = ""
    }

    public var kafka = Kafka()
    /// libpq connection URI or key=value string.
    public var databaseURL = "postgresql:///meterlog"
    /// Segments of the embedded log and other local state.
    public var dataDirectory = ".local/data"
    /// Folder with `topics/` and `migrations/`.
    public var home = "."
    public var zoneInfoDirectory = "/usr/share/zoneinfo"
    public var logLevel = "info"
    /// `text` or `json`.
    public var logFormat = "text"
    public var broker = Broker()
    public var gateway = Gateway()
    public var api = API()
    public var metrics = Metrics()
    public var stream = Stream()
    public var vee = VEE()

    public init() {}

    /// Whether anything here must not be read by others.
    public var holdsSecrets: Bool {
        !gateway.tokens.isEmpty || !api.tokens.isEmpty || !metrics.tokens.isEmpty || databaseURL.contains("password=")
            || Settings.urlHoldsPassword(databaseURL) || !kafka.security.password.isEmpty
            || !kafka.security.keyPassword.isEmpty
            || kafka.properties.keys.contains { $0.hasSuffix("password") || $0.hasSuffix("secret") }
    }

    /// `scheme://user:password@host`.
    private static func urlHoldsPassword(_ url: String) -> Bool {
        guard let scheme = url.range(of: "://") else { return false }
        let authority = url[scheme.upperBound...].prefix { $0 != "/" }
        guard let at = authority.lastIndex(of: "@") else { return false }
        return authority[..<at].contains(":")
    }
}

extension String {
    /// First occurrence of `text`, without Foundation.
    fileprivate func range(of text: String) -> Range<Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(text) { return start..<index(start, offsetBy: text.count) }
            start = index(after: start)
        }
        return nil
    }
}

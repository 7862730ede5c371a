public import HTTPServing

/// Settings of the gateway; every limit has a unit.
public struct GatewayConfiguration: Sendable {
    public var host: String
    /// 0: any free port.
    public var port: Int
    /// Needed on any address but loopback.
    public var tokens: BearerTokens
    /// Largest request body as sent.
    public var maxBodyBytes: Int
    /// Largest payload after `Content-Encoding` is taken off.
    public var maxUnpackedBytes: Int
    /// Bytes of interval payloads being stored at one time; beyond it senders get 429.
    public var maxIntervalBytesInFlight: Int
    /// The same for the alarm lane, which has its own budget so that readings can't take it.
    public var maxAlarmBytesInFlight: Int
    /// Stream time is moved forward at least this often when nothing arrives.
    public var tickIntervalSeconds: Int
    /// Senders' idempotency keys remembered, to refuse other content under one of them: between this number and twice as many, some 60 bytes
    /// each; 0 leaves all to the normalizer.
    public var recentKeyLimit: Int
    /// How long a key is taken; the normalizer's horizon.
    public var keyHorizonMilliseconds: Int64 = 7 * 86_400_000
    /// Take the receive time from the `Meterlog-Simulated-Receive-Time` header (ms since 1970) instead of the clock, and send
    /// no ticks of its own. For simulated head-ends and for replaying captured traffic; never on a production gateway.
    public var usesSimulatedClock: Bool

    public init(
        host: String = "127.0.0.1",
        port: Int = 8480,
        tokens: BearerTokens = BearerTokens(),
        maxBodyBytes: Int = 64 << 20,
        maxUnpackedBytes: Int = 256 << 20,
        maxIntervalBytesInFlight: Int = 256 << 20,
        maxAlarmBytesInFlight: Int = 32 << 20,
        tickIntervalSeconds: Int = 30,
        recentKeyLimit: Int = 65_536,
        usesSimulatedClock: Bool = false
    ) {
        self.host = host
        self.port = port
        self.tokens = tokens
        self.maxBodyBytes = maxBodyBytes
        self.maxUnpackedBytes = maxUnpackedBytes
        self.maxIntervalBytesInFlight = maxIntervalBytesInFlight
        self.maxAlarmBytesInFlight = maxAlarmBytesInFlight
        self.tickIntervalSeconds = tickIntervalSeconds
        self.recentKeyLimit = recentKeyLimit
        self.usesSimulatedClock = usesSimulatedClock
    }

    /// Addresses that only this machine reaches.
    public var isLoopback: Bool {
        host == "localhost" || host == "::1" || host.hasPrefix("127.")
    }
}

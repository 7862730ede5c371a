/// What the registry knows of a channel of a meter. Zero and empty text: not known.
public struct ChannelRegistration: Sendable, Equatable {
    public enum Kind: UInt8, Sendable, CaseIterable {
        case unknown = 0
        /// Energy delivered to the customer.
        case delivered = 1
        /// Energy received from the customer.
        case received = 2
        case net = 3
        case reactive = 4
        case voltage = 5
        case current = 6
        /// A cumulative register.
        case register = 7
        /// The check meter of `checkOf`.
        case check = 8

        public var name: String {
            switch self {
            case .unknown: "unknown"
            case .delivered: "delivered"
            case .received: "received"
            case .net: "net"
            case .reactive: "reactive"
            case .voltage: "voltage"
            case .current: "current"
            case .register: "register"
            case .check: "check"
            }
        }
    }

    public var channel: String
    public var unit: MeasurementUnit
    public var kind = Kind.unknown
    /// Length of an interval, 0 for a register.
    public var intervalSeconds: Int32 = 0
    public var multiplierBillionths: Int64 = 0
    /// Digits before the decimal point of a register.
    public var digits: UInt32 = 0
    /// The most that can flow, in watts.
    public var capacityWatts: Int64 = 0
    /// The main channel that a check channel checks.
    public var checkOf = ""

    public init(channel: String, unit: MeasurementUnit) {
        self.channel = channel
        self.unit = unit
    }
}

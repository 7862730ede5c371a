/// What the registry knows of a meter. Empty text, nil and zero: not known.
public struct MeterRegistration: Sendable, Equatable {
    public enum Status: UInt8, Sendable, CaseIterable {
        case unknown = 0
        case active = 1
        /// Disconnected, or not linked to a usage point.
        case inactive = 2
        /// In service, nobody lives there.
        case vacant = 3

        public var name: String {
            switch self {
            case .unknown: "unknown"
            case .active: "active"
            case .inactive: "inactive"
            case .vacant: "vacant"
            }
        }
    }

    public var meter: String
    /// IANA identifier.
    public var zone: String
    public var group: String
    public var transformer: String
    public var feeder: String
    /// Such as `electricity`, `gas`, `water`.
    public var commodity = ""
    /// Such as `residential`, `commercial`, `industrial`.
    public var customerClass = ""
    public var status = Status.unknown
    public var installedFrom: Instant?
    public var installedTo: Instant?
    /// A generator is on file, so that reverse energy is expected.
    public var hasGeneration = false
    public var weatherStation = ""
    public var nominalVoltageMillivolts: Int64 = 0
    public var maximumCurrentMilliamperes: Int64 = 0
    public var phases: UInt32 = 0
    public var channels: [ChannelRegistration] = []

    public init(meter: String, zone: String, group: String = "", transformer: String = "", feeder: String = "") {
        self.meter = meter
        self.zone = zone
        self.group = group
        self.transformer = transformer
        self.feeder = feeder
    }
}

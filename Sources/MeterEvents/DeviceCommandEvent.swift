/// What a head-end is asked to do with a meter (`meter.commands`).
public struct DeviceCommandEvent: Sendable, Equatable {
    public enum Kind: UInt8, Sendable, CaseIterable {
        case onDemandRead = 1
        case clockSync = 2
        case keyReset = 3
        case ping = 4
    }

    /// Deterministic, so that the same decision made twice is one command.
    public var id: String
    public var meter: String
    public var kind: Kind
    /// A person or a processor.
    public var requestedBy: String
    public var reason: String
    /// ms since 1970-01-01T00:00:00Z.
    public var requestedAtMilliseconds: Int64

    public init(
        id: String,
        meter: String,
        kind: Kind,
        requestedBy: String,
        reason: String,
        requestedAtMilliseconds: Int64
    ) {
        self.id = id
        self.meter = meter
        self.kind = kind
        self.requestedBy = requestedBy
        self.reason = reason
        self.requestedAtMilliseconds = requestedAtMilliseconds
    }
}

extension DeviceCommandEvent {
    /// The event in `bytes[range]`.
    public init(_ bytes: [UInt8], _ range: Range<Int>) throws(EventError) {
        let message = try ProtobufBytes.decode(Meterlog_V1_DeviceCommand.self, bytes, range)
        try EventSchema.check(message.schemaVersion)
        guard let kind = Kind(rawValue: UInt8(clamping: message.kind.rawValue)) else {
            throw .inconsistent("device command \(message.kind.rawValue)")
        }
        self.init(
            id: message.id,
            meter: message.meter,
            kind: kind,
            requestedBy: message.requestedBy,
            reason: message.reason,
            requestedAtMilliseconds: message.requestedAtMs
        )
    }

    /// Appends the stored form.
    public func append(to bytes: inout [UInt8]) {
        var message = Meterlog_V1_DeviceCommand()
        message.schemaVersion = EventSchema.version
        message.id = id
        message.meter = meter
        message.kind = Meterlog_V1_DeviceCommand.Kind(rawValue: Int(kind.rawValue)) ?? .unspecified
        message.requestedBy = requestedBy
        message.reason = reason
        message.requestedAtMs = requestedAtMilliseconds
        ProtobufBytes.append(message, to: &bytes)
    }
}

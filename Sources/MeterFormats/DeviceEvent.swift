public import MeterCore

/// Something a device reported: an outage, a tamper, a restart. Its code is the head-end's own; a code map gives it meaning.
public struct DeviceEvent: Equatable, Sendable {
    public var meter: String
    public var code: String
    public var occurredAt: Instant
    /// The sender's text, may be empty.
    public var text: String
    /// The sender's id of the event, may be empty.
    public var id: String

    public init(meter: String, code: String, occurredAt: Instant, text: String, id: String) {
        self.meter = meter
        self.code = code
        self.occurredAt = occurredAt
        self.text = text
        self.id = id
    }
}

public import MeterCore

/// What one device reported about itself, as far as it concerns its readings.
public struct DeviceEvents: Sendable, Equatable {
    public struct Event: Sendable, Equatable {
        public var at: Instant
        public var kind: DeviceEventKind
        /// The source's own code.
        public var code: String

        public init(at: Instant, kind: DeviceEventKind, code: String) {
            self.at = at
            self.kind = kind
            self.code = code
        }
    }

    public var meter: String
    public var events: [Event]

    public init(meter: String, events: [Event]) {
        self.meter = meter
        self.events = events
    }
}

extension DeviceEvents {
    init(_ message: Meterlog_V1_DeviceEvents) throws(EventError) {
        self.init(meter: message.meter, events: [])
        events.reserveCapacity(message.events.count)
        for event in message.events {
            events.append(
                Event(
                    at: Instant(secondsSinceEpoch: event.atS),
                    // A kind that a later version added is some other event to this one.
                    kind: DeviceEventKind(rawValue: UInt8(clamping: event.kind)) ?? .other,
                    code: event.code
                )
            )
        }
    }

    var message: Meterlog_V1_DeviceEvents {
        var message = Meterlog_V1_DeviceEvents()
        message.meter = meter
        message.events = events.map { event in
            var stored = Meterlog_V1_DeviceEvent()
            stored.atS = event.at.secondsSinceEpoch
            stored.kind = UInt32(event.kind.rawValue)
            stored.code = event.code
            return stored
        }
        return message
    }
}

/// A classified device event, as published to `meter.alarms.p0` ... `p3`.
public struct AlarmEvent: Sendable, Equatable {
    /// Deterministic: payload hash and index within the payload.
    public var id: String
    public var meter: String
    /// The source's own code, as received.
    public var sourceCode: String
    /// IEC 61968-9 EndDeviceEventType with points; empty when the code map has no entry.
    public var eventType: String
    /// The code map's word: `power_down`, `tamper`, ... `unclassified` when it has no entry.
    public var meaning: String
    /// 0 (highest) to 4.
    public var priority: UInt8
    /// Device time of the event, ms since 1970-01-01T00:00:00Z.
    public var occurredAtMilliseconds: Int64
    public var text: String
    public var codeMapVersion: String
    public var raw: RawReference

    public init(
        id: String,
        meter: String,
        sourceCode: String,
        eventType: String,
        meaning: String,
        priority: UInt8,
        occurredAtMilliseconds: Int64,
        text: String,
        codeMapVersion: String,
        raw: RawReference
    ) {
        self.id = id
        self.meter = meter
        self.sourceCode = sourceCode
        self.eventType = eventType
        self.meaning = meaning
        self.priority = priority
        self.occurredAtMilliseconds = occurredAtMilliseconds
        self.text = text
        self.codeMapVersion = codeMapVersion
        self.raw = raw
    }
}

extension AlarmEvent {
    /// The event in `bytes[range]`.
    public init(_ bytes: [UInt8], _ range: Range<Int>) throws(EventError) {
        let message = try ProtobufBytes.decode(Meterlog_V1_Alarm.self, bytes, range)
        try EventSchema.check(message.schemaVersion)
        guard message.priority <= 4 else { throw .inconsistent("priority \(message.priority)") }
        self.init(
            id: message.id,
            meter: message.meter,
            sourceCode: message.sourceCode,
            eventType: message.eventType,
            meaning: message.meaning,
            priority: UInt8(message.priority),
            occurredAtMilliseconds: message.occurredAtMs,
            text: message.text,
            codeMapVersion: message.codeMapVersion,
            raw: try RawReference(message.raw)
        )
    }

    /// Appends the stored form.
    public func append(to bytes: inout [UInt8]) {
        var message = Meterlog_V1_Alarm()
        message.schemaVersion = EventSchema.version
        message.id = id
        message.meter = meter
        message.sourceCode = sourceCode
        message.eventType = eventType
        message.meaning = meaning
        message.priority = UInt32(priority)
        message.occurredAtMs = occurredAtMilliseconds
        message.text = text
        message.codeMapVersion = codeMapVersion
        message.raw = raw.message
        ProtobufBytes.append(message, to: &bytes)
    }
}

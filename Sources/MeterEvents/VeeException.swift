public import MeterCore

/// A finding that someone may have to look at, or its end. Identified by meter, channel, window and rule.
public struct VeeException: Sendable, Equatable {
    public var meter: String
    public var channel: String
    public var windowStart: Instant
    public var windowEnd: Instant
    /// 9 for V09.
    public var rule: UInt32
    public var severity: Severity
    /// False: the finding no longer holds.
    public var isOpen: Bool
    public var firstIntervalStart: Instant
    public var intervalCount: UInt32
    public var observedBillionths: Int64
    public var limitBillionths: Int64
    /// Such as `ERR_VEE_GAP_04`; empty when the rule number says it all.
    public var code: String
    public var reason: String
    public var ruleSet: String
    /// Stream time of the decision, ms since 1970-01-01T00:00:00Z.
    public var decidedAtMilliseconds: Int64
    public var raw: RawReference

    public init(
        meter: String,
        channel: String,
        windowStart: Instant,
        windowEnd: Instant,
        rule: UInt32,
        severity: Severity,
        isOpen: Bool,
        firstIntervalStart: Instant,
        intervalCount: UInt32,
        observedBillionths: Int64,
        limitBillionths: Int64,
        code: String,
        reason: String,
        ruleSet: String,
        decidedAtMilliseconds: Int64,
        raw: RawReference
    ) {
        self.meter = meter
        self.channel = channel
        self.windowStart = windowStart
        self.windowEnd = windowEnd
        self.rule = rule
        self.severity = severity
        self.isOpen = isOpen
        self.firstIntervalStart = firstIntervalStart
        self.intervalCount = intervalCount
        self.observedBillionths = observedBillionths
        self.limitBillionths = limitBillionths
        self.code = code
        self.reason = reason
        self.ruleSet = ruleSet
        self.decidedAtMilliseconds = decidedAtMilliseconds
        self.raw = raw
    }
}

extension VeeException {
    /// The event in `bytes[range]`.
    public init(_ bytes: [UInt8], _ range: Range<Int>) throws(EventError) {
        let message = try ProtobufBytes.decode(Meterlog_V1_VeeException.self, bytes, range)
        try EventSchema.check(message.schemaVersion)
        guard message.severity <= 255, let severity = Severity(rawValue: UInt8(message.severity)) else {
            throw .inconsistent("severity \(message.severity)")
        }
        self.init(
            meter: message.meter,
            channel: message.channel,
            windowStart: Instant(secondsSinceEpoch: message.windowStartS),
            windowEnd: Instant(secondsSinceEpoch: message.windowEndS),
            rule: message.rule,
            severity: severity,
            isOpen: message.open,
            firstIntervalStart: Instant(secondsSinceEpoch: message.firstIntervalStartS),
            intervalCount: message.intervalCount,
            observedBillionths: message.observedE9,
            limitBillionths: message.limitE9,
            code: message.code,
            reason: message.reason,
            ruleSet: message.ruleSet,
            decidedAtMilliseconds: message.decidedAtMs,
            raw: try RawReference(message.raw)
        )
    }

    /// Appends the stored form.
    public func append(to bytes: inout [UInt8]) {
        var message = Meterlog_V1_VeeException()
        message.schemaVersion = EventSchema.version
        message.meter = meter
        message.channel = channel
        message.windowStartS = windowStart.secondsSinceEpoch
        message.windowEndS = windowEnd.secondsSinceEpoch
        message.rule = rule
        message.severity = UInt32(severity.rawValue)
        message.open = isOpen
        message.firstIntervalStartS = firstIntervalStart.secondsSinceEpoch
        message.intervalCount = intervalCount
        message.observedE9 = observedBillionths
        message.limitE9 = limitBillionths
        message.code = code
        message.reason = reason
        message.ruleSet = ruleSet
        message.decidedAtMs = decidedAtMilliseconds
        message.raw = raw.message
        ProtobufBytes.append(message, to: &bytes)
    }
}

public import MeterCore

/// What a raw payload was and what was found in it: one for each payload of `meter.raw`, duplicates and refused ones included.
public struct PayloadOutcomeEvent: Sendable, Equatable {
    public enum Outcome: UInt8, Sendable, CaseIterable {
        /// Decoded; some lines may have been refused.
        case decoded = 1
        /// The same payload came before.
        case duplicate = 2
        /// Nothing of it could be used.
        case refused = 3
    }

    /// Values that a payload offers for one channel.
    public struct Channel: Sendable, Equatable {
        public var meter: String
        public var channel: String
        public var unit: MeasurementUnit
        public var intervals: UInt32
        public var registers: UInt32
        /// The time that they are about.
        public var from: Instant
        public var to: Instant

        public init(
            meter: String,
            channel: String,
            unit: MeasurementUnit,
            intervals: UInt32,
            registers: UInt32,
            from: Instant,
            to: Instant
        ) {
            self.meter = meter
            self.channel = channel
            self.unit = unit
            self.intervals = intervals
            self.registers = registers
            self.from = from
            self.to = to
        }
    }

    /// Keeps a record well below the topic's message limit.
    public static let maximumChannels = 10_000

    public var raw: RawReference
    public var idempotencyKey: String
    public var source: String
    /// Media type as received.
    public var format: String
    /// SHA-256 of the bytes as received, hexadecimal.
    public var sha256: String
    public var outcome: Outcome
    /// Of the dead letter; empty when there is none.
    public var code = ""
    /// Of a duplicate: the payload that it repeats, where that is known.
    public var original: RawReference?
    public var payloadBytes: Int64
    /// The first `maximumChannels` in the order of the payload; the counts are of all.
    public var channels: [Channel] = []
    public var channelCount: UInt32 = 0
    public var intervalCount: UInt64 = 0
    public var registerCount: UInt64 = 0
    public var rejectedLineCount: UInt32 = 0
    /// Registry entries, edits, orders, events, weather readings and rule sets in it.
    public var factCount: UInt32 = 0

    public init(
        raw: RawReference,
        idempotencyKey: String,
        source: String,
        format: String,
        sha256: String,
        outcome: Outcome,
        payloadBytes: Int64
    ) {
        self.raw = raw
        self.idempotencyKey = idempotencyKey
        self.source = source
        self.format = format
        self.sha256 = sha256
        self.outcome = outcome
        self.payloadBytes = payloadBytes
    }
}

extension PayloadOutcomeEvent {
    /// The event in `bytes[range]`.
    public init(_ bytes: [UInt8], _ range: Range<Int>) throws(EventError) {
        let message = try ProtobufBytes.decode(Meterlog_V1_PayloadOutcome.self, bytes, range)
        try EventSchema.check(message.schemaVersion)
        guard let outcome = Outcome(rawValue: UInt8(clamping: message.outcome.rawValue)) else {
            throw .inconsistent("outcome \(message.outcome.rawValue)")
        }
        self.init(
            raw: try RawReference(message.raw),
            idempotencyKey: message.idempotencyKey,
            source: message.source,
            format: message.format,
            sha256: message.sha256,
            outcome: outcome,
            payloadBytes: message.payloadBytes
        )
        code = message.code
        if message.hasOriginal { original = try RawReference(message.original) }
        for channel in message.channels { channels.append(try Channel(channel)) }
        rejectedLineCount = message.rejectedLines
        factCount = message.facts
        channelCount = message.channelCount
        intervalCount = message.intervalCount
        registerCount = message.registerCount
    }

    /// Appends the stored form.
    public func append(to bytes: inout [UInt8]) {
        var message = Meterlog_V1_PayloadOutcome()
        message.schemaVersion = EventSchema.version
        message.raw = raw.message
        message.idempotencyKey = idempotencyKey
        message.source = source
        message.format = format
        message.sha256 = sha256
        message.outcome = Meterlog_V1_PayloadOutcome.Outcome(rawValue: Int(outcome.rawValue)) ?? .unspecified
        message.code = code
        if let original { message.original = original.message }
        message.payloadBytes = payloadBytes
        message.channels = channels.map(\.message)
        message.rejectedLines = rejectedLineCount
        message.facts = factCount
        message.channelCount = channelCount
        message.intervalCount = intervalCount
        message.registerCount = registerCount
        ProtobufBytes.append(message, to: &bytes)
    }
}

extension PayloadOutcomeEvent.Channel {
    init(_ message: Meterlog_V1_PayloadChannel) throws(EventError) {
        guard message.unit <= 255, let unit = MeasurementUnit(rawValue: UInt8(message.unit)) else {
            throw .inconsistent("unit \(message.unit)")
        }
        self.init(
            meter: message.meter,
            channel: message.channel,
            unit: unit,
            intervals: message.intervals,
            registers: message.registers,
            from: Instant(secondsSinceEpoch: message.fromS),
            to: Instant(secondsSinceEpoch: message.toS)
        )
    }

    var message: Meterlog_V1_PayloadChannel {
        var message = Meterlog_V1_PayloadChannel()
        message.meter = meter
        message.channel = channel
        message.unit = UInt32(unit.rawValue)
        message.intervals = intervals
        message.registers = registers
        message.fromS = from.secondsSinceEpoch
        message.toS = to.secondsSinceEpoch
        return message
    }
}

public import MeterCore

/// One record of `meter.journal`: what happened, and the raw event that says so.
public struct JournalEvent: Sendable, Equatable {
    public enum Body: Sendable, Equatable {
        case intervalBlock(IntervalBlock)
        case registerReads(RegisterReads)
        case meterUpserted(MeterRegistration)
        case deviceEvents(DeviceEvents)
        case manualEdit(ManualEdit)
        case forceEstimate(ForceEstimate)
        case ruleSetActivated(RuleSetActivation)
        case tick(Tick)
        case weather(WeatherReadings)
        /// A kind that a later version of the schema added; passed over.
        case unknown
    }

    public var raw: RawReference
    public var body: Body

    public init(raw: RawReference, body: Body) {
        self.raw = raw
        self.body = body
    }
}

/// The receive time that one raw partition has reached. The least of these over all raw partitions is "now" for windows.
public struct Tick: Sendable, Equatable {
    public var rawPartition: Int32
    public var rawPartitionCount: Int32
    /// ms since 1970-01-01T00:00:00Z.
    public var timeMilliseconds: Int64

    public init(rawPartition: Int32, rawPartitionCount: Int32, timeMilliseconds: Int64) {
        self.rawPartition = rawPartition
        self.rawPartitionCount = rawPartitionCount
        self.timeMilliseconds = timeMilliseconds
    }
}

extension JournalEvent {
    /// The event in `bytes[range]`.
    public init(_ bytes: [UInt8], _ range: Range<Int>) throws(EventError) {
        let message = try ProtobufBytes.decode(Meterlog_V1_JournalEvent.self, bytes, range)
        try EventSchema.check(message.schemaVersion)
        self.init(raw: try RawReference(message.raw), body: try Body(message.event))
    }

    /// Appends the stored form.
    public func append(to bytes: inout [UInt8]) {
        var message = Meterlog_V1_JournalEvent()
        message.schemaVersion = EventSchema.version
        message.raw = raw.message
        message.event = body.message
        ProtobufBytes.append(message, to: &bytes)
    }
}

extension JournalEvent.Body {
    init(_ event: Meterlog_V1_JournalEvent.OneOf_Event?) throws(EventError) {
        switch event {
        case .intervalBlock(let block): self = .intervalBlock(try IntervalBlock(block))
        case .registerReads(let reads): self = .registerReads(try RegisterReads(reads))
        case .deviceEvents(let events): self = .deviceEvents(try DeviceEvents(events))
        case .meterUpserted(let meter): self = .meterUpserted(try MeterRegistration(meter))
        case .manualEdit(let edit): self = .manualEdit(try ManualEdit(edit))
        case .forceEstimate(let order): self = .forceEstimate(ForceEstimate(order))
        case .weatherReadings(let weather): self = .weather(try WeatherReadings(weather))
        case .ruleSetActivated(let rules):
            self = .ruleSetActivated(
                RuleSetActivation(
                    version: rules.version,
                    json: rules.json,
                    effectiveFrom: Instant(secondsSinceEpoch: rules.effectiveFromS)
                )
            )
        case .tick(let tick):
            self = .tick(
                Tick(
                    rawPartition: tick.rawPartition,
                    rawPartitionCount: tick.rawPartitionCount,
                    timeMilliseconds: tick.timeMs
                )
            )
        case nil: self = .unknown
        }
    }

    var message: Meterlog_V1_JournalEvent.OneOf_Event? {
        switch self {
        case .intervalBlock(let block): return .intervalBlock(block.message)
        case .registerReads(let reads): return .registerReads(reads.message)
        case .deviceEvents(let events): return .deviceEvents(events.message)
        case .meterUpserted(let meter): return .meterUpserted(meter.message)
        case .manualEdit(let edit): return .manualEdit(edit.message)
        case .forceEstimate(let order): return .forceEstimate(order.message)
        case .weather(let weather): return .weatherReadings(weather.message)
        case .ruleSetActivated(let rules):
            var message = Meterlog_V1_RuleSetActivated()
            message.version = rules.version
            message.json = rules.json
            message.effectiveFromS = rules.effectiveFrom.secondsSinceEpoch
            return .ruleSetActivated(message)
        case .tick(let tick):
            var message = Meterlog_V1_Tick()
            message.rawPartition = tick.rawPartition
            message.rawPartitionCount = tick.rawPartitionCount
            message.timeMs = tick.timeMilliseconds
            return .tick(message)
        case .unknown: return nil
        }
    }
}

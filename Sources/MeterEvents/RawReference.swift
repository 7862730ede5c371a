/// The raw event a fact comes from.
public struct RawReference: Hashable, Sendable {
    /// Which raw topic.
    public enum Lane: UInt8, Sendable {
        /// `meter.raw`
        case interval = 0
        /// `meter.raw.alarms`
        case alarm = 1

        public var topic: String {
            switch self {
            case .interval: "meter.raw"
            case .alarm: "meter.raw.alarms"
            }
        }
    }

    public var lane: Lane
    public var partition: Int32
    public var offset: Int64
    /// Receive time at the gateway, ms since 1970-01-01T00:00:00Z.
    public var receivedAtMilliseconds: Int64
    /// 128-bit hash of the idempotency key.
    public var payloadHigh: UInt64
    public var payloadLow: UInt64

    public init(
        lane: Lane,
        partition: Int32,
        offset: Int64,
        receivedAtMilliseconds: Int64,
        payloadHigh: UInt64,
        payloadLow: UInt64
    ) {
        self.lane = lane
        self.partition = partition
        self.offset = offset
        self.receivedAtMilliseconds = receivedAtMilliseconds
        self.payloadHigh = payloadHigh
        self.payloadLow = payloadLow
    }

    /// Whether a value from this payload replaces one of equal quality from `other`: the later receive time wins, then the larger
    /// payload hash. An order of payloads that no order of arrival changes.
    public func supersedes(_ other: RawReference) -> Bool {
        if receivedAtMilliseconds != other.receivedAtMilliseconds {
            return receivedAtMilliseconds > other.receivedAtMilliseconds
        }
        return payloadHigh == other.payloadHigh ? payloadLow > other.payloadLow : payloadHigh > other.payloadHigh
    }
}

extension RawReference {
    init(_ message: Meterlog_V1_RawReference) throws(EventError) {
        guard message.lane <= 1, let lane = Lane(rawValue: UInt8(message.lane)) else {
            throw .inconsistent("lane \(message.lane)")
        }
        self.init(
            lane: lane,
            partition: message.partition,
            offset: message.offset,
            receivedAtMilliseconds: message.receivedAtMs,
            payloadHigh: message.payloadHigh,
            payloadLow: message.payloadLow
        )
    }

    var message: Meterlog_V1_RawReference {
        var message = Meterlog_V1_RawReference()
        message.lane = UInt32(lane.rawValue)
        message.partition = partition
        message.offset = offset
        message.receivedAtMs = receivedAtMilliseconds
        message.payloadHigh = payloadHigh
        message.payloadLow = payloadLow
        return message
    }
}

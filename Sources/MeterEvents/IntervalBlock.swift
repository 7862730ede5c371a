public import MeterCore

/// Consecutive intervals of one channel as a source reported them: slot `i` covers
/// `[start + i * intervalSeconds, start + (i + 1) * intervalSeconds)`.
public struct IntervalBlock: Sendable, Equatable {
    public var meter: String
    public var channel: String
    public var unit: MeasurementUnit
    /// IANA zone of the meter, or `UTC`.
    public var zone: String
    public var start: Instant
    public var intervalSeconds: Int32
    /// One value per slot, in billionths of the unit.
    public var billionths: [Int64]
    /// One byte per slot: `Quality.rawValue`, or `IntervalBlock.noRecord`.
    public var qualities: [UInt8]
    /// The source's own method (high byte) and reason (low byte) per slot; empty when it has none.
    public var sourceStatus: [UInt16]
    /// The source's own version of these values, 0 when it has none.
    public var sourceVersion: Int64

    /// The quality byte of a slot for which the source had no record at all (unlike `.missing`, which the source reported).
    public static let noRecord: UInt8 = 255

    public init(
        meter: String,
        channel: String,
        unit: MeasurementUnit,
        zone: String,
        start: Instant,
        intervalSeconds: Int32,
        billionths: [Int64],
        qualities: [UInt8],
        sourceStatus: [UInt16] = [],
        sourceVersion: Int64 = 0
    ) {
        self.meter = meter
        self.channel = channel
        self.unit = unit
        self.zone = zone
        self.start = start
        self.intervalSeconds = intervalSeconds
        self.billionths = billionths
        self.qualities = qualities
        self.sourceStatus = sourceStatus
        self.sourceVersion = sourceVersion
    }

    public var count: Int { billionths.count }
    /// End of the last slot.
    public var end: Instant { start + Int64(intervalSeconds) * Int64(count) }
}

extension IntervalBlock {
    init(_ message: Meterlog_V1_IntervalBlock) throws(EventError) {
        guard message.unit <= 255, let unit = MeasurementUnit(rawValue: UInt8(message.unit)) else {
            throw .inconsistent("unit \(message.unit)")
        }
        guard message.intervalS > 0, message.intervalS <= 86_400 * 366 else {
            throw .inconsistent("interval of \(message.intervalS) s")
        }
        let count = message.mantissas.count
        guard message.qualities.count == count, [0, 2 * count].contains(message.sourceStatus.count) else {
            throw .inconsistent("\(count) values, \(message.qualities.count) qualities")
        }
        let status = message.sourceStatus.array
        self.init(
            meter: message.meter,
            channel: message.channel,
            unit: unit,
            zone: message.zone,
            start: Instant(secondsSinceEpoch: message.startS),
            intervalSeconds: Int32(message.intervalS),
            billionths: try Mantissas.decode(message.mantissas, exponent: message.exponent),
            qualities: message.qualities.array,
            sourceStatus: stride(from: 0, to: status.count, by: 2).map {
                UInt16(status[$0]) | UInt16(status[$0 + 1]) << 8
            },
            sourceVersion: message.sourceVersion
        )
    }

    var message: Meterlog_V1_IntervalBlock {
        var message = Meterlog_V1_IntervalBlock()
        message.meter = meter
        message.channel = channel
        message.unit = UInt32(unit.rawValue)
        message.zone = zone
        message.startS = start.secondsSinceEpoch
        message.intervalS = UInt32(intervalSeconds)
        (message.exponent, message.mantissas) = Mantissas.encode(billionths)
        message.qualities = ByteField.holding(qualities)
        message.sourceStatus = ByteField.holding(
            sourceStatus.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)] }
        )
        message.sourceVersion = sourceVersion
        return message
    }
}

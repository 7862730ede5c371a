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
    /// The source's own status per slot, 0 for none: quality flag x 10,000 + method x 100 + reason. Empty when no slot has one.
    public var sourceStatus: [UInt16]
    /// The source's own version of these values, 0 when it has none: the later replaces the earlier of the same source.
    public var sourceVersion: Int64
    /// `IntervalFlags.rawValue` per slot; empty when no slot has any.
    public var flags: [UInt16] = []
    /// The device's own clock when it made the payload.
    public var meterClock: Instant?
    /// What the values were multiplied by, in billionths; 0 when the source did not say.
    public var multiplierBillionths: Int64 = 0
    /// The sender's frame or invocation counter; 0 when it has none.
    public var frameCounter: UInt64 = 0
    /// Who sent the payload. Versions are compared within one source.
    public var source = ""
    /// Who says `zone`.
    public var zoneOrigin = ZoneOrigin.stated

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
        guard message.qualities.count == count, [0, 2 * count].contains(message.sourceStatus.count),
            [0, 2 * count].contains(message.flags.count)
        else {
            throw .inconsistent("\(count) values, \(message.qualities.count) qualities")
        }
        self.init(
            meter: message.meter,
            channel: message.channel,
            unit: unit,
            zone: message.zone,
            start: Instant(secondsSinceEpoch: message.startS),
            intervalSeconds: Int32(message.intervalS),
            billionths: try Mantissas.decode(message.mantissas, exponent: message.exponent),
            qualities: message.qualities.array,
            sourceStatus: message.sourceStatus.words,
            sourceVersion: message.sourceVersion
        )
        flags = message.flags.words
        if message.hasMeterClockS { meterClock = Instant(secondsSinceEpoch: message.meterClockS) }
        multiplierBillionths = message.multiplierE9
        frameCounter = message.frameCounter
        source = message.source
        zoneOrigin = ZoneOrigin(rawValue: UInt8(clamping: message.zoneOrigin)) ?? .stated
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
        message.sourceStatus = ByteField.holding(words: sourceStatus)
        message.sourceVersion = sourceVersion
        message.flags = ByteField.holding(words: flags)
        if let meterClock { message.meterClockS = meterClock.secondsSinceEpoch }
        message.multiplierE9 = multiplierBillionths
        message.frameCounter = frameCounter
        message.source = source
        message.zoneOrigin = UInt32(zoneOrigin.rawValue)
        return message
    }
}

public import MeterCore

/// Cumulative readings of one register.
public struct RegisterReads: Sendable, Equatable {
    public var meter: String
    public var channel: String
    public var unit: MeasurementUnit
    public var at: [Instant]
    /// One reading per instant, in billionths of the unit.
    public var billionths: [Int64]
    public var qualities: [UInt8]
    /// The device's own clock when it made the payload.
    public var meterClock: Instant?
    /// Time-of-use rate that the register counts; empty for the total.
    public var touCode = ""
    /// The source's own consumption of a period, where it gives one (NEM13).
    public var advance: Advance?
    /// Who sent the payload. Versions are compared within one source.
    public var source = ""
    /// The source's own version of these readings, 0 when it has none.
    public var sourceVersion: Int64 = 0
    /// The source's own status per reading, as in `IntervalBlock.sourceStatus`; empty when no reading has one.
    public var sourceStatus: [UInt16] = []

    /// A consumption that a source states beside its readings.
    public struct Advance: Sendable, Equatable {
        public var from: Instant
        public var to: Instant
        /// In billionths of the unit.
        public var billionths: Int64

        public init(from: Instant, to: Instant, billionths: Int64) {
            self.from = from
            self.to = to
            self.billionths = billionths
        }
    }

    public init(
        meter: String,
        channel: String,
        unit: MeasurementUnit,
        at: [Instant],
        billionths: [Int64],
        qualities: [UInt8]
    ) {
        self.meter = meter
        self.channel = channel
        self.unit = unit
        self.at = at
        self.billionths = billionths
        self.qualities = qualities
    }
}

extension RegisterReads {
    init(_ message: Meterlog_V1_RegisterReads) throws(EventError) {
        guard message.unit <= 255, let unit = MeasurementUnit(rawValue: UInt8(message.unit)) else {
            throw .inconsistent("unit \(message.unit)")
        }
        guard message.atS.count == message.mantissas.count, message.qualities.count == message.atS.count else {
            throw .inconsistent("\(message.atS.count) instants, \(message.mantissas.count) readings")
        }
        self.init(
            meter: message.meter,
            channel: message.channel,
            unit: unit,
            at: message.atS.map { Instant(secondsSinceEpoch: $0) },
            billionths: try Mantissas.decode(message.mantissas, exponent: message.exponent),
            qualities: message.qualities.array
        )
        if message.hasMeterClockS { meterClock = Instant(secondsSinceEpoch: message.meterClockS) }
        touCode = message.touCode
        source = message.source
        sourceVersion = message.sourceVersion
        guard [0, 2 * at.count].contains(message.sourceStatus.count) else {
            throw .inconsistent("\(at.count) readings, \(message.sourceStatus.count) bytes of status")
        }
        sourceStatus = message.sourceStatus.words
        guard message.hasAdvanceE9 else { return }
        advance = Advance(
            from: Instant(secondsSinceEpoch: message.advanceFromS),
            to: Instant(secondsSinceEpoch: message.advanceToS),
            billionths: message.advanceE9
        )
    }

    var message: Meterlog_V1_RegisterReads {
        var message = Meterlog_V1_RegisterReads()
        message.meter = meter
        message.channel = channel
        message.unit = UInt32(unit.rawValue)
        message.atS = at.map(\.secondsSinceEpoch)
        (message.exponent, message.mantissas) = Mantissas.encode(billionths)
        message.qualities = ByteField.holding(qualities)
        if let meterClock { message.meterClockS = meterClock.secondsSinceEpoch }
        message.touCode = touCode
        message.source = source
        message.sourceVersion = sourceVersion
        message.sourceStatus = ByteField.holding(words: sourceStatus)
        if let advance {
            message.advanceE9 = advance.billionths
            message.advanceFromS = advance.from.secondsSinceEpoch
            message.advanceToS = advance.to.secondsSinceEpoch
        }
        return message
    }
}

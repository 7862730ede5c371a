public import MeterCore

/// What to simulate. The same plan gives the same payloads, bytes and order, always.
public struct SimulationPlan: Sendable {
    public var meters: Int
    public var intervalSeconds: Int
    public var days: Int
    public var seed: UInt64
    /// First local day.
    public var firstDay: CivilDate
    /// Zone of every meter.
    public var zone: ZoneRules
    /// Meters whose readings travel in one payload.
    public var metersPerPayload: Int
    /// Intervals of one meter in one payload.
    public var intervalsPerPayload: Int
    /// Meters behind one transformer; outages hit all of them.
    public var metersPerTransformer: Int
    public var faults: FaultRates

    public init(
        meters: Int = 10_000,
        intervalSeconds: Int = 900,
        days: Int = 1,
        seed: UInt64 = 1,
        firstDay: CivilDate,
        zone: ZoneRules,
        metersPerPayload: Int = 50,
        intervalsPerPayload: Int = 16,
        metersPerTransformer: Int = 20,
        faults: FaultRates = FaultRates()
    ) {
        self.meters = meters
        self.intervalSeconds = intervalSeconds
        self.days = days
        self.seed = seed
        self.firstDay = firstDay
        self.zone = zone
        self.metersPerPayload = metersPerPayload
        self.intervalsPerPayload = intervalsPerPayload
        self.metersPerTransformer = metersPerTransformer
        self.faults = faults
    }

    /// First interval start and last interval end: whole local days, so 92 to 100 quarter-hours each.
    public var period: Range<Instant> {
        let lastDay = CivilDate(daysSinceEpoch: firstDay.daysSinceEpoch + Int32(days))
        return zone.dayStart(of: firstDay)..<zone.dayStart(of: lastDay)
    }

    /// Intervals of one meter over the whole period.
    public var intervalsPerMeter: Int {
        Int((period.upperBound - period.lowerBound) / Int64(intervalSeconds))
    }

    public func meterName(_ index: Int) -> String {
        let digits = String(index + 1)
        return "SIM-" + String(repeating: "0", count: max(0, 7 - digits.count)) + digits
    }

    /// Channel of every simulated meter: active energy taken, OBIS 1-0:1.8.0.
    public static let channel = "1-0:1.8.0"
}

/// How often things go wrong; each number is "one in N", 0 switches the fault off.
public struct FaultRates: Sendable {
    /// Payloads that are sent twice, byte for byte.
    public var duplicatePayload = 50
    /// Payloads that are delivered after their successors.
    public var reorderedPayload = 20
    /// Blocks of one meter that come days late, in a payload of their own.
    public var lateBlock = 200
    /// Blocks that come again later in another payload with the same values.
    public var rereadBlock = 100
    /// Meter-days with a short run of missing intervals (1 to 6).
    public var shortGapDay = 4
    /// Meter-days with a long run of missing intervals (20).
    public var longGapDay = 60
    /// Meter-days with a spike.
    public var spikeDay = 40
    /// Meter-days with a negative value.
    public var negativeDay = 60
    /// Transformer-days with an outage.
    public var outageDay = 15
    /// Payloads followed by one that can't be decoded.
    public var malformedPayload = 60

    public init() {}

    /// A head-end without faults.
    public static var none: FaultRates {
        var rates = FaultRates()
        rates.duplicatePayload = 0
        rates.reorderedPayload = 0
        rates.lateBlock = 0
        rates.rereadBlock = 0
        rates.shortGapDay = 0
        rates.longGapDay = 0
        rates.spikeDay = 0
        rates.negativeDay = 0
        rates.outageDay = 0
        rates.malformedPayload = 0
        return rates
    }
}

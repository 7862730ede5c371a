public import MeterCore

/// What a channel's register would read at the end of a window, where it was not read: the nearest earlier reading and the intervals
/// since, modulo what the register's digits hold.
///
/// Source: Itron Enterprise Edition, Usage Calculation (forward only).
public struct DerivedRegister: Sendable, Equatable {
    /// The end of a window.
    public var at: Instant
    /// In billionths of the record's unit; 0 and without meaning where the quality is `.missing`.
    public var billionths: Int64
    /// `.derived`; `.projected` when some of the intervals were extrapolated; `.missing` when it does not follow any more: the register was
    /// read at that instant after all, or an interval is gone.
    public var quality: Quality
    /// From 1.
    public var revision: UInt32
    /// When the register was read that it starts from.
    public var baseAt: Instant
    /// In billionths.
    public var baseBillionths: Int64
    public var baseRaw: RawReference
    /// Intervals since that reading, and how many of them were estimated.
    public var intervals: UInt32
    public var estimated: UInt32

    public init(
        at: Instant,
        billionths: Int64,
        quality: Quality,
        revision: UInt32,
        baseAt: Instant,
        baseBillionths: Int64,
        baseRaw: RawReference,
        intervals: UInt32,
        estimated: UInt32
    ) {
        self.at = at
        self.billionths = billionths
        self.quality = quality
        self.revision = revision
        self.baseAt = baseAt
        self.baseBillionths = baseBillionths
        self.baseRaw = baseRaw
        self.intervals = intervals
        self.estimated = estimated
    }
}

extension DerivedRegister {
    init(_ message: Meterlog_V1_DerivedRegister) throws(EventError) {
        guard message.quality <= 255, let quality = Quality(rawValue: UInt8(message.quality)) else {
            throw .inconsistent("quality \(message.quality) of a register")
        }
        self.init(
            at: Instant(secondsSinceEpoch: message.atS),
            billionths: message.valueE9,
            quality: quality,
            revision: message.revision,
            baseAt: Instant(secondsSinceEpoch: message.fromS),
            baseBillionths: message.fromValueE9,
            baseRaw: try RawReference(message.fromRaw),
            intervals: message.intervals,
            estimated: message.estimated
        )
    }

    var message: Meterlog_V1_DerivedRegister {
        var message = Meterlog_V1_DerivedRegister()
        message.atS = at.secondsSinceEpoch
        message.valueE9 = billionths
        message.quality = UInt32(quality.rawValue)
        message.revision = revision
        message.fromS = baseAt.secondsSinceEpoch
        message.fromValueE9 = baseBillionths
        message.fromRaw = baseRaw.message
        message.intervals = intervals
        message.estimated = estimated
        return message
    }
}

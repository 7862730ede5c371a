import MeterCore

/// A cumulative reading.
package struct RegisterPoint: Sendable, Equatable {
    /// Seconds since 1970.
    package var at: Int64
    /// In billionths of the unit.
    package var value: Int64
    /// `Quality.rawValue`.
    package var quality: UInt8
    /// The meter's clock when it made the payload, seconds since 1970; nil when it did not say.
    package var meterClock: Int64?

    package init(at: Int64, value: Int64, quality: UInt8 = Quality.raw.rawValue, meterClock: Int64? = nil) {
        self.at = at
        self.value = value
        self.quality = quality
        self.meterClock = meterClock
    }
}

/// Two neighbouring readings of a register with what the intervals say for the time between them.
package struct RegisterSpan: Sendable, Equatable {
    package var from: RegisterPoint
    package var to: RegisterPoint
    /// Rate of the register; empty for the total.
    package var tou: String
    /// What passed through the register, rollover counted, in billionths; nil where it can't be said (V16 failed).
    package var advance: Int64?
    /// Sum of the used results of the intervals within the span, cut at the ends of `Int64`.
    package var intervalSum: Int64
    /// Slots of the span, and those of them that have a result that may be used.
    package var expected: Int
    package var used: Int
    package var estimated: Int
    /// Those of them that are extrapolated.
    package var projected = 0
    /// The span begins and ends with a slot.
    package var isAligned: Bool

    package init(
        from: RegisterPoint,
        to: RegisterPoint,
        tou: String = "",
        advance: Int64?,
        intervalSum: Int64 = 0,
        expected: Int = 0,
        used: Int = 0,
        estimated: Int = 0,
        isAligned: Bool = true
    ) {
        self.from = from
        self.to = to
        self.tou = tou
        self.advance = advance
        self.intervalSum = intervalSum
        self.expected = expected
        self.used = used
        self.estimated = estimated
        self.isAligned = isAligned
    }
}

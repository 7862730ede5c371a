package import MeterCore
package import MeterEvents

/// What a rule says about a payload as a whole.
package struct PayloadFinding: Sendable, Equatable {
    package enum Action: UInt8, Sendable, Comparable {
        /// It is told, the data is taken.
        case note = 0
        /// The clock of the meter should be set; the data is taken.
        case setClock = 1
        /// The data is not taken. The raw payload stays in the log.
        case refuse = 2

        package static func < (left: Action, right: Action) -> Bool { left.rawValue < right.rawValue }
    }

    package var rule: UInt32
    package var severity: Severity
    package var action: Action
    package var observedBillionths: Int64
    package var limitBillionths: Int64

    package init(
        rule: UInt32,
        severity: Severity,
        action: Action,
        observedBillionths: Int64,
        limitBillionths: Int64
    ) {
        self.rule = rule
        self.severity = severity
        self.action = action
        self.observedBillionths = observedBillionths
        self.limitBillionths = limitBillionths
    }
}

/// A block of intervals, or a set of register readings, as it came.
package struct PayloadView: Sendable {
    package var channel: String
    package var unit: MeasurementUnit
    /// 0 for registers.
    package var intervalSeconds: Int64
    /// Start of the first record and end of the last, seconds since 1970.
    package var start: Int64
    package var end: Int64
    /// Receive time at the gateway, ms since 1970.
    package var receivedAtMilliseconds: Int64
    /// The meter's clock when it made the payload, seconds since 1970.
    package var meterClock: Int64?
    /// What the payload says the values were multiplied with; 0 when it does not say.
    package var multiplierBillionths: Int64
    /// The frame's invocation counter; 0 when it has none.
    package var frameCounter: UInt64
    /// The greatest counter of the meter's frames that were received before this one; 0 for none.
    package var lastFrameCounter: UInt64
    package var registration: ChannelRegistration?
    package var meter: MeterRegistration?

    package init(
        channel: String,
        unit: MeasurementUnit,
        intervalSeconds: Int64,
        start: Int64,
        end: Int64,
        receivedAtMilliseconds: Int64,
        meterClock: Int64? = nil,
        multiplierBillionths: Int64 = 0,
        frameCounter: UInt64 = 0,
        lastFrameCounter: UInt64 = 0,
        registration: ChannelRegistration? = nil,
        meter: MeterRegistration? = nil
    ) {
        self.channel = channel
        self.unit = unit
        self.intervalSeconds = intervalSeconds
        self.start = start
        self.end = end
        self.receivedAtMilliseconds = receivedAtMilliseconds
        self.meterClock = meterClock
        self.multiplierBillionths = multiplierBillionths
        self.frameCounter = frameCounter
        self.lastFrameCounter = lastFrameCounter
        self.registration = registration
        self.meter = meter
    }
}

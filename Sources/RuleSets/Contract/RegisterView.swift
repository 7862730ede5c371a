package import MeterCore

/// A reading of a register and the one before it, in order of their instants.
package struct RegisterView: Sendable {
    package var unit: MeasurementUnit
    /// The reading before; nil for the first one that is known.
    package var from: RegisterPoint?
    package var to: RegisterPoint
    /// What passed through the register between the two readings before: amount in billionths and seconds.
    package var previous: (advance: Int64, seconds: Int64)?
    package var registration: ChannelRegistration?
    package var meter: MeterRegistration?
    /// Instants at which the device reported that it was installed, removed or set up anew, ascending, seconds since 1970.
    package var exchanges: [Int64]
    /// The most that can have passed as far as the intervals say, in billionths; nil when they don't say or the registry knows better.
    package var passable: Int64?

    package init(
        unit: MeasurementUnit,
        from: RegisterPoint?,
        to: RegisterPoint,
        previous: (advance: Int64, seconds: Int64)? = nil,
        registration: ChannelRegistration? = nil,
        meter: MeterRegistration? = nil,
        exchanges: [Int64] = [],
        passable: Int64? = nil
    ) {
        self.unit = unit
        self.from = from
        self.to = to
        self.previous = previous
        self.registration = registration
        self.meter = meter
        self.exchanges = exchanges
        self.passable = passable
    }

    /// Time between the readings, 0 for the first one.
    package var seconds: Int64 { from.map { max(to.at - $0.at, 0) } ?? 0 }
}

/// What two readings of a register say about the time between them.
package enum RegisterAdvance: Sendable, Equatable {
    /// The first reading of a meter: nothing passed that anyone knows of (V37).
    case baseline
    /// What passed, in billionths. `rolledOver`: the register began anew at zero in between.
    case amount(Int64, rolledOver: Bool)
    /// The readings contradict each other (V16), or one of them is none (V15).
    case unknown

    package var billionths: Int64? {
        if case .amount(let amount, _) = self { return amount }
        return nil
    }
}

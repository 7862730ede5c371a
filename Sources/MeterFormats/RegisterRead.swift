public import MeterCore

/// One reading of an accumulating register, or a consumption between two of them (NEM13 record 250).
public struct RegisterRead: Equatable, Sendable {
    public var meter: String
    public var channel: String
    public var unit: MeasurementUnit
    public var zone: String
    /// Where `zone` comes from.
    public var zoneOrigin: ZoneOrigin
    public var serial: String
    /// The period that the quantity covers; for a single reading both are its instant.
    public var from: Instant
    public var to: Instant
    /// Register readings in the register's own unit before conversion; nil where the source has none or it
    /// has more digits than a `Quantity` holds.
    public var previousIndex: Quantity?
    public var currentIndex: Quantity?
    /// Consumption between the two, in `unit`; nil for a single reading.
    public var quantity: Quantity?
    /// Of the previous reading; nil where there is none, or the source gives it no quality.
    public var previousQuality: Quality?
    /// Of the previous reading, see `sourceStatus`.
    public var previousSourceStatus: UInt16
    /// Of the current reading.
    public var quality: Quality
    /// Of the current reading, see `NEMQuality.status`; 0 where the source has none.
    public var sourceStatus: UInt16
    /// UpdateDateTime as seconds since 1970; 0 where the source has none.
    public var sourceVersion: Int64
    /// Time-of-use rate that the register counts; empty for the total.
    public var touCode = ""
    /// The device's own clock when it made the payload.
    public var meterClock: Instant?
}

public import MeterCore

/// A consumption between two readings of an accumulating register (NEM13 record 250).
public struct RegisterRead: Equatable, Sendable {
    public var meter: String
    public var channel: String
    public var unit: MeasurementUnit
    public var zone: String
    public var serial: String
    /// The period that the quantity covers.
    public var from: Instant
    public var to: Instant
    /// Register readings in the register's own unit before conversion; nil where the source has none or it
    /// has more digits than a `Quantity` holds.
    public var previousIndex: Quantity?
    public var currentIndex: Quantity?
    /// Consumption between the two, in `unit`.
    public var quantity: Quantity
    /// Of the current reading.
    public var quality: Quality
    /// See `NEMQuality.status`.
    public var sourceStatus: UInt16
    /// UpdateDateTime as seconds since 1970; 0 where the source has none.
    public var sourceVersion: Int64
}

import MeterCore
import MeterEvents
import StreamCore

/// What one record brings to all that is decided because of it.
struct FoldContext {
    /// The raw event behind the record.
    var raw: RawReference
    /// The record's timestamp, carried to its outputs, ms since 1970.
    var recordMilliseconds: Int64
    /// The latest receive time seen in the partition, ms since 1970.
    var decidedAtMilliseconds: Int64
    var watermarkMilliseconds: Int64?
    var limits: VEELimits
    var timeline: RuleTimeline
    /// The meter in hand.
    var meter: String
    var key: [UInt8]
    /// The zone that windows are cut in.
    var zone: String
    /// The rules of that zone.
    var wall = ZoneRules.utc
    /// What is known of the meter.
    var facts = MeterFacts.none
    /// The series of the check meter of the channel in hand.
    var check: Series?
    /// Local dates (days since 1970) of a storm in the meter's group.
    var storms: [Int32] = []
}

package import MeterCore

/// What a single value of a series may be, worked out once from the rules and what the registry knows of the channel. Any value within
/// `least ... highest` and without one of `suspects` passes every check of single intervals.
package struct SlotLimits: Sendable, Equatable {
    /// Values below are found by V30 (amounts) or V39 (voltage), or by V20 on channels that net.
    package var least = Int64.min
    /// Values above are found by V20, V39 or V40.
    package var highest = Int64.max
    /// Flags that a rule has something to say about.
    package var suspects: IntervalFlags = []
    /// The most an interval of this series can have, of V20; `Int64.max` when the capacity is not known.
    package var capacity = Int64.max
    /// Negative amounts are found by V30.
    package var isNegativeFound = false

    package init() {}

    /// Whether a rule on single intervals has something to say about a value.
    @inlinable
    @inline(__always)
    package func isSuspect(_ value: Int64, _ flags: IntervalFlags) -> Bool {
        value < least || value > highest || !flags.isDisjoint(with: suspects)
    }
}

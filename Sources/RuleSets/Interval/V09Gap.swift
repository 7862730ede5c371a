package import MeterEvents

/// V09, missing and gap check.
///
/// Definition: an expected slot of a closed window for which there is no value, whether the source said so (missing) or nothing
/// came at all (empty). Slots before the channel's first known interval are not expected. A gap is a run of such slots, and of
/// slots whose value failed, across the borders of windows.
///
/// Result: a slot that an estimation method fills carries the finding as a warning; one that stays missing carries it as a failure,
/// and its window opens an exception `ERR_VEE_GAP_04`. Nothing is invented.
///
/// Parameters: `enabled`. Judged by the estimation, which alone knows what is filled.
///
/// Source: Oracle Utilities MDM "Raise Missing Quantity"; Itron Enterprise Edition's MISSING and EMPTY statuses.
public struct GapRule: Sendable, Equatable {
    public static let number: UInt32 = 9
    public static let exceptionCode = "ERR_VEE_GAP_04"

    public var isEnabled = true

    public init() {}

    /// The finding's observed value is the interval length in seconds: it must not change with the gap around the slot, or every
    /// slot of a gap would be versioned anew when its far end moves. The limit is the longest gap that is estimated, in seconds.
    package static func severity(isEstimated: Bool) -> Severity {
        isEstimated ? .warn : .fail
    }
}

extension GapRule: Rule {
    static var parameters: [RuleParameter<Self>] {
        [
            .enabled("Intervals without a value.") { $1(&$0.isEnabled) }
        ]
    }

    static func words(ofIntervals finding: FindingFigures) -> String? {
        let why =
            finding.observedBillionths > finding.limitBillionths
            ? "longer than the \(finding.wholeLimit) s that may be estimated" : "and no method has what it needs"
        return "stay missing: a gap of \(finding.whole) s, \(why)"
    }
}

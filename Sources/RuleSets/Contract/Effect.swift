package import MeterEvents

/// What a rule does to the slots it speaks about. Where several rules speak about a slot, the greatest holds.
package enum Effect: UInt8, Sendable, Comparable, CaseIterable {
    /// The finding is told; the value stays as it is.
    case note = 0
    /// The value is used, with the quality questionable.
    case question = 1
    /// The value is kept with the quality failed. It is not used, not summed and not estimated: a person has to look.
    case fail = 2
    /// The value failed and its slot is filled like a gap.
    case estimate = 3

    package static func < (left: Effect, right: Effect) -> Bool { left.rawValue < right.rawValue }

    /// What a severity means for a slot. `isEstimated` says what becomes of a value that fails.
    package init(_ severity: Severity, isEstimated: Bool) {
        switch severity {
        case .info: self = .note
        case .warn: self = .question
        case .fail: self = isEstimated ? .estimate : .fail
        }
    }
}

import MeterCore

/// The quality names that senders may use.
///
/// A sender can say that a value was measured, estimated, edited, doubtful or absent. It cannot say that a value passed *our* checks or
/// was billed: `validated`, `verified` and `revenue` come in as `raw` and go through the checks.
enum SourceQuality {
    static func named(_ name: String) -> Quality? {
        switch name.lowercased() {
        case "raw", "actual", "measured", "validated", "verified", "revenue": .raw
        case "missing", "null": .missing
        case "failed": .failed
        case "projected": .projected
        case "estimated", "estimated_profile": .estimatedProfile
        case "estimated_reference_day": .estimatedReferenceDay
        case "estimated_linear": .estimatedLinear
        case "estimated_scaled": .estimatedScaled
        case "derived": .derived
        case "questionable": .questionable
        case "edited": .edited
        default: nil
        }
    }
}

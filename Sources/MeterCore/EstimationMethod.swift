/// How a value came about when it was not simply measured. Raw values are stored: never renumber, only add.
public enum EstimationMethod: UInt8, Sendable, CaseIterable {
    /// The source's own value, untouched.
    case none = 0
    /// Point-to-point linear interpolation (E1).
    case linear = 1
    /// Zero because the power was out on both sides (E1a).
    case outageZero = 2
    /// Mean of like days (E2).
    case referenceDays = 3
    /// The source sent an estimate of its own.
    case source = 100

    public var name: String {
        switch self {
        case .none: "none"
        case .linear: "linear"
        case .outageZero: "outage_zero"
        case .referenceDays: "reference_days"
        case .source: "source"
        }
    }
}

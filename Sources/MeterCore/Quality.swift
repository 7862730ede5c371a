/// The canonical quality of an interval value: one ladder for every source format.
///
/// The raw value is the *rank*: a higher rank replaces a lower one, equal ranks are settled by receive time and then by
/// payload id. Ranks are stored in events and tables: never renumber, only add between.
public enum Quality: UInt8, Sendable, CaseIterable, Comparable {
    /// No value: the source said so, or nothing came by the window's close.
    case missing = 0
    /// As received, no check run yet.
    case raw = 10
    /// A check failed; the value is kept but not used.
    case failed = 15
    /// A forward estimate of the source.
    case projected = 20
    case estimatedProfile = 30
    case estimatedReferenceDay = 35
    case estimatedLinear = 40
    case estimatedScaled = 45
    case derived = 50
    /// An actual value with a warning.
    case questionable = 60
    /// An actual value that failed a check and was accepted by a person or a named rule.
    case verified = 70
    case validated = 80
    case edited = 90
    /// Billed and locked.
    case revenue = 100

    public static func < (left: Quality, right: Quality) -> Bool {
        left.rawValue < right.rawValue
    }

    /// Whether the value was measured (rather than estimated, projected or absent).
    public var isActual: Bool {
        switch self {
        case .raw, .questionable, .verified, .validated, .revenue: true
        default: false
        }
    }

    /// Whether the value stands for a measurement that is not there.
    public var isEstimated: Bool {
        switch self {
        case .projected, .estimatedProfile, .estimatedReferenceDay, .estimatedLinear, .estimatedScaled: true
        default: false
        }
    }

    /// The name used in outputs.
    public var name: String {
        switch self {
        case .missing: "missing"
        case .raw: "raw"
        case .failed: "failed"
        case .projected: "projected"
        case .estimatedProfile: "estimated_profile"
        case .estimatedReferenceDay: "estimated_reference_day"
        case .estimatedLinear: "estimated_linear"
        case .estimatedScaled: "estimated_scaled"
        case .derived: "derived"
        case .questionable: "questionable"
        case .verified: "verified"
        case .validated: "validated"
        case .edited: "edited"
        case .revenue: "revenue"
        }
    }
}

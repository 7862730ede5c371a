/// `QualityOfReading` of the Energy Services Provider Interface (Green Button).
///
/// Source: espi.xsd of ESPI 4.0, version of 2023-12-13.
public enum ESPIQuality: UInt8, Sendable, CaseIterable {
    case valid = 0
    /// Manually edited or approved.
    case edited = 7
    case estimatedFromReferenceDay = 8
    case estimatedLinearly = 9
    case questionable = 10
    case derived = 11
    case projected = 12
    case mixed = 13
    case raw = 14
    case weatherNormalized = 15
    case other = 16
    case validated = 17
    /// Failed at least one required check but was judged to be actual.
    case verified = 18
    case revenue = 19
}

extension ESPIQuality {
    /// What says this to others; nil for a missing value, which is left out.
    public init?(_ quality: Quality) {
        switch quality {
        case .missing: return nil
        case .raw: self = .raw
        case .failed, .questionable: self = .questionable
        case .projected: self = .projected
        case .estimatedProfile, .estimatedReferenceDay, .estimatedScaled: self = .estimatedFromReferenceDay
        case .estimatedLinear: self = .estimatedLinearly
        case .derived: self = .derived
        case .verified: self = .verified
        case .validated: self = .validated
        case .edited: self = .edited
        case .revenue: self = .revenue
        }
    }

    /// The place on the ladder, by what the sender says. Whether a sender is believed when it calls a value validated, verified or billed
    /// is for the one who takes it in to decide.
    public var quality: Quality {
        switch self {
        case .valid, .raw: .raw
        case .edited: .edited
        case .estimatedFromReferenceDay: .estimatedReferenceDay
        case .estimatedLinearly: .estimatedLinear
        case .questionable, .mixed, .other: .questionable
        case .derived, .weatherNormalized: .derived
        case .projected: .projected
        case .validated: .validated
        case .verified: .verified
        case .revenue: .revenue
        }
    }
}

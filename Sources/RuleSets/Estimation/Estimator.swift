package import MeterCore

/// An estimation method, by the id that a rule set names it with.
public enum Estimator: String, Sendable, CaseIterable {
    /// Zero, or a line to the nearest good value beyond, where the power was out at an end of the gap.
    case outage = "E1a"
    /// Point-to-point linear.
    case linear = "E1"
    /// Like days, bent to both ends of the gap.
    case anchored = "E1b"
    /// Mean of reference days.
    case referenceDays = "E2"
    /// Copy of the nearest like day.
    case likeDay = "E3"
    /// The check channel of the meter.
    case checkMeter = "E4"
    /// Mean of days of like temperature.
    case proxyDay = "E5"
    /// Class profile at the channel's average daily usage.
    case classProfile = "E6"
    /// Average daily load.
    case averageLoad = "E7"
    /// Flat from the registers on both sides.
    case registerFlat = "E8"
    /// Beyond the newest data.
    case extrapolation = "E10"

    /// Quality of the values it gives.
    package var quality: Quality {
        switch self {
        case .outage, .linear, .checkMeter: .estimatedLinear
        case .anchored, .referenceDays, .likeDay, .proxyDay: .estimatedReferenceDay
        case .classProfile, .averageLoad: .estimatedProfile
        case .registerFlat: .estimatedScaled
        case .extrapolation: .projected
        }
    }

    /// Stored code of the values it gives; `outage` has two, this is the one of both sides.
    package var method: EstimationMethod {
        switch self {
        case .outage: .outageZero
        case .linear: .linear
        case .anchored: .anchored
        case .referenceDays: .referenceDays
        case .likeDay: .likeDay
        case .checkMeter: .checkMeter
        case .proxyDay: .proxyDay
        case .classProfile: .classProfile
        case .averageLoad: .averageLoad
        case .registerFlat: .registerFlat
        case .extrapolation: .extrapolated
        }
    }
}

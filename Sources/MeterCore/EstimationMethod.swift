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
    /// The shape of like days, bent to the values on both sides of the gap (E1b).
    case anchored = 4
    /// A copy of the nearest like day (E3).
    case likeDay = 5
    /// Mean of days of like temperature (E5).
    case proxyDay = 6
    /// The profile of the customer's class at the channel's average daily usage (E6).
    case classProfile = 7
    /// Average daily load in every slot (E7).
    case averageLoad = 8
    /// What the registers leave over, spread evenly (E8).
    case registerFlat = 9
    /// The value of the check meter (E4).
    case checkMeter = 10
    /// Interpolated to the nearest good value beyond an outage on one side (E1a, option D).
    case outageOneSide = 11
    /// A value that a person entered (E11).
    case manual = 12
    /// Extrapolated beyond the channel's newest data (E10).
    case extrapolated = 13
    /// The source sent an estimate of its own.
    case source = 100

    public var name: String {
        switch self {
        case .none: "none"
        case .linear: "linear"
        case .outageZero: "outage_zero"
        case .referenceDays: "reference_days"
        case .anchored: "anchored"
        case .likeDay: "like_day"
        case .proxyDay: "proxy_day"
        case .classProfile: "class_profile"
        case .averageLoad: "average_load"
        case .registerFlat: "register_flat"
        case .checkMeter: "check_meter"
        case .outageOneSide: "outage_one_side"
        case .manual: "manual"
        case .extrapolated: "extrapolated"
        case .source: "source"
        }
    }
}

public import MeterCore

extension NEMQuality {
    /// What says a quality of our ladder to the Australian market, with the method where there is one; nil for a failed value, which the
    /// format has no word for: it is replaced, or left out as null.
    ///
    /// Methods of type 1 to 4 meters, but for class profiles and revisions, which only type 5 has. A doubtful value is actual with reason
    /// 45 (failed validation). Reading this back (`quality`) gives the same place but for actual values, which come back as raw, and for
    /// methods that the market counts otherwise: zeros, and values of a check meter.
    ///
    /// Source: AEMO Metrology Procedure, part B, substitution and estimation types.
    public init?(_ quality: Quality, method: EstimationMethod = .none) {
        switch quality {
        case .failed: return nil
        case .missing: self.init(flag: .null, method: 0, reason: 0)
        case .raw, .verified, .validated: self.init(flag: .actual, method: 0, reason: 0)
        case .questionable: self.init(flag: .actual, method: 0, reason: 45)
        case .projected: self.init(flag: .forwardEstimate, method: method == .extrapolated ? 22 : 20, reason: 0)
        case .derived: self.init(flag: .substitute, method: 12, reason: 0)
        case .edited: self.init(flag: .finalSubstitute, method: 53, reason: 0)
        case .estimatedProfile, .estimatedReferenceDay, .estimatedLinear, .estimatedScaled:
            self.init(flag: .substitute, method: Self.method(quality, method), reason: 0)
        case .revenue:
            switch method {
            case .none: self.init(flag: .actual, method: 0, reason: 0)
            case .manual: self.init(flag: .finalSubstitute, method: 53, reason: 0)
            default: self.init(flag: .finalSubstitute, method: Self.method(quality, method), reason: 0)
            }
        }
    }

    private static func method(_ quality: Quality, _ method: EstimationMethod) -> UInt8 {
        if quality == .estimatedScaled, method != .registerFlat, method != .none { return 24 }
        switch method {
        case .linear, .outageOneSide: return 17
        case .outageZero: return 19
        case .referenceDays, .anchored, .proxyDay: return 15
        case .likeDay: return 14
        case .classProfile: return 57
        case .averageLoad: return 25
        case .checkMeter: return 11
        case .registerFlat: return 24
        case .none, .manual, .source, .extrapolated: break
        }
        switch quality {
        case .estimatedReferenceDay: return 15
        case .estimatedLinear: return 17
        case .estimatedScaled: return 24
        default: return 57
        }
    }
}

extension NEMQuality: CustomStringConvertible {
    /// The QualityMethod field: `A`, `S14`.
    public var description: String {
        let letter =
            switch flag {
            case .actual: "A"
            case .forwardEstimate: "E"
            case .finalSubstitute: "F"
            case .null: "N"
            case .substitute: "S"
            }
        return method == 0 ? letter : letter + (method < 10 ? "0" : "") + "\(method)"
    }
}

public import MeterCore

/// AEMO's QualityMethod (a flag, or a flag and a method of two digits) with its reason code, and what they mean on our ladder.
public struct NEMQuality: Equatable, Sendable {
    public enum Flag: UInt16, Sendable {
        case actual = 1
        case forwardEstimate = 2
        case finalSubstitute = 3
        case null = 4
        case substitute = 5
    }

    public var flag: Flag
    /// 11...75, 0 where none is given.
    public var method: UInt8
    /// 0...99, 0 where none is given.
    public var reason: UInt8

    public init(flag: Flag, method: UInt8, reason: UInt8) {
        self.flag = flag
        self.method = min(method, 99)
        self.reason = min(reason, 99)
    }

    /// The source status of a value: flag (1 A, 2 E, 3 F, 4 N, 5 S) x 10,000 + method x 100 + reason. `S14` with reason 76 is 51,476.
    public var status: UInt16 {
        flag.rawValue * 10_000 + UInt16(method) * 100 + UInt16(reason)
    }

    /// Takes a source status apart; nil when it is none of this format.
    public init?(status: UInt16) {
        guard let flag = Flag(rawValue: status / 10_000) else { return nil }
        self.flag = flag
        method = UInt8(status / 100 % 100)
        reason = UInt8(status % 100)
    }

    /// The place on the canonical ladder. Actual values are `raw`: they have not been through our checks.
    ///
    /// Methods after AEMO's Metrology Procedure: like day and previous period (14, 15, 20, 22, 23, 51, 52, 61, 62) are reference days, linear
    /// ones 17, 54 and 69, scaling 24, calculated from other measurements 11 to 13 and 71 to 75; 53, 55 and 66 with flag F are values
    /// that were agreed or revised. Everything else is an estimate by profile.
    public var quality: Quality {
        switch flag {
        case .actual: return .raw
        case .null: return .missing
        case .forwardEstimate where method == 0 || method == 20 || method == 22: return .projected
        case .finalSubstitute where method == 53 || method == 55 || method == 66: return .edited
        default: break
        }
        switch method {
        case 20, 22: return .projected
        case 14, 15, 23, 51, 52, 61, 62: return .estimatedReferenceDay
        case 17, 54, 69: return .estimatedLinear
        case 24: return .estimatedScaled
        case 11...13, 71...75: return .derived
        case 67: return .questionable
        default: return .estimatedProfile
        }
    }
}

extension NEMQuality {
    /// Reads the two fields; nil when the flag or a code is none. `V` is not read here: it stands for 400 records.
    init?(_ bytes: Span<UInt8>, method: Range<Int>, reason: Range<Int>?) {
        guard let letter = method.first.map({ bytes[$0] }) else { return nil }
        let flag: Flag
        switch letter & 0xdf {
        case UInt8(ascii: "A"): flag = .actual
        case UInt8(ascii: "E"): flag = .forwardEstimate
        case UInt8(ascii: "F"): flag = .finalSubstitute
        case UInt8(ascii: "N"): flag = .null
        case UInt8(ascii: "S"): flag = .substitute
        default: return nil
        }
        var code = 0
        if method.count > 1 {
            guard method.count == 3, let number = DecimalText.unsigned(bytes, method.lowerBound + 1..<method.upperBound)
            else { return nil }
            code = number
        }
        var reasonCode = 0
        if let reason, !reason.isEmpty {
            guard reason.count <= 3, let number = DecimalText.unsigned(bytes, reason) else { return nil }
            reasonCode = number <= 99 ? number : 0
        }
        self.init(flag: flag, method: UInt8(code), reason: UInt8(reasonCode))
    }
}

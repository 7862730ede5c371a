import MeterCore
public import MeterEvents

/// V15, number of dials.
///
/// Definition: a register can't show more than its digits.
///
/// Formula: fails when `reading < 0` or `reading >= 10 ^ digits`, with the digits before the decimal point of the registry. The rule says
/// nothing where they are not known, but for a reading below zero.
///
/// Parameters: `enabled`, `severity` (fail: the reading is not used; warn, info: told).
///
/// Source: California DASMMD "number of dials on meter".
public struct DialsRule: Sendable, Equatable {
    public static let number: UInt32 = 15

    public var isEnabled = true
    public var severity = Severity.fail

    public init() {}

    /// What the register shows at most plus one step, in billionths; nil where it is not known or does not fit.
    package static func capacityBillionths(digits: UInt32) -> Int64? {
        guard (1...9).contains(digits) else { return nil }
        var capacity = Quantity.scale
        for _ in 0..<digits { capacity *= 10 }
        return capacity
    }

    func judge(_ register: RegisterView, _ findings: inout [WindowFinding]) {
        guard isEnabled, register.unit.isAccumulated else { return }
        let capacity = Self.capacityBillionths(digits: register.registration?.digits ?? 0)
        guard register.to.value < 0 || register.to.value >= capacity ?? .max else { return }
        findings.append(
            WindowFinding(
                rule: Self.number,
                severity: severity,
                observedBillionths: register.to.value,
                limitBillionths: capacity ?? 0
            )
        )
    }
}

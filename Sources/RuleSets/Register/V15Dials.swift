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

    /// Whether a reading is none, so that nothing else is to be said of it.
    func refuses(_ register: RegisterView) -> Bool {
        isEnabled && severity == .fail && isBeyond(register, Self.capacityBillionths(of: register))
    }

    private static func capacityBillionths(of register: RegisterView) -> Int64? {
        capacityBillionths(digits: register.registration?.digits ?? 0)
    }

    private func isBeyond(_ register: RegisterView, _ capacity: Int64?) -> Bool {
        register.unit.isAccumulated && (register.to.value < 0 || register.to.value >= capacity ?? .max)
    }

    package func judge(_ register: RegisterView, _ findings: inout [WindowFinding]) {
        let capacity = Self.capacityBillionths(of: register)
        guard isEnabled, isBeyond(register, capacity) else { return }
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

extension DialsRule: Rule {
    static var parameters: [RuleParameter<Self>] {
        [
            .enabled("Readings beyond the digits of the register.") { $1(&$0.isEnabled) },
            .severity { $1(&$0.severity) },
        ]
    }

    static func words(of finding: FindingFigures) -> String? {
        "the register shows \(finding.amount), which it has no digits for"
    }
}

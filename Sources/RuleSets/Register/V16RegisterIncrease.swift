import MeterCore
public import MeterEvents

/// V16, register increase.
///
/// Definition: a register of an amount only rises, but for the moment when all its digits are 9. Going back to a small number after a
/// restart or a replacement is no consumption.
///
/// Formula: with `d = reading - reading before`: `d >= 0` passes. Below zero `d + 10 ^ digits` is taken as the amount when it is at
/// most what can have passed: `capacity * seconds * percent / 100`, or what the intervals say where the capacity is not known (V17).
/// Otherwise the rule fails, and what passed is not known. Without digits in the registry every decrease fails, and without a capacity
/// every one of which the intervals say nothing. Channels that net are not judged.
///
/// Parameters: `enabled`, `severity` (fail: the span has no amount; warn, info: told), `percent` (120).
///
/// Source: rollover is described by Itron Enterprise Edition and Oracle without figures; emoncms issues 1137, 1632, 1818.
public struct RegisterIncreaseRule: Sendable, Equatable {
    public static let number: UInt32 = 16

    public var isEnabled = true
    public var severity = Severity.fail
    /// In billionths of a percent.
    public var percentBillionths: Int64 = 120 * Quantity.scale

    public init() {}

    /// What passed between two readings, whether the rule is enabled or not.
    package func advance(_ register: RegisterView) -> RegisterAdvance {
        guard let from = register.from else { return .baseline }
        let (difference, overflow) = register.to.value.subtractingReportingOverflow(from.value)
        guard !overflow else { return .unknown }
        if difference >= 0 || register.registration?.kind == .net { return .amount(difference, rolledOver: false) }
        guard let capacity = DialsRule.capacityBillionths(digits: register.registration?.digits ?? 0) else {
            return .unknown
        }
        let (amount, isTooLarge) = difference.addingReportingOverflow(capacity)
        guard !isTooLarge, amount >= 0, amount <= plausibleBillionths(register) ?? register.passable ?? -1
        else { return .unknown }
        return .amount(amount, rolledOver: true)
    }

    /// The most that can have passed between the readings, in billionths; nil where the capacity is not known.
    package func plausibleBillionths(_ register: RegisterView) -> Int64? {
        Self.capacityBillionths(register, percentBillionths)
    }

    static func capacityBillionths(_ register: RegisterView, _ percentBillionths: Int64) -> Int64? {
        let watts = SlotLimits.capacityWatts(register.registration, register.meter)
        guard watts > 0, SlotLimits.isElectric(register.unit) else { return nil }
        let energy = Int128(watts) * 1_000_000 * Int128(register.seconds) / 3600
        let (product, overflow) = energy.multipliedReportingOverflow(by: Int128(percentBillionths))
        return overflow ? .max : Int64(clamping: product / (100 * Int128(Quantity.scale)))
    }

    func judge(_ register: RegisterView, _ advance: RegisterAdvance, _ findings: inout [WindowFinding]) {
        guard isEnabled, register.unit.isAccumulated, let from = register.from, advance == .unknown
        else { return }
        findings.append(
            WindowFinding(
                rule: Self.number,
                severity: severity,
                observedBillionths: Int64(clamping: Int128(register.to.value) - Int128(from.value)),
                limitBillionths: 0
            )
        )
    }
}

extension RegisterIncreaseRule: Rule {
    static var parameters: [RuleParameter<Self>] {
        [
            .enabled("Registers that go back.") { $1(&$0.isEnabled) },
            .severity { $1(&$0.severity) },
            .number("percent", .percents, "Of the capacity: what may pass in a rollover, percent.") {
                $1(&$0.percentBillionths)
            },
        ]
    }

    static func words(of finding: FindingFigures) -> String? {
        let observed = finding.observedBillionths
        return "the register went back by \(finding.amount(observed == .min ? .max : -observed))"
    }
}

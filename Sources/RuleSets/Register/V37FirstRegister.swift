import MeterCore
import MeterEvents

/// V37, first absolute register.
///
/// Definition: the first reading of a register, or the first after the meter was installed, is where counting begins. It is never
/// turned into consumption.
///
/// Formula: there is no reading before it, or the one before it is older than `installedFrom` in the registry and the reading is not.
///
/// Result: the finding says that a baseline was set; the span has no amount.
///
/// Parameters: `enabled`. It does not switch off that the first reading is no consumption, only that it is told.
///
/// Source: node-red-contrib-victron issue 462 (a bar of 1,400 kWh), home-assistant/core issue 31269.
public struct FirstRegisterRule: Sendable, Equatable {
    public static let number: UInt32 = 37

    public var isEnabled = true

    public init() {}

    package static func isBaseline(_ register: RegisterView) -> Bool {
        guard let from = register.from else { return true }
        guard let installed = register.meter?.installedFrom?.secondsSinceEpoch else { return false }
        return from.at < installed && register.to.at >= installed
    }

    func judge(_ register: RegisterView, _ findings: inout [WindowFinding]) {
        guard isEnabled, Self.isBaseline(register) else { return }
        findings.append(
            WindowFinding(
                rule: Self.number,
                severity: .info,
                observedBillionths: register.to.value,
                limitBillionths: 0
            )
        )
    }
}

extension FirstRegisterRule: Rule {
    static var parameters: [RuleParameter<Self>] {
        [
            .enabled("The first reading of a register is told.") { $1(&$0.isEnabled) }
        ]
    }

    static func words(of finding: FindingFigures) -> String? {
        "counting begins at \(finding.amount)"
    }
}

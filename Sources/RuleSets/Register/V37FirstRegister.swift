import MeterCore
import MeterEvents

/// V37, first absolute register.
///
/// Definition: the first reading of a register, or the first after the meter was installed, removed or set up anew, is where counting
/// begins. It is never turned into consumption.
///
/// Formula: there is no reading before it; or the one before it is older than `installedFrom` in the registry and the reading is not; or
/// the one before it is not later than `installedTo` and the reading is; or the device reported in between that it was installed, removed
/// or set up anew.
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
        if let installed = register.meter?.installedFrom?.secondsSinceEpoch, from.at < installed,
            register.to.at >= installed
        {
            return true
        }
        if let removed = register.meter?.installedTo?.secondsSinceEpoch, from.at <= removed, register.to.at > removed {
            return true
        }
        return register.exchanges.contains { from.at < $0 && register.to.at >= $0 }
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

import MeterCore
public import MeterEvents

/// V36, prolonged estimation.
///
/// Definition: a channel that has not measured for days. Somebody has to go there.
///
/// Formula: the day and those directly before it, at least `minimumDays` in all, have measured less than half of their slots each.
/// Observed is the number of such days, as far as they are remembered.
///
/// Parameters: `enabled`, `severity` (warn), `minimumDays` (5).
///
/// Source: Oracle Utilities MDM "Prolonged Estimation Check".
public struct ProlongedEstimationRule: Sendable, Equatable {
    public static let number: UInt32 = 36

    public var isEnabled = true
    public var severity = Severity.warn
    public var minimumDays: Int64 = 5

    public init() {}

    func judge(_ window: WindowView, _ findings: inout [WindowFinding]) {
        guard isEnabled else { return }
        let days = window.days(while: isUnmeasured)
        guard days >= max(minimumDays, 1) else { return }
        findings.append(
            WindowFinding(
                rule: Self.number,
                severity: severity,
                observedBillionths: days * Quantity.scale,
                limitBillionths: minimumDays * Quantity.scale
            )
        )
    }

    private func isUnmeasured(_ day: WindowStatistics) -> Bool {
        day.expected > 0 && Int(day.measured) * 2 < Int(day.expected)
    }
}

extension ProlongedEstimationRule: Rule {
    static var parameters: [RuleParameter<Self>] {
        [
            .enabled("Days without a measurement.") { $1(&$0.isEnabled) },
            .severity { $1(&$0.severity) },
            .whole("minimumDays", .days, "Days.") { $1(&$0.minimumDays) },
        ]
    }

    static func words(of finding: FindingFigures) -> String? {
        "\(finding.whole) days without a measurement"
    }
}

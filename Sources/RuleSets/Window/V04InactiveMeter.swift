import MeterCore
public import MeterEvents

/// V04, usage of an inactive meter.
///
/// Definition: usage on a meter that is disconnected, not linked to a usage point, or not installed on that day by the registry.
///
/// Formula: the status is inactive, or the day ends by `installedFrom` or starts at `installedTo` or after it; and the day's sum is above
/// `minimumTotal`.
///
/// Parameters: `enabled`, `severity` (warn), `minimumTotal` (0 of the unit).
///
/// Source: Oracle Utilities MDM "Inactive Measurement Check"; California DASMMD "usage for inactive meters".
public struct InactiveMeterRule: Sendable, Equatable {
    public static let number: UInt32 = 4

    public var isEnabled = true
    public var severity = Severity.warn
    /// In billionths of the unit.
    public var minimumTotalBillionths: Int64 = 0

    public init() {}

    func judge(_ window: WindowView, _ findings: inout [WindowFinding]) {
        guard isEnabled, window.unit.isAccumulated, window.statistics.sum > minimumTotalBillionths,
            let meter = window.meter
        else { return }
        let isBefore = meter.installedFrom.map { window.end <= $0.secondsSinceEpoch } ?? false
        let isAfter = meter.installedTo.map { window.start >= $0.secondsSinceEpoch } ?? false
        guard meter.status == .inactive || isBefore || isAfter else { return }
        findings.append(
            WindowFinding(
                rule: Self.number,
                severity: severity,
                observedBillionths: window.statistics.sum,
                limitBillionths: minimumTotalBillionths
            )
        )
    }
}

extension InactiveMeterRule: Rule {
    static var parameters: [RuleParameter<Self>] {
        [
            .enabled("Usage of an inactive meter.") { $1(&$0.isEnabled) },
            .severity { $1(&$0.severity) },
            .number("minimumTotal", .amounts, "A day's total up to this is passed over, of the unit.") {
                $1(&$0.minimumTotalBillionths)
            },
        ]
    }

    static func words(of finding: FindingFigures) -> String? {
        "\(finding.amount) on a meter that is not in service"
    }
}

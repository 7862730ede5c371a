import MeterCore
public import MeterEvents

/// V07, interval size.
///
/// Definition: the length of the intervals of a payload must be that of the channel in the registry.
///
/// Formula: refused when `length != registered length`, where the registry knows it. With severity warn or info the data is taken as a
/// series of its own.
///
/// Parameters: `enabled`, `severity` (fail).
///
/// Source: Oracle Utilities MDM "Interval Size Validation".
public struct IntervalSizeRule: Sendable, Equatable {
    public static let number: UInt32 = 7
    public static let exceptionCode = "ERR_VEE_LENGTH_07"

    public var isEnabled = true
    public var severity = Severity.fail

    public init() {}

    func judge(_ payload: PayloadView, _ findings: inout [PayloadFinding]) {
        guard isEnabled, payload.intervalSeconds > 0,
            let registered = payload.registration?.intervalSeconds, registered > 0,
            Int64(registered) != payload.intervalSeconds
        else { return }
        findings.append(
            PayloadFinding(
                rule: Self.number,
                severity: severity,
                action: severity == .fail ? .refuse : .note,
                observedBillionths: payload.intervalSeconds * Quantity.scale,
                limitBillionths: Int64(registered) * Quantity.scale
            )
        )
    }
}

extension IntervalSizeRule: Rule {
    static var parameters: [RuleParameter<Self>] {
        [
            .enabled("Length of the intervals against the registry.") { $1(&$0.isEnabled) },
            .severity { $1(&$0.severity) },
        ]
    }

    static func words(of finding: FindingFigures) -> String? {
        "intervals of \(finding.whole) s, the registry has \(finding.wholeLimit) s"
    }
}

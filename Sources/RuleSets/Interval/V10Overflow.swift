import MeterCore
public import MeterEvents

/// V10, pulse and numeric overflow.
///
/// Definition: the device says that the interval counted more than it can hold.
///
/// Formula: the flag `overflow` (C12.19 channel status 1; NEM12 reason 95).
///
/// Parameters: `enabled`, `severity` (fail: the slot is estimated; warn: questionable; info: told).
///
/// Source: ANSI C12.19 load profile status; the pulse overflow check of the California DASMMD.
public struct OverflowRule: Sendable, Equatable {
    public static let number: UInt32 = 10
    static let flags: IntervalFlags = .overflow

    public var isEnabled = true
    public var severity = Severity.fail

    public init() {}

    func judge(_ day: DayView, _ findings: inout [RuleFinding]) {
        guard isEnabled else { return }
        day.find(
            Self.flags,
            rule: Self.number,
            severity,
            Effect(severity, isEstimated: true),
            &findings
        )
    }
}

extension OverflowRule: Rule {
    static var parameters: [RuleParameter<Self>] {
        [
            .enabled("Pulse or number overflow.") { $1(&$0.isEnabled) },
            .severity { $1(&$0.severity) },
        ]
    }

    static func words(ofIntervals finding: FindingFigures) -> String? {
        "are marked by the device: \(finding.flags)"
    }
}

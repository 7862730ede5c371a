import MeterCore
public import MeterEvents

/// V13, device diagnostics.
///
/// Definition: the device reports a fault of its own (CRC, RAM, ROM, watchdog, critical error), a reset or tampering in the interval.
///
/// Formula: one of the flags `diagnostic`, `reset`, `tamper`.
///
/// Parameters: `enabled`, `severity` (warn: questionable; fail: failed, not estimated; info: told).
///
/// Source: AEMO NEM12 reason codes 82 to 88; DLMS alarm register bits 8 to 12.
public struct DiagnosticsRule: Sendable, Equatable {
    public static let number: UInt32 = 13
    static let flags: IntervalFlags = [.diagnostic, .reset, .tamper]

    public var isEnabled = true
    public var severity = Severity.warn

    public init() {}

    func judge(_ day: DayView, _ findings: inout [RuleFinding]) {
        guard isEnabled else { return }
        day.find(
            Self.flags,
            rule: Self.number,
            severity,
            Effect(severity, isEstimated: false),
            &findings
        )
    }
}

extension DiagnosticsRule: Rule {
    static var parameters: [RuleParameter<Self>] {
        [
            .enabled("Faults of the device, resets, tampering.") { $1(&$0.isEnabled) },
            .severity { $1(&$0.severity) },
        ]
    }

    static func words(ofIntervals finding: FindingFigures) -> String? {
        "are marked by the device: \(finding.flags)"
    }
}

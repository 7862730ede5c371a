import MeterCore
public import MeterEvents

/// V11, test mode.
///
/// Definition: data that was collected while the meter was under test is no consumption.
///
/// Formula: the flag `testMode` (C12.19 channel status 5; NEM12 reason 90).
///
/// Parameters: `enabled`, `severity` (fail: the slot is estimated; warn: questionable; info: told).
///
/// Source: ANSI C12.19 load profile status; the test mode check of the California DASMMD.
public struct TestModeRule: Sendable, Equatable {
    public static let number: UInt32 = 11
    static let flags: IntervalFlags = .testMode

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

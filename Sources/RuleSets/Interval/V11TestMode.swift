import MeterCore
public import MeterEvents

/// V11, test mode.
///
/// Definition: data that was collected while the meter was under test is no consumption.
///
/// Formula: the flag `testMode` (C12.19 channel status 5; NEM12 reason 90), or a part of the interval lies between the events by which the
/// device reported that a test began and ended; one that never ended is taken for a day.
///
/// Parameters: `enabled`, `severity` (fail: the slot is estimated; warn: questionable; info: told).
///
/// Source: ANSI C12.19 load profile status and history events 32 and 33; the test mode check of the California DASMMD.
public struct TestModeRule: Sendable, Equatable {
    public static let number: UInt32 = 11
    static let flags: IntervalFlags = .testMode

    public var isEnabled = true
    public var severity = Severity.fail

    public init() {}

    func judge(_ day: DayView, _ findings: inout [RuleFinding]) {
        guard isEnabled else { return }
        let effect = Effect(severity, isEstimated: true)
        day.find(Self.flags, rule: Self.number, severity, effect, &findings)
        if day.tests.isEmpty { return }
        for slot in 0..<day.count where SourceQuality.isChecked(day.quality(slot)) {
            let from = day.start(of: slot)
            guard day.flags(slot).isDisjoint(with: Self.flags), day.tests.touch(from..<from + day.intervalSeconds)
            else { continue }
            findings.add(
                RuleFinding(
                    rule: Self.number,
                    severity: severity,
                    effect: effect,
                    first: slot,
                    observedBillionths: Int64(Self.flags.rawValue) * Quantity.scale,
                    limitBillionths: 0
                )
            )
        }
    }
}

extension TestModeRule: Rule {
    static var parameters: [RuleParameter<Self>] {
        [
            .enabled("Test mode.") { $1(&$0.isEnabled) },
            .severity { $1(&$0.severity) },
        ]
    }

    static func words(ofIntervals finding: FindingFigures) -> String? {
        "are marked by the device: \(finding.flags)"
    }
}

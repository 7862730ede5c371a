import MeterCore
public import MeterEvents

/// V12, partial, long and skipped intervals.
///
/// Definition: the device says that an interval is shorter or longer than it should be, was recovered after a fault, or was not
/// recorded.
///
/// Formula: questionable with one of the flags `partial`, `long`, `recovered`. Not usable with one of `skipped`,
/// `recordingStopped`, `dataInvalid`, `configurationChanged`, unless `powerFailed` is there too: without power nothing was used, and
/// the zero that stands there is right.
///
/// Parameters: `enabled`, `severity` (warn) of the first kind, `skippedSeverity` (fail: the slot is estimated) of the second.
///
/// Source: ANSI C12.19 load profile status, where a skipped interval has its data forced to 0; DLMS load profile status bits 2 and 6.
public struct IntervalStatusRule: Sendable, Equatable {
    public static let number: UInt32 = 12
    static let doubtful: IntervalFlags = [.partial, .long, .recovered]
    static let useless: IntervalFlags = [.skipped, .recordingStopped, .dataInvalid, .configurationChanged]

    public var isEnabled = true
    public var severity = Severity.warn
    public var skippedSeverity = Severity.fail

    public init() {}

    func judge(_ day: DayView, _ findings: inout [RuleFinding]) {
        guard isEnabled else { return }
        day.find(Self.doubtful, rule: Self.number, severity, Effect(severity, isEstimated: true), &findings)
        day.find(
            Self.useless,
            without: .powerFailed,
            rule: Self.number,
            skippedSeverity,
            Effect(skippedSeverity, isEstimated: true),
            &findings
        )
    }
}

extension IntervalStatusRule: Rule {
    static var parameters: [RuleParameter<Self>] {
        [
            .enabled("Partial, long, recovered and skipped intervals.") { $1(&$0.isEnabled) },
            .severity { $1(&$0.severity) },
            .severity("skippedSeverity", "The same for intervals that were not recorded.") { $1(&$0.skippedSeverity) },
        ]
    }

    static func words(ofIntervals finding: FindingFigures) -> String? {
        "are marked by the device: \(finding.flags)"
    }
}

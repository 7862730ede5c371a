import MeterCore
public import MeterEvents

/// V28, zero consumption of an active meter.
///
/// Definition: days of nothing but measured zeros on a channel that draws, without an outage, of a meter that is neither vacant nor
/// inactive.
///
/// Formula: every result of the day is a measured zero, and so are those of the days directly before it, `minimumDays` in all, none of
/// them with an outage; and, with `needsUseBefore`, a remembered day before them had use: a meter that never counted is another matter.
///
/// Parameters: `enabled`, `severity` (warn), `minimumDays` (1), `needsUseBefore` (true).
///
/// Source: Oracle Utilities MDM "Zero Consumption"; California DASMMD.
public struct ZeroRule: Sendable, Equatable {
    public static let number: UInt32 = 28

    public var isEnabled = true
    public var severity = Severity.warn
    public var minimumDays: Int64 = 1
    public var needsUseBefore = true

    public init() {}

    func judge(_ window: WindowView, _ findings: inout [WindowFinding]) {
        guard isEnabled, isZero(window.statistics), window.isDelivered else { return }
        let status = window.meter?.status
        guard status != .vacant, status != .inactive else { return }
        guard window.days(upTo: minimumDays, while: isZero) >= minimumDays else { return }
        if needsUseBefore {
            let before = window.earlier(from: .max)
            guard before.contains(where: { $0.highest > 0 }) else { return }
        }
        findings.append(
            WindowFinding(
                rule: Self.number,
                severity: severity,
                observedBillionths: Int64(window.statistics.zeros) * window.intervalSeconds * Quantity.scale,
                limitBillionths: minimumDays * 86_400 * Quantity.scale
            )
        )
    }

    private func isZero(_ day: WindowStatistics) -> Bool {
        day.expected > 0 && day.zeros == day.expected && day.outageSeconds == 0
    }
}

extension ZeroRule: Rule {
    static var parameters: [RuleParameter<Self>] {
        [
            .enabled("Days of zeros on an active meter.") { $1(&$0.isEnabled) },
            .severity { $1(&$0.severity) },
            .whole("minimumDays", .days, "Days.") { $1(&$0.minimumDays) },
            .flag("needsUseBefore", "Only after a remembered day with use.") { $1(&$0.needsUseBefore) },
        ]
    }

    static func words(of finding: FindingFigures) -> String? {
        "nothing but zeros for \(finding.whole) s on an active meter"
    }
}

import MeterCore
public import MeterEvents

/// V22, peak against the previous period.
///
/// Definition: the highest interval of the day against the highest of the `days` before it.
///
/// Formula: `(peak - previous peak) / previous peak * 100 > thresholdPercent`, strictly. Not judged where the previous peak is not above
/// zero, or the peak is below `minimumPerHour`, or fewer than half of the days are known.
///
/// Parameters: `enabled`, `severity` (warn), `thresholdPercent` (200), `days` (14: each weekday is among them twice), `minimumPerHour`
/// (0.5 kWh per hour of interval).
///
/// Source: Itron Enterprise Edition "Historical Max Usage Percentage Difference".
public struct PeakRule: Sendable, Equatable {
    public static let number: UInt32 = 22

    public var isEnabled = true
    public var severity = Severity.warn
    /// In billionths of a percent.
    public var thresholdPercentBillionths: Int64 = 200 * Quantity.scale
    public var days: Int64 = 14
    /// kWh per hour of interval, in billionths.
    public var minimumPerHourBillionths: Int64 = Quantity.scale / 2

    public init() {}

    func judge(_ window: WindowView, _ findings: inout [WindowFinding]) {
        guard isEnabled, window.unit == .kilowattHour, window.statistics.used > 0 else { return }
        let peak = Int128(window.statistics.highest)
        guard peak * 3600 >= Int128(minimumPerHourBillionths) * Int128(window.intervalSeconds) else { return }
        let before = window.usage(from: days, to: 1)
        guard before.days * 2 >= days, before.highest > 0 else { return }
        let excess = WindowView.percentBillionths(peak - Int128(before.highest), of: Int128(before.highest))
        guard excess > thresholdPercentBillionths else { return }
        findings.append(
            WindowFinding(
                rule: Self.number,
                severity: severity,
                observedBillionths: excess,
                limitBillionths: thresholdPercentBillionths
            )
        )
    }
}

extension PeakRule: Rule {
    static var parameters: [RuleParameter<Self>] {
        [
            .enabled("Peak against the days before.") { $1(&$0.isEnabled) },
            .severity { $1(&$0.severity) },
            .number("thresholdPercent", .percents, "Above the previous peak, percent.") {
                $1(&$0.thresholdPercentBillionths)
            },
            .whole("days", .days, "Days of the previous peak.") { $1(&$0.days) },
            .number("minimumPerHour", .amounts, "Smaller peaks are passed over, kWh per hour.") {
                $1(&$0.minimumPerHourBillionths)
            },
        ]
    }

    static func words(of finding: FindingFigures) -> String? {
        "the peak is \(finding.percent) above that of the days before"
    }
}

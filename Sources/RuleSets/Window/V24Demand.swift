import MeterCore
public import MeterEvents

/// V24, high and low demand.
///
/// Definition: the highest interval of the last days against the highest of the days before them.
///
/// Formula: as V23, once in `currentDays` too, with peaks for averages: `low < reference * lowPercent / 100` or `high > reference * highPercent / 100`, strictly.
///
/// Parameters: `enabled`, `severity` (warn), `lowPercent` (30), `highPercent` (200), `currentDays` (14), `referenceDays` (28: together
/// no more than what is remembered), `minimumDays` (10), `maximumEstimatedPercent` (20), `minimumPerHour` (0.5 kWh per hour of interval).
///
/// Source: California DASMMD section B, "high/low demand"; no threshold is published.
public struct DemandRule: Sendable, Equatable {
    public static let number: UInt32 = 24

    public var isEnabled = true
    public var severity = Severity.warn
    /// In billionths of a percent.
    public var lowPercentBillionths: Int64 = 30 * Quantity.scale
    public var highPercentBillionths: Int64 = 200 * Quantity.scale
    public var currentDays: Int64 = 14
    public var referenceDays: Int64 = 28
    public var minimumDays: Int64 = 10
    public var maximumEstimatedPercentBillionths: Int64 = 20 * Quantity.scale
    /// kWh per hour of interval, in billionths.
    public var minimumPerHourBillionths: Int64 = Quantity.scale / 2

    public init() {}

    func judge(_ window: WindowView, _ findings: inout [WindowFinding]) {
        guard isEnabled, window.unit == .kilowattHour, window.isDelivered, window.isEnd(ofPeriod: currentDays)
        else { return }
        let current = window.currentUsage(days: currentDays)
        guard current.days * 2 >= currentDays else { return }
        let reference = window.referenceUsage(days: referenceDays, before: currentDays)
        guard reference.days >= minimumDays, reference.highest > 0,
            Int128(reference.highest) * 3600 >= Int128(minimumPerHourBillionths) * Int128(window.intervalSeconds),
            reference.isMeasured(exceptPercentBillionths: maximumEstimatedPercentBillionths)
        else { return }
        let percent = WindowView.percentBillionths(Int128(current.highest), of: Int128(reference.highest))
        guard percent < lowPercentBillionths || percent > highPercentBillionths else { return }
        findings.append(
            WindowFinding(
                rule: Self.number,
                severity: severity,
                observedBillionths: percent,
                limitBillionths: percent < lowPercentBillionths ? lowPercentBillionths : highPercentBillionths
            )
        )
    }
}

extension DemandRule: Rule {
    static var parameters: [RuleParameter<Self>] {
        [
            .enabled("High and low demand.") { $1(&$0.isEnabled) },
            .severity { $1(&$0.severity) },
            .number("lowPercent", .percents, "Of the reference, percent.") { $1(&$0.lowPercentBillionths) },
            .number("highPercent", .percents, "Of the reference, percent.") { $1(&$0.highPercentBillionths) },
            .whole("currentDays", .days, "Days that are judged.") { $1(&$0.currentDays) },
            .whole("referenceDays", .days, "Days before them.") { $1(&$0.referenceDays) },
            .whole("minimumDays", .days, "Days of the reference that must be known.") { $1(&$0.minimumDays) },
            .number("maximumEstimatedPercent", 0...100, "Of the reference, percent.") {
                $1(&$0.maximumEstimatedPercentBillionths)
            },
            .number("minimumPerHour", .amounts, "Smaller references are passed over, kWh per hour.") {
                $1(&$0.minimumPerHourBillionths)
            },
        ]
    }

    static func words(of finding: FindingFigures) -> String? {
        "demand is \(finding.percent) of that of the days before, the limit is \(finding.limitPercent)"
    }

    var contradiction: String? {
        if lowPercentBillionths > highPercentBillionths { return "lowPercent is above highPercent" }
        let days = currentDays - 1 + referenceDays
        return days > 42 ? "currentDays and referenceDays reach back \(days) days, 42 are remembered" : nil
    }
}

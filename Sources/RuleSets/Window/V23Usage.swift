import MeterCore
public import MeterEvents

/// V23, high and low usage.
///
/// Definition: the average daily usage of the last days against that of the days before them.
///
/// Judged once in `currentDays`, on the last day of each period counted from a Monday, as a bill would be: a rule that slides with the
/// days tells of one change for weeks.
///
/// Formula: `low < reference * lowPercent / 100` or `high > reference * highPercent / 100`, strictly, where both are totals divided by
/// days. Current are the day and the `currentDays - 1` before it; the reference are the `referenceDays` before those. Days of which less
/// than half may be used take no part. Not judged where fewer than `minimumDays` of the reference or half of the current days are
/// known, where more than `maximumEstimatedPercent` of the reference's slots are not measured, or where the reference is below
/// `minimumPerDay`.
///
/// Parameters: `enabled`, `severity` (warn), `lowPercent` (25), `highPercent` (250), `currentDays` (7: whole weeks are compared),
/// `referenceDays` (28), `minimumDays` (10), `maximumEstimatedPercent` (20), `minimumPerDay` (1 kWh).
///
/// Source: Oracle Utilities MDM "High/Low Check"; no threshold is published.
public struct UsageRule: Sendable, Equatable {
    public static let number: UInt32 = 23

    public var isEnabled = true
    public var severity = Severity.warn
    /// In billionths of a percent.
    public var lowPercentBillionths: Int64 = 25 * Quantity.scale
    public var highPercentBillionths: Int64 = 250 * Quantity.scale
    public var currentDays: Int64 = 7
    public var referenceDays: Int64 = 28
    public var minimumDays: Int64 = 10
    public var maximumEstimatedPercentBillionths: Int64 = 20 * Quantity.scale
    /// kWh, in billionths.
    public var minimumPerDayBillionths: Int64 = Quantity.scale

    public init() {}

    func judge(_ window: WindowView, _ findings: inout [WindowFinding]) {
        guard isEnabled, window.unit == .kilowattHour, window.isDelivered, window.isEnd(ofPeriod: currentDays)
        else { return }
        let current = window.currentUsage(days: currentDays)
        guard current.days * 2 >= currentDays else { return }
        let reference = window.referenceUsage(days: referenceDays, before: currentDays)
        guard reference.days >= minimumDays, reference.average >= Int128(minimumPerDayBillionths),
            reference.isMeasured(exceptPercentBillionths: maximumEstimatedPercentBillionths), reference.average > 0
        else { return }
        let percent = WindowView.percentBillionths(current.average, of: reference.average)
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

extension UsageRule: Rule {
    static var parameters: [RuleParameter<Self>] {
        [
            .enabled("High and low usage.") { $1(&$0.isEnabled) },
            .severity { $1(&$0.severity) },
            .number("lowPercent", .percents, "Of the reference, percent.") { $1(&$0.lowPercentBillionths) },
            .number("highPercent", .percents, "Of the reference, percent.") { $1(&$0.highPercentBillionths) },
            .whole("currentDays", .days, "Days that are judged.") { $1(&$0.currentDays) },
            .whole("referenceDays", .days, "Days before them.") { $1(&$0.referenceDays) },
            .whole("minimumDays", .days, "Days of the reference that must be known.") { $1(&$0.minimumDays) },
            .number("maximumEstimatedPercent", 0...100, "Of the reference, percent.") {
                $1(&$0.maximumEstimatedPercentBillionths)
            },
            .number("minimumPerDay", .amounts, "Smaller references are passed over, kWh.") {
                $1(&$0.minimumPerDayBillionths)
            },
        ]
    }

    static func words(of finding: FindingFigures) -> String? {
        "daily usage is \(finding.percent) of that of the days before, the limit is \(finding.limitPercent)"
    }

    var contradiction: String? {
        if lowPercentBillionths > highPercentBillionths { return "lowPercent is above highPercent" }
        let days = currentDays - 1 + referenceDays
        return days > 42 ? "currentDays and referenceDays reach back \(days) days, 42 are remembered" : nil
    }
}

import MeterCore
public import MeterEvents

/// V21, difference of consecutive intervals.
///
/// Definition: an interval that is many times the last valid one before it, across midnight too. Made for large steady loads: a
/// household switches on a stove and is many times above what it was, so the rule is off unless a rule set turns it on for a customer
/// class.
///
/// Formula: `|value - last| / last * 100 > thresholdPercent`, strictly, where `last` is above zero and the greater of the two is
/// at least `minimumPerHour`.
///
/// Parameters: `enabled` (false), `severity` (warn: questionable; fail: failed, not estimated), `thresholdPercent` (500),
/// `minimumPerHour` (1 kWh per hour of interval).
///
/// Source: Itron Enterprise Edition "Consecutive Interval Demand Tolerance" (topic 252711).
public struct StepRule: Sendable, Equatable {
    public static let number: UInt32 = 21

    public var isEnabled = false
    public var severity = Severity.warn
    /// In billionths of a percent.
    public var thresholdPercentBillionths: Int64 = 500 * Quantity.scale
    /// kWh per hour of interval, in billionths.
    public var minimumPerHourBillionths: Int64 = Quantity.scale

    public init() {}

    func judge(_ day: DayView, _ findings: inout [RuleFinding]) {
        guard isEnabled, day.unit == .kilowattHour else { return }
        let minimum = Int128(minimumPerHourBillionths) * Int128(day.intervalSeconds) / 3600
        guard Int128(day.statistics.highest) >= minimum else { return }
        var last = day.previous?.value
        for slot in 0..<day.count {
            let quality = day.quality(slot)
            guard SourceQuality.isMeasured(quality) else { continue }
            let value = day.value(slot)
            defer { last = value }
            guard let before = last, before > 0, max(Int128(value), Int128(before)) >= minimum,
                SourceQuality.isChecked(quality)
            else { continue }
            let difference = (Int128(value) - Int128(before)).magnitude
            guard difference * 100_000_000_000 > UInt128(thresholdPercentBillionths) * UInt128(before) else { continue }
            findings.add(
                RuleFinding(
                    rule: Self.number,
                    severity: severity,
                    effect: Effect(severity, isEstimated: false),
                    first: slot,
                    observedBillionths: Int64(clamping: difference * 100_000_000_000 / UInt128(before)),
                    limitBillionths: thresholdPercentBillionths
                )
            )
        }
    }
}

extension StepRule: Rule {
    static var parameters: [RuleParameter<Self>] {
        [
            .enabled("Difference of consecutive intervals.") { $1(&$0.isEnabled) },
            .severity { $1(&$0.severity) },
            .number("thresholdPercent", .percents, "Of the interval before, percent.") {
                $1(&$0.thresholdPercentBillionths)
            },
            .number("minimumPerHour", .amounts, "Smaller intervals are passed over, kWh per hour.") {
                $1(&$0.minimumPerHourBillionths)
            },
        ]
    }

    static func words(ofIntervals finding: FindingFigures) -> String? {
        "differ by up to \(finding.percent) from the one before"
    }
}

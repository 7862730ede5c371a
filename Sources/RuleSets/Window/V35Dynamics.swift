import MeterCore
public import MeterEvents

/// V35, dynamic statistics.
///
/// Definition: the day's total against mean and standard deviation of the same channel's like days: working days with working days,
/// Saturdays and Sundays with theirs. Windows of several days are compared with all before them, by their mean of a day.
///
/// Formula: `|x - mean| > thresholdSigma * s` and `|x - mean| / mean * 100 > minimumPercent`, strictly, where `s` is the sample standard
/// deviation of at least `minimumDays` whole days among the `referenceDays` before the day. In integers, of thousandths of the unit.
///
/// Parameters: `enabled`, `severity` (warn), `thresholdSigma` (6), `minimumDays` (8), `referenceDays` (42), `minimumPercent` (100:
/// steady loads have a deviation of next to nothing; that usage falls is for V23 and V28 to say).
///
/// Source: Oracle Utilities MDM "Dynamic Comparison Validation". The figures are from hourly data of 351 buildings, where 4 deviations and
/// 50 percent find 0.5 % of the days, and these 0.06 %.
public struct DynamicsRule: Sendable, Equatable {
    public static let number: UInt32 = 35

    public var isEnabled = true
    public var severity = Severity.warn
    /// In billionths.
    public var thresholdSigmaBillionths: Int64 = 6 * Quantity.scale
    public var minimumDays: Int64 = 8
    public var referenceDays: Int64 = 42
    /// In billionths of a percent.
    public var minimumPercentBillionths: Int64 = 100 * Quantity.scale

    public init() {}

    func judge(_ window: WindowView, _ findings: inout [WindowFinding]) {
        guard isEnabled, window.unit.isAccumulated, window.statistics.isWhole else { return }
        let isWeekend = Self.isWeekend(window.statistics)
        var count: Int128 = 0
        var sum: Int128 = 0
        var squares: Int128 = 0
        for day in window.earlier(from: Int32(clamping: referenceDays))
        where day.isWhole && Self.isWeekend(day) == isWeekend {
            let value = Self.thousandths(day)
            count += 1
            sum += value
            squares += value * value
        }
        guard count >= Int128(max(minimumDays, 2)) else { return }
        // All scaled by the count: the deviation from the mean, and n times the sum of the squared deviations.
        let deviation = count * Self.thousandths(window.statistics) - sum
        let spread = count * squares - sum * sum
        guard deviation != 0, isFar(deviation, from: sum) else { return }
        // z² = deviation² / n² : spread / (n (n - 1)), so z² > T² when deviation² (n - 1) > T² n spread; T in thousandths.
        let threshold = Int128(thresholdSigmaBillionths / 1_000_000)
        let left = deviation.magnitude.multipliedReportingOverflow(by: deviation.magnitude)
        let scaledLeft = left.partialValue.multipliedReportingOverflow(by: UInt128(count - 1) * 1_000_000)
        let right = spread.magnitude.multipliedReportingOverflow(by: UInt128(threshold * threshold * count))
        guard !left.overflow, !scaledLeft.overflow, !right.overflow, scaledLeft.partialValue > right.partialValue
        else { return }
        findings.append(
            WindowFinding(
                rule: Self.number,
                severity: severity,
                observedBillionths: window.statistics.sum,
                limitBillionths: Int64(clamping: sum / count * 1_000_000 * Int128(window.statistics.days))
            )
        )
    }

    private func isFar(_ deviation: Int128, from sum: Int128) -> Bool {
        guard sum > 0 else { return true }
        return deviation.magnitude * UInt128(100 * Quantity.scale) > UInt128(minimumPercentBillionths) * sum.magnitude
    }

    /// Saturday and Sunday, of windows of a day.
    private static func isWeekend(_ window: WindowStatistics) -> Bool {
        window.days == 1 && CivilDate(daysSinceEpoch: window.date).isoWeekday >= 6
    }

    /// Of the total of a day.
    private static func thousandths(_ window: WindowStatistics) -> Int128 {
        Int128(window.sum / 1_000_000) / Int128(max(window.days, 1))
    }
}

extension DynamicsRule: Rule {
    static var parameters: [RuleParameter<Self>] {
        [
            .enabled("A day's total against like days.") { $1(&$0.isEnabled) },
            .severity { $1(&$0.severity) },
            .number("thresholdSigma", 0...100, "Standard deviations.") { $1(&$0.thresholdSigmaBillionths) },
            .whole("minimumDays", 2...42, "Like days that must be known.") { $1(&$0.minimumDays) },
            .whole("referenceDays", .days, "Days that are looked through.") { $1(&$0.referenceDays) },
            .number("minimumPercent", .percents, "Smaller deviations are passed over, percent of the mean.") {
                $1(&$0.minimumPercentBillionths)
            },
        ]
    }

    static func words(of finding: FindingFigures) -> String? {
        "\(finding.amount), like days have \(finding.limitAmount)"
    }
}

import MeterCore
public import MeterEvents

/// V19, spike check.
///
/// Definition: the highest intervals of a local day against the third highest. The third is the reference so that two adjoining high
/// intervals do not hide each other.
///
/// Formula: `s = (value - third) / third * 100`; the interval fails when `s > T`, strictly. Exact in integers.
///
/// Skipped when the highest value is below the minimum size, when the day has fewer than three measured values, or when the third
/// is not above zero. Energy in kWh only. Estimates, missing and failed values take no part.
///
/// Parameters: `thresholdPercent` (T, default 180), `minimumPerHour` (default 0.5 kWh per hour of interval), `severity` (default
/// fail). Fail: the value is kept with the quality failed, for review, is not counted in the window's sum, is not estimated, and is
/// no end point of an estimate. Warn: the value is kept and used with the quality questionable. What a person or a bill has settled
/// ranks with the others but is never found.
///
/// Source: Oracle Utilities MDM `D2-INTSPKCHK` for the formula; the California DASMMD for 180 %.
public struct SpikeRule: Sendable, Equatable {
    public static let number: UInt32 = 19

    public var isEnabled: Bool
    /// Percent, in billionths.
    public var thresholdPercentBillionths: Int64
    /// kWh per hour of interval, in billionths.
    public var minimumPerHourBillionths: Int64
    /// `.fail` or `.warn`.
    public var severity: Severity

    public init(
        isEnabled: Bool = true,
        thresholdPercentBillionths: Int64 = 180_000_000_000,
        minimumPerHourBillionths: Int64 = 500_000_000,
        severity: Severity = .fail
    ) {
        self.isEnabled = isEnabled
        self.thresholdPercentBillionths = thresholdPercentBillionths
        self.minimumPerHourBillionths = minimumPerHourBillionths
        self.severity = severity
    }

    /// Whether `value` is more than T percent above `third` (which is above zero).
    func isExceeded(by value: Int64, third: Int64) -> Bool {
        (Int128(value) - Int128(third)) * 100_000_000_000 > Int128(thresholdPercentBillionths) * Int128(third)
    }

    /// Percent above `third`, in billionths, cut at the largest `Int64`.
    func excessPercentBillionths(of value: Int64, third: Int64) -> Int64 {
        Int64(clamping: (Int128(value) - Int128(third)) * 100_000_000_000 / Int128(third))
    }

    func judge(_ day: DayView, _ findings: inout [RuleFinding]) {
        let third = day.statistics.third
        guard isEnabled, third > 0, day.unit == .kilowattHour,
            isLarge(day.statistics.highest, day.intervalSeconds),
            isExceeded(by: day.statistics.highest, third: third)
        else { return }
        for slot in 0..<day.count {
            let value = day.value(slot)
            guard value > third, isExceeded(by: value, third: third), SourceQuality.isChecked(day.quality(slot))
            else { continue }
            findings.append(
                RuleFinding(
                    rule: Self.number,
                    severity: severity,
                    effect: Effect(severity, isEstimated: false),
                    first: slot,
                    observedBillionths: excessPercentBillionths(of: value, third: third),
                    limitBillionths: thresholdPercentBillionths
                )
            )
        }
    }

    private func isLarge(_ value: Int64, _ intervalSeconds: Int64) -> Bool {
        Int128(value) * 3600 >= Int128(minimumPerHourBillionths) * Int128(intervalSeconds)
    }
}

extension SpikeRule: Rule {
    static var parameters: [RuleParameter<Self>] {
        [
            .enabled("Spikes.") { $1(&$0.isEnabled) },
            .severity { $1(&$0.severity) },
            .number("thresholdPercent", .percents, "Above the third highest of the day, percent.") {
                $1(&$0.thresholdPercentBillionths)
            },
            .number("minimumPerHour", .amounts, "Smaller intervals are passed over, kWh per hour.") {
                $1(&$0.minimumPerHourBillionths)
            },
        ]
    }

    static func words(ofIntervals finding: FindingFigures) -> String? {
        "are up to \(finding.percent) above the third highest of the window"
    }
}

import MeterCore
public import MeterEvents

/// V19, spike check.
///
/// Definition: the highest intervals of a window against the third highest of the window and against the third highest peak of the windows
/// before it. The third is the reference so that two adjoining high intervals, or two spikes of one month, do not hide each other; what
/// happens a third time is a pattern. A heater that runs for one interval every morning stands far above its day but not above its days.
///
/// Formula: with `over(x) = (value - x) / x * 100`, a value is found when all of these hold, strictly and exact in integers:
///
/// * `over(third of the window) > T`
/// * where the history is known: `over(third peak of the history) > H`
/// * where it is not: `over(third of the window) > A`
///
/// The history is the windows of the same part of their day within the `historyDays` local dates before the window. It is known when at least
/// `minimumDays` of them have a measured value and their third highest peak is above zero. A window that is itself as long as the
/// history needs none: there T alone decides.
///
/// Skipped when the highest value is below the minimum size, when the window has fewer than three measured values, or when the third
/// is not above zero. Energy in kWh only. Estimates and missing values take no part, nor do those that the source calls failed.
///
/// Parameters: `thresholdPercent` (T, default 180), `historyPercent` (H, default 100), `historyDays` (default 28), `minimumDays` (default 7),
/// `alonePercent` (A, default 2000), `minimumPerHour` (default 0.5 kWh per hour of interval), `severity` (default fail). Fail: the
/// value is kept with the quality failed, for review, is not counted in the window's sum, is not estimated, and is no end point of an
/// estimate. Warn: the value is kept and used with the quality questionable. What a person or a bill has settled ranks with the others but
/// is never found. A finding's limit is the percentage over the window's third that the value had to exceed.
///
/// Source: Oracle Utilities MDM `D2-INTSPKCHK` for the formula; the California DASMMD for 180 %. The history and its numbers are measured:
/// on ten households and 351 buildings, chosen on one half of the meters and confirmed on the other (see `docs/vee.md`).
public struct SpikeRule: Sendable, Equatable {
    public static let number: UInt32 = 19

    public var isEnabled: Bool
    /// Above the third highest of the window; percent, in billionths.
    public var thresholdPercentBillionths: Int64
    /// Above the third highest peak of the history; percent, in billionths.
    public var historyPercentBillionths: Int64
    /// Local dates before the window whose windows are its history.
    public var historyDays: Int64
    /// Windows that the history must have.
    public var minimumDays: Int64
    /// Above the third highest of the window where the history is not known; percent, in billionths.
    public var alonePercentBillionths: Int64
    /// kWh per hour of interval, in billionths.
    public var minimumPerHourBillionths: Int64
    /// `.fail` or `.warn`.
    public var severity: Severity

    public init(
        isEnabled: Bool = true,
        thresholdPercentBillionths: Int64 = 180_000_000_000,
        historyPercentBillionths: Int64 = 100_000_000_000,
        historyDays: Int64 = 28,
        minimumDays: Int64 = 7,
        alonePercentBillionths: Int64 = 2_000_000_000_000,
        minimumPerHourBillionths: Int64 = 500_000_000,
        severity: Severity = .fail
    ) {
        self.isEnabled = isEnabled
        self.thresholdPercentBillionths = thresholdPercentBillionths
        self.historyPercentBillionths = historyPercentBillionths
        self.historyDays = historyDays
        self.minimumDays = minimumDays
        self.alonePercentBillionths = alonePercentBillionths
        self.minimumPerHourBillionths = minimumPerHourBillionths
        self.severity = severity
    }

    /// Whether a window has values that are spikes if the history says so too. Where it has none, no history can change what is found.
    package func isCandidate(_ day: DayView) -> Bool {
        let statistics = day.statistics
        return isEnabled && statistics.third > 0 && day.unit == .kilowattHour
            && Int128(statistics.highest) * 3600 >= Int128(minimumPerHourBillionths) * Int128(day.intervalSeconds)
            && Self.isAbove(statistics.highest, statistics.third, thresholdPercentBillionths)
    }

    func judge(_ day: DayView, _ findings: inout [RuleFinding]) {
        guard isCandidate(day) else { return }
        let third = day.statistics.third
        let peak = needsHistory(day) ? knownPeak(day) : 0
        // Every value is above 0 by any percentage: without a peak to compare with, that comparison holds.
        let percent = peak == nil ? max(thresholdPercentBillionths, alonePercentBillionths) : thresholdPercentBillionths
        let reference = peak ?? 0
        for slot in 0..<day.count {
            let value = day.value(slot)
            guard value > third, SourceQuality.isChecked(day.quality(slot)), Self.isAbove(value, third, percent),
                Self.isAbove(value, reference, historyPercentBillionths)
            else { continue }
            findings.append(
                RuleFinding(
                    rule: Self.number,
                    severity: severity,
                    effect: Effect(severity, isEstimated: false),
                    first: slot,
                    observedBillionths: Self.excess(Int128(value) * Self.hundredPercent, third),
                    limitBillionths: max(
                        percent,
                        Self.excess(Int128(reference) * (Self.hundredPercent + Int128(historyPercentBillionths)), third)
                    )
                )
            )
        }
    }

    /// A window as long as the history is its own. Half a day is allowed for: two changes of the clock make no day.
    private func needsHistory(_ day: DayView) -> Bool {
        (day.dayEnd - day.dayStart + 43_200) / 86_400 < historyDays
    }

    /// The third highest peak of the history; nil where it is not known.
    private func knownPeak(_ day: DayView) -> Int64? {
        guard let history = day.history, Int64(history.windows) >= minimumDays, history.third > 0 else { return nil }
        return history.third
    }

    /// 100 percent, in billionths.
    private static let hundredPercent: Int128 = 100_000_000_000

    /// Whether `value` is more than some percent (in billionths) above `reference`, which is not below zero.
    private static func isAbove(_ value: Int64, _ reference: Int64, _ percentBillionths: Int64) -> Bool {
        (Int128(value) - Int128(reference)) * hundredPercent > Int128(percentBillionths) * Int128(reference)
    }

    /// Percent in billionths by which an amount is above `third`, cut at the ends of `Int64`. The amount is `hundredPercent` times as large.
    private static func excess(_ amount: Int128, _ third: Int64) -> Int64 {
        Int64(clamping: (amount - Int128(third) * hundredPercent) / Int128(third))
    }
}

extension SpikeRule: Rule {
    static var parameters: [RuleParameter<Self>] {
        [
            .enabled("Spikes.") { $1(&$0.isEnabled) },
            .severity { $1(&$0.severity) },
            .number("thresholdPercent", .percents, "Above the third highest of the window, percent.") {
                $1(&$0.thresholdPercentBillionths)
            },
            .number("historyPercent", .percents, "Above the third highest peak of the days before, percent.") {
                $1(&$0.historyPercentBillionths)
            },
            .whole("historyDays", .days, "Days before that count; a window that long needs none.") {
                $1(&$0.historyDays)
            },
            .whole("minimumDays", .days, "Days before that must have a measured value.") { $1(&$0.minimumDays) },
            .number("alonePercent", .percents, "Above the third highest of the window where fewer have, percent.") {
                $1(&$0.alonePercentBillionths)
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

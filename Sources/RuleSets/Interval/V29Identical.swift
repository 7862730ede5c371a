import MeterCore
public import MeterEvents

/// V29, consecutive identical intervals.
///
/// Definition: a run of the same value, other than zero, within a local day: a counter that does not count but repeats itself. Zeros
/// are for V28 and V33 to judge.
///
/// Formula: a run of at least `minimumSeconds` and at least `minimumIntervals`, whose value is at least `minimumPerHour` (a
/// standby load stands still) and has at least `minimumDigits` significant digits (a meter that counts in whole kWh and uses 3 kWh an
/// hour says nothing by saying 3 again).
///
/// Parameters: `enabled`, `severity` (warn: questionable; fail: failed, not estimated; info: told), `minimumSeconds` (10,800),
/// `minimumIntervals` (8), `minimumDigits` (3), `minimumPerHour` (0.5 kWh per hour of interval). The figures are from hourly data of 351
/// buildings, where a run of three hours of any value would mark 2.4 % of all intervals.
///
/// Source: Oracle Utilities MDM "Consecutive Interval Check".
public struct IdenticalRule: Sendable, Equatable {
    public static let number: UInt32 = 29

    public var isEnabled = true
    public var severity = Severity.warn
    public var minimumSeconds: Int64 = 10_800
    public var minimumIntervals: Int64 = 8
    public var minimumDigits: Int64 = 3
    /// Of the unit, per hour of interval, in billionths.
    public var minimumPerHourBillionths: Int64 = Quantity.scale / 2

    public init() {}

    func judge(_ day: DayView, _ findings: inout [RuleFinding]) {
        let longest = Int64(day.statistics.longestIdenticalRun.count)
        guard isEnabled, longest > 1, isLong(longest, day.intervalSeconds), day.unit.isAccumulated else { return }
        var first = 0
        while first < day.count {
            let value = day.value(first)
            var end = first + 1
            if value != 0, SourceQuality.isMeasured(day.quality(first)) {
                while end < day.count, day.value(end) == value, SourceQuality.isMeasured(day.quality(end)) { end += 1 }
                if isLong(Int64(end - first), day.intervalSeconds), isLarge(value, day.intervalSeconds),
                    significantDigits(value) >= minimumDigits
                {
                    append(day, first..<end, &findings)
                }
            }
            first = end
        }
    }

    /// A value that a person has settled is part of the run but is not spoken about.
    private func append(_ day: DayView, _ run: Range<Int>, _ findings: inout [RuleFinding]) {
        for slot in run where SourceQuality.isChecked(day.quality(slot)) {
            findings.add(
                RuleFinding(
                    rule: Self.number,
                    severity: severity,
                    effect: Effect(severity, isEstimated: false),
                    first: slot,
                    observedBillionths: Int64(run.count) * day.intervalSeconds * Quantity.scale,
                    limitBillionths: minimumSeconds * Quantity.scale
                )
            )
        }
    }

    private func isLong(_ count: Int64, _ intervalSeconds: Int64) -> Bool {
        count >= max(minimumIntervals, 2) && count * intervalSeconds >= minimumSeconds
    }

    private func isLarge(_ value: Int64, _ intervalSeconds: Int64) -> Bool {
        Int128(value.magnitude) * 3600 >= Int128(minimumPerHourBillionths) * Int128(intervalSeconds)
    }

    /// Digits of a number without leading and trailing zeros.
    private func significantDigits(_ value: Int64) -> Int64 {
        var rest = value.magnitude
        while rest > 0, rest % 10 == 0 { rest /= 10 }
        var digits: Int64 = 0
        while rest > 0 {
            rest /= 10
            digits += 1
        }
        return digits
    }
}

extension IdenticalRule: Rule {
    static var parameters: [RuleParameter<Self>] {
        [
            .enabled("Runs of one value.") { $1(&$0.isEnabled) },
            .severity { $1(&$0.severity) },
            .whole("minimumSeconds", 1...86_400, "Length of a run, s.") { $1(&$0.minimumSeconds) },
            .whole("minimumIntervals", 2...1440, "Length of a run, intervals.") { $1(&$0.minimumIntervals) },
            .whole("minimumDigits", 1...18, "Values with fewer significant digits are passed over.") {
                $1(&$0.minimumDigits)
            },
            .number("minimumPerHour", .amounts, "Smaller intervals are passed over, of the unit per hour.") {
                $1(&$0.minimumPerHourBillionths)
            },
        ]
    }

    static func words(ofIntervals finding: FindingFigures) -> String? {
        "repeat one value for \(finding.whole) s"
    }
}

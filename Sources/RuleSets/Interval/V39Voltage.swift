import MeterCore
public import MeterEvents

/// V39, voltage limits.
///
/// Definition: a voltage outside the band around the nominal voltage. The value is what the meter saw: it stays as it is, and the finding
/// tells of the network. Not judged in intervals with an outage.
///
/// Formula: `value < nominal * lowPercent / 100` or `value > nominal * highPercent / 100`. The nominal voltage is that of the meter in
/// the registry, else `nominalVolts`; without any the rule says nothing.
///
/// Parameters: `enabled`, `severity` (warn), `lowPercent` (90), `highPercent` (110), `nominalVolts` (0: not known).
///
/// Source: EN 50160, supply voltage variations of 10 percent.
public struct VoltageRule: Sendable, Equatable {
    public static let number: UInt32 = 39

    public var isEnabled = true
    public var severity = Severity.warn
    /// In billionths of a percent.
    public var lowPercentBillionths: Int64 = 90 * Quantity.scale
    public var highPercentBillionths: Int64 = 110 * Quantity.scale
    /// In billionths of a volt.
    public var nominalBillionths: Int64 = 0

    public init() {}

    /// The band in billionths of a volt; nil where the nominal voltage is not known.
    func band(nominalMillivolts: Int64) -> ClosedRange<Int64>? {
        let nominal = nominalMillivolts > 0 ? Int128(nominalMillivolts) * 1_000_000 : Int128(nominalBillionths)
        guard isEnabled, nominal > 0, lowPercentBillionths <= highPercentBillionths else { return nil }
        let whole = 100 * Int128(Quantity.scale)
        let low = nominal * Int128(lowPercentBillionths) / whole
        return Int64(clamping: low)...Int64(clamping: nominal * Int128(highPercentBillionths) / whole)
    }

    func judge(_ day: DayView, _ findings: inout [RuleFinding]) {
        guard isEnabled, day.unit == .volt else { return }
        for slot in 0..<day.count {
            let value = day.value(slot)
            let isLow = value < day.limits.least
            guard isLow || value > day.limits.highest, SourceQuality.isChecked(day.quality(slot)), !day.isOut(slot)
            else { continue }
            findings.add(
                RuleFinding(
                    rule: Self.number,
                    severity: severity,
                    effect: .note,
                    first: slot,
                    observedBillionths: value,
                    limitBillionths: isLow ? day.limits.least : day.limits.highest
                )
            )
        }
    }
}

extension VoltageRule: Rule {
    static var parameters: [RuleParameter<Self>] {
        [
            .enabled("Voltage limits.") { $1(&$0.isEnabled) },
            .severity { $1(&$0.severity) },
            .number("lowPercent", .percents, "Of the nominal voltage, percent.") { $1(&$0.lowPercentBillionths) },
            .number("highPercent", .percents, "Of the nominal voltage, percent.") { $1(&$0.highPercentBillionths) },
            .number("nominalVolts", 0...1_000_000, "Where the registry has none, V; 0: not known.") {
                $1(&$0.nominalBillionths)
            },
        ]
    }

    static func words(ofIntervals finding: FindingFigures) -> String? {
        "have \(finding.amount), the limit is \(finding.limitAmount)"
    }

    var contradiction: String? {
        lowPercentBillionths > highPercentBillionths ? "lowPercent is above highPercent" : nil
    }
}

import MeterCore
public import MeterEvents

/// V40, current limit.
///
/// Definition: a current above what the meter or the service is made for. The value is what the meter saw: it stays as it is, and the
/// finding tells of the installation.
///
/// Formula: `|value| > highest current * percent / 100`. The highest current is that of the meter in the registry, else
/// `maximumAmperes`; without any the rule says nothing.
///
/// Parameters: `enabled`, `severity` (warn), `percent` (110), `maximumAmperes` (0: not known).
///
/// Source: the highest current of a meter is on its plate (EN 50470-1); 10 percent are allowed above it.
public struct CurrentRule: Sendable, Equatable {
    public static let number: UInt32 = 40

    public var isEnabled = true
    public var severity = Severity.warn
    /// In billionths of a percent.
    public var percentBillionths: Int64 = 110 * Quantity.scale
    /// In billionths of an ampere.
    public var maximumBillionths: Int64 = 0

    public init() {}

    /// The limit in billionths of an ampere; `Int64.max` where the highest current is not known.
    func limitBillionths(maximumMilliamperes: Int64) -> Int64 {
        let maximum = maximumMilliamperes > 0 ? Int128(maximumMilliamperes) * 1_000_000 : Int128(maximumBillionths)
        guard isEnabled, maximum > 0 else { return .max }
        return Int64(clamping: maximum * Int128(percentBillionths) / (100 * Int128(Quantity.scale)))
    }

    func judge(_ day: DayView, _ findings: inout [RuleFinding]) {
        guard isEnabled, day.unit == .ampere else { return }
        for slot in 0..<day.count {
            let value = day.value(slot)
            guard value > day.limits.highest || value < day.limits.least, SourceQuality.isChecked(day.quality(slot))
            else { continue }
            findings.add(
                RuleFinding(
                    rule: Self.number,
                    severity: severity,
                    effect: .note,
                    first: slot,
                    observedBillionths: value,
                    limitBillionths: day.limits.highest
                )
            )
        }
    }
}

extension CurrentRule: Rule {
    static var parameters: [RuleParameter<Self>] {
        [
            .enabled("Current limit.") { $1(&$0.isEnabled) },
            .severity { $1(&$0.severity) },
            .number("percent", .percents, "Of the highest current, percent.") { $1(&$0.percentBillionths) },
            .number("maximumAmperes", 0...1_000_000, "Where the registry has none, A; 0: not known.") {
                $1(&$0.maximumBillionths)
            },
        ]
    }

    static func words(ofIntervals finding: FindingFigures) -> String? {
        "have \(finding.amount), the limit is \(finding.limitAmount)"
    }
}

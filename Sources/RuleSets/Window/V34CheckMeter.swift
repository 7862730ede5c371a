import MeterCore
public import MeterEvents

/// V34, check meter.
///
/// Definition: the check meter of a channel must count what the channel counts.
///
/// Formula: on a channel registered as the check of another, when both days are whole and in the same unit:
/// `|main - check| / main * 100 > thresholdPercent`, strictly. Not judged where the main channel has less than `minimumPerDay`.
///
/// Parameters: `enabled`, `severity` (warn), `thresholdPercent` (1.5), `minimumPerDay` (1 of the unit).
///
/// Source: AEMO NMI suffixes B/E against C/F and method 11; the tolerance is that of a class 1 meter with its transformers.
public struct CheckMeterRule: Sendable, Equatable {
    public static let number: UInt32 = 34

    public var isEnabled = true
    public var severity = Severity.warn
    /// In billionths of a percent.
    public var thresholdPercentBillionths: Int64 = 3 * Quantity.scale / 2
    /// In billionths of the unit.
    public var minimumPerDayBillionths: Int64 = Quantity.scale

    public init() {}

    func judge(_ window: WindowView, _ findings: inout [WindowFinding]) {
        guard isEnabled, let check = window.registration, check.kind == .check, window.statistics.isWhole else {
            return
        }
        for main in window.siblings
        where main.channel == check.checkOf && main.unit == window.unit && main.statistics.isWhole {
            let total = Int128(main.statistics.sum)
            guard total > 0, total >= Int128(minimumPerDayBillionths) * Int128(window.statistics.days) else { return }
            let difference = Int128((total - Int128(window.statistics.sum)).magnitude)
            let percent = WindowView.percentBillionths(difference, of: total)
            guard difference * 100 * Int128(Quantity.scale) > Int128(thresholdPercentBillionths) * total else { return }
            findings.append(
                WindowFinding(
                    rule: Self.number,
                    severity: severity,
                    observedBillionths: percent,
                    limitBillionths: thresholdPercentBillionths
                )
            )
            return
        }
    }
}

extension CheckMeterRule: Rule {
    static var parameters: [RuleParameter<Self>] {
        [
            .enabled("Main and check meter.") { $1(&$0.isEnabled) },
            .severity { $1(&$0.severity) },
            .number("thresholdPercent", .percents, "Of the main meter, percent.") {
                $1(&$0.thresholdPercentBillionths)
            },
            .number("minimumPerDay", .amounts, "Smaller totals are passed over, of the unit.") {
                $1(&$0.minimumPerDayBillionths)
            },
        ]
    }

    static func words(of finding: FindingFigures) -> String? {
        "main and check meter differ by \(finding.percent)"
    }
}

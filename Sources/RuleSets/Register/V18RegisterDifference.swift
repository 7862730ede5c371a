import MeterCore
public import MeterEvents

/// V18, register difference against that of the period before.
///
/// Definition: the usage of a reading period against that of the one before, both for the same time.
///
/// Formula: `100 * |current - previous| / current > thresholdPercent`, strictly, with the previous amount scaled to the length of the
/// current span. Only for spans of at least `minimumSpanHours` on both sides: hourly readings differ by night and by day.
///
/// Parameters: `enabled`, `severity` (warn), `thresholdPercent` (200), `minimumSpanHours` (480: monthly readings).
///
/// Source: Itron Enterprise Edition "Delta Percent Difference" (topic 252830).
public struct RegisterDifferenceRule: Sendable, Equatable {
    public static let number: UInt32 = 18

    public var isEnabled = true
    public var severity = Severity.warn
    /// In billionths of a percent.
    public var thresholdPercentBillionths: Int64 = 200 * Quantity.scale
    public var minimumSpanHours: Int64 = 480

    public init() {}

    func judge(_ register: RegisterView, _ advance: RegisterAdvance, _ findings: inout [WindowFinding]) {
        guard isEnabled, let amount = advance.billionths, let previous = register.previous,
            previous.seconds > 0, min(previous.seconds, register.seconds) >= minimumSpanHours * 3600
        else { return }
        let expected = Int128(previous.advance) * Int128(register.seconds) / Int128(previous.seconds)
        let difference = Int128((Int128(amount) - expected).magnitude)
        guard difference > 0 else { return }
        let percent = WindowView.percentBillionths(difference, of: Int128(amount))
        guard percent > thresholdPercentBillionths else { return }
        findings.append(
            WindowFinding(
                rule: Self.number,
                severity: severity,
                observedBillionths: percent,
                limitBillionths: thresholdPercentBillionths
            )
        )
    }
}

extension RegisterDifferenceRule: Rule {
    static var parameters: [RuleParameter<Self>] {
        [
            .enabled("Register difference against the period before.") { $1(&$0.isEnabled) },
            .severity { $1(&$0.severity) },
            .number("thresholdPercent", .percents, "Percent of the current usage.") {
                $1(&$0.thresholdPercentBillionths)
            },
            .whole("minimumSpanHours", 1...10_000, "Shorter periods are passed over, h.") { $1(&$0.minimumSpanHours) },
        ]
    }

    static func words(of finding: FindingFigures) -> String? {
        "usage differs by \(finding.percent) from the period before"
    }
}

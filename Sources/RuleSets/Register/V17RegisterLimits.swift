import MeterCore
public import MeterEvents

/// V17, register difference against fixed limits.
///
/// Definition: what passed between two readings against what can have passed, and against limits for a day.
///
/// Formula: `d > capacity * seconds * percent / 100`; with limits also `d / days > maximumPerDay` or `d / days < minimumPerDay`, strictly.
/// Where neither capacity nor `maximumPerDay` is known, the intervals speak: `d > highest * slots * peakPercent / 100`, with the highest
/// measured value of the span and a day around it, of whose slots at least half are measured. Not where the register itself runs
/// like that: where the spans before and after have rates of at least `100 / peakPercent` of this one.
///
/// Result: what is above the limit can't have passed. The reading is either false or the first of another count (`RegisterChain`).
///
/// Parameters: `enabled`, `severity` (warn), `percent` (100), `peakPercent` (300; 0: the intervals are not asked), `maximumPerDay` (0: none),
/// `minimumPerDay` (0: none), both of the unit.
///
/// Source: Itron Enterprise Edition "Delta High/Low Limit" (topic 252830).
public struct RegisterLimitsRule: Sendable, Equatable {
    public static let number: UInt32 = 17

    public var isEnabled = true
    public var severity = Severity.warn
    /// In billionths of a percent.
    public var percentBillionths: Int64 = 100 * Quantity.scale
    /// Of the highest measured value of the intervals, in billionths of a percent.
    public var peakPercentBillionths: Int64 = 300 * Quantity.scale
    /// In billionths of the unit.
    public var maximumPerDayBillionths: Int64 = 0
    public var minimumPerDayBillionths: Int64 = 0

    public init() {}

    func judge(_ register: RegisterView, _ advance: RegisterAdvance, _ findings: inout [WindowFinding]) {
        guard isEnabled, let amount = advance.billionths, register.seconds > 0 else { return }
        if let highest = highestBillionths(register) ?? register.passable, amount > highest {
            append(amount, highest, &findings)
        } else if minimumPerDayBillionths > 0, amount < perSpan(minimumPerDayBillionths, register) {
            append(amount, perSpan(minimumPerDayBillionths, register), &findings)
        }
    }

    /// The most that can have passed by the registry and the limits for a day, in billionths; nil where neither is known.
    package func highestBillionths(_ register: RegisterView) -> Int64? {
        guard isEnabled else { return nil }
        let capacity = RegisterIncreaseRule.capacityBillionths(register, percentBillionths)
        guard maximumPerDayBillionths > 0 else { return capacity }
        return min(capacity ?? .max, perSpan(maximumPerDayBillionths, register))
    }

    private func perSpan(_ perDay: Int64, _ register: RegisterView) -> Int64 {
        Int64(clamping: Int128(perDay) * Int128(register.seconds) / 86_400)
    }

    private func append(_ observed: Int64, _ limit: Int64, _ findings: inout [WindowFinding]) {
        findings.append(
            WindowFinding(
                rule: Self.number,
                severity: severity,
                observedBillionths: observed,
                limitBillionths: limit
            )
        )
    }
}

extension RegisterLimitsRule: Rule {
    static var parameters: [RuleParameter<Self>] {
        [
            .enabled("Register difference against limits.") { $1(&$0.isEnabled) },
            .severity { $1(&$0.severity) },
            .number("percent", .percents, "Of the capacity, percent.") { $1(&$0.percentBillionths) },
            .number(
                "peakPercent",
                .percents,
                "Without a capacity: of the highest measured interval, percent; 0: not asked."
            ) {
                $1(&$0.peakPercentBillionths)
            },
            .number("maximumPerDay", .amounts, "Of the unit; 0: none.") { $1(&$0.maximumPerDayBillionths) },
            .number("minimumPerDay", .amounts, "Of the unit; 0: none.") { $1(&$0.minimumPerDayBillionths) },
        ]
    }

    static func words(of finding: FindingFigures) -> String? {
        "\(finding.amount) between two readings, the limit is \(finding.limitAmount)"
    }
}

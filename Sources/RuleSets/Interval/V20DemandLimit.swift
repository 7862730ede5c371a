import MeterCore
public import MeterEvents

/// V20, demand limit.
///
/// Definition: an interval can't hold more than the service can carry. Finds unit errors (Wh for kWh) at once.
///
/// Formula: `|value| * 3600 / interval length > capacity * percent / 100`, for energy; `|value| > ...` for power. The capacity is that
/// of the channel in the registry, else nominal voltage times highest current times phases of the meter, else `defaultCapacityWatts`;
/// without any the rule says nothing. That an amount is below zero is for V30 to say.
///
/// Parameters: `enabled`, `severity` (fail: the slot is estimated; warn: questionable), `percent` (110), `defaultCapacityWatts` (0: not
/// known).
///
/// Source: Itron Enterprise Edition "Demand High/Low" (topic 252711), whose limits are for the utility to set.
public struct DemandLimitRule: Sendable, Equatable {
    public static let number: UInt32 = 20

    public var isEnabled = true
    public var severity = Severity.fail
    /// In billionths of a percent.
    public var percentBillionths: Int64 = 110 * Quantity.scale
    public var defaultCapacityWatts: Int64 = 0

    public init() {}

    /// The most an interval can hold, in billionths of the unit; `Int64.max` where it is not known or has no meaning.
    func limitBillionths(unit: MeasurementUnit, intervalSeconds: Int64, capacityWatts: Int64) -> Int64 {
        let watts = capacityWatts > 0 ? capacityWatts : defaultCapacityWatts
        guard isEnabled, watts > 0 else { return .max }
        // A watt is a million billionths of a kilowatt.
        let power = Int128(watts) * 1_000_000 * Int128(percentBillionths) / (100 * Int128(Quantity.scale))
        switch unit {
        case .kilowatt, .kilovar, .kilovoltAmpere: return Int64(clamping: power)
        case .kilowattHour, .kilovarHour, .kilovoltAmpereHour:
            return Int64(clamping: power * Int128(intervalSeconds) / 3600)
        default: return .max
        }
    }

    func judge(_ day: DayView, _ findings: inout [RuleFinding]) {
        let limit = day.limits.capacity
        guard isEnabled, limit < .max, day.statistics.highest > limit || day.statistics.least < -limit else { return }
        for slot in 0..<day.count {
            let value = day.value(slot)
            guard value > limit || value < -limit, SourceQuality.isChecked(day.quality(slot)) else { continue }
            findings.add(
                RuleFinding(
                    rule: Self.number,
                    severity: severity,
                    effect: Effect(severity, isEstimated: true),
                    first: slot,
                    observedBillionths: value,
                    limitBillionths: limit
                )
            )
        }
    }
}

extension DemandLimitRule: Rule {
    static var parameters: [RuleParameter<Self>] {
        [
            .enabled("More than the service can carry.") { $1(&$0.isEnabled) },
            .severity { $1(&$0.severity) },
            .number("percent", .percents, "Of the capacity, percent.") { $1(&$0.percentBillionths) },
            .whole("defaultCapacityWatts", 0...5_000_000_000, "Where the registry has none, W; 0: not known.") {
                $1(&$0.defaultCapacityWatts)
            },
        ]
    }

    static func words(ofIntervals finding: FindingFigures) -> String? {
        "are up to \(finding.amount), the service carries \(finding.limitAmount)"
    }
}

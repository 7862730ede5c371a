import MeterCore
public import MeterEvents

/// V08, interval count and alignment.
///
/// Definition: the slots of a local day are `elapsed seconds / interval length`, counted in UTC, so a day has 92, 96 or 100
/// quarter-hours as the clock changes; the first slot begins with the day.
///
/// Formula: aligned when `(day start - slot start) mod interval length = 0`.
///
/// Result: data off the grid is kept, checked and windowed with its own grid, and carries a warning with the seconds by which it
/// is off. Slots of such a day that nothing came for are not called missing: the grid they would be on is not the day's.
///
/// Parameters: `enabled`, `severity` (warn). The values stay as they are, whatever the severity.
///
/// Source: reported defects of fixed 96- or 48-slot days in ha-dominion-energy, ha_linznetz and pycaruna.
public struct AlignmentRule: Sendable, Equatable {
    public static let number: UInt32 = 8
    public static let zoneExceptionCode = "ERR_VEE_ZONE_08"

    public var isEnabled = true
    public var severity = Severity.warn

    public init() {}

    func judge(_ day: DayView, _ findings: inout [RuleFinding]) {
        guard isEnabled else { return }
        let offset = Self.offsetSeconds(
            dayStart: day.dayStart,
            phase: day.start,
            intervalSeconds: day.intervalSeconds
        )
        guard offset != 0, day.count > 0, day.statistics.absent < day.statistics.count else { return }
        findings.append(
            RuleFinding(
                rule: Self.number,
                severity: severity,
                effect: .note,
                first: 0,
                count: day.count,
                observedBillionths: offset * Quantity.scale,
                limitBillionths: 0
            )
        )
    }

    /// Seconds by which the first slot of a day starts after the day; 0 when aligned. `phase` is any slot start.
    package static func offsetSeconds(dayStart: Int64, phase: Int64, intervalSeconds: Int64) -> Int64 {
        let rest = (phase - dayStart) % intervalSeconds
        return rest < 0 ? rest + intervalSeconds : rest
    }
}

extension AlignmentRule: Rule {
    static var parameters: [RuleParameter<Self>] {
        [
            .enabled("Intervals off the grid of their day.") { $1(&$0.isEnabled) },
            .severity { $1(&$0.severity) },
        ]
    }

    static func words(ofIntervals finding: FindingFigures) -> String? {
        "are \(finding.whole) s off the interval grid of the day"
    }
}

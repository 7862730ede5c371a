import MeterCore
public import MeterEvents

/// V06, stale snapshot.
///
/// Definition: a meter that sends its previous payload once more. The registers stand still for one interval, and the next one has
/// the amount of both: a gap that looks like a zero, then a lump that ruins peak tariffs.
///
/// Formula: a reading is stale when clock and register of the meter are both exactly those of the reading before it
/// (`isStale`). On intervals: a measured zero whose slot ends at a stale reading, and those directly after it, with the slot that
/// follows, are estimated. Their sum is what the meter counted: it is the finding's observed value, and the estimates of the run are
/// to add up to it. Where the run goes over midnight or the slot that follows is not measured, the slots are questionable only.
///
/// Parameters: `enabled`, `severity` (fail; warn: questionable; info: told).
///
/// Source: reported defect, UtilitechAS/amsreader-firmware issue 1119 (registers 109552.248, 109554.016, 109554.016, 109562.072).
public struct StaleSnapshotRule: Sendable, Equatable {
    public static let number: UInt32 = 6

    public var isEnabled = true
    public var severity = Severity.fail

    public init() {}

    /// Whether a reading only repeats the one before it. Needs the meter's clock in both: a meter whose clock goes on and that uses nothing
    /// stands still rightly.
    package func isStale(_ reading: RegisterPoint, after previous: RegisterPoint) -> Bool {
        guard isEnabled, let clock = reading.meterClock, let previousClock = previous.meterClock else { return false }
        return clock == previousClock && reading.value == previous.value && reading.at > previous.at
    }

    func judge(_ day: DayView, _ findings: inout [RuleFinding]) {
        guard isEnabled, !day.staleAt.isEmpty, day.unit.isAccumulated else { return }
        var slot = 0
        while slot < day.count {
            guard isStaleZero(day, slot) else {
                slot += 1
                continue
            }
            let first = slot
            while slot < day.count, isStaleZero(day, slot) { slot += 1 }
            append(day, first, slot, &findings)
        }
        guard day.count > 0, day.staleAt.contains(day.start), !isStaleZero(day, 0) else { return }
        // The lump of a run that ended with the day before.
        guard SourceQuality.isChecked(day.quality(0)), day.value(0) > 0 else { return }
        append(0, 1, .warn, .question, day.value(0), &findings)
    }

    private func isStaleZero(_ day: DayView, _ slot: Int) -> Bool {
        day.value(slot) == 0 && SourceQuality.isChecked(day.quality(slot))
            && day.staleAt.contains(day.start(of: slot + 1))
    }

    /// `lump` is the slot after the run, which may be outside of the day.
    private func append(_ day: DayView, _ first: Int, _ lump: Int, _ findings: inout [RuleFinding]) {
        guard lump < day.count, SourceQuality.isChecked(day.quality(lump)) else {
            append(first, lump - first, .warn, .question, 0, &findings)
            return
        }
        append(
            first,
            lump - first + 1,
            severity,
            Effect(severity, isEstimated: true),
            day.value(lump),
            &findings
        )
    }

    private func append(
        _ first: Int,
        _ count: Int,
        _ severity: Severity,
        _ effect: Effect,
        _ observed: Int64,
        _ findings: inout [RuleFinding]
    ) {
        findings.append(
            RuleFinding(
                rule: Self.number,
                severity: severity,
                effect: effect,
                first: first,
                count: count,
                observedBillionths: observed,
                limitBillionths: 0
            )
        )
    }
}

extension StaleSnapshotRule: Rule {
    static var parameters: [RuleParameter<Self>] {
        [
            .enabled("A meter that repeats its previous payload.") { $1(&$0.isEnabled) },
            .severity { $1(&$0.severity) },
        ]
    }

    static func words(ofIntervals finding: FindingFigures) -> String? {
        "are of a payload that was sent twice; the meter counted \(finding.amount) in all"
    }
}

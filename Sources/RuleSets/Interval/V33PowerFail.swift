import MeterCore
public import MeterEvents

/// V33, power-fail consistency.
///
/// Definition: what an interval counts must fit what is known of outages.
///
/// Formula: an amount of zero in an interval that an outage touches (device events, or the flag `powerFailed`) is actual and is told
/// as such. An amount other than zero in an interval that lies wholly in an outage contradicts it. With `zeroNeedsOutage` a zero
/// without an outage is doubtful.
///
/// Parameters: `enabled`, `severity` (warn: questionable; fail: failed, not estimated) of the contradiction and of the doubtful zero,
/// `zeroNeedsOutage` (false: meters with a coarse register have zeros all the time).
///
/// Source: Texas TDSP AMS Data Practices (a zero is valid with an outage only); CPUC VEE list, msg00129 (outage intervals are actual data).
public struct PowerFailRule: Sendable, Equatable {
    public static let number: UInt32 = 33

    public var isEnabled = true
    public var severity = Severity.warn
    public var zeroNeedsOutage = false

    public init() {}

    func judge(_ day: DayView, _ findings: inout [RuleFinding]) {
        let hasOutage = !day.outages.isEmpty || day.statistics.flags.contains(.powerFailed)
        guard isEnabled, day.unit.isAccumulated, hasOutage || (zeroNeedsOutage && day.statistics.zeroCount > 0)
        else { return }
        for slot in 0..<day.count where SourceQuality.isChecked(day.quality(slot)) {
            let value = day.value(slot)
            if value == 0 {
                judgeZero(day, slot, &findings)
            } else if isWhollyOut(day, slot) {
                append(slot, severity, Effect(severity, isEstimated: false), value, &findings)
            }
        }
    }

    private func judgeZero(_ day: DayView, _ slot: Int, _ findings: inout [RuleFinding]) {
        if day.isOut(slot) {
            append(slot, .info, .note, 0, &findings)
        } else if zeroNeedsOutage {
            append(slot, severity, Effect(severity, isEstimated: false), 0, &findings)
        }
    }

    private func isWhollyOut(_ day: DayView, _ slot: Int) -> Bool {
        let from = day.start(of: slot)
        for outage in day.outages where outage.lowerBound <= from {
            if outage.upperBound >= from + day.intervalSeconds { return true }
        }
        return false
    }

    private func append(
        _ slot: Int,
        _ severity: Severity,
        _ effect: Effect,
        _ value: Int64,
        _ findings: inout [RuleFinding]
    ) {
        findings.add(
            RuleFinding(
                rule: Self.number,
                severity: severity,
                effect: effect,
                first: slot,
                observedBillionths: value,
                limitBillionths: 0
            )
        )
    }
}

extension PowerFailRule: Rule {
    static var parameters: [RuleParameter<Self>] {
        [
            .enabled("Amounts against outages.") { $1(&$0.isEnabled) },
            .severity { $1(&$0.severity) },
            .flag("zeroNeedsOutage", "A zero without an outage is doubtful.") { $1(&$0.zeroNeedsOutage) },
        ]
    }

    static func words(ofIntervals finding: FindingFigures) -> String? {
        finding.observedBillionths != 0 ? "have up to \(finding.amount) while the power was out" : "are zero"
    }
}

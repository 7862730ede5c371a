import MeterCore
import MeterEvents

extension DayView {
    /// Finds the checked slots that have one of the flags `wanted` and none of `excuses`. What was observed is the flags that were found, as
    /// a whole number (`IntervalFlags.rawValue`).
    func find(
        _ wanted: IntervalFlags,
        without excuses: IntervalFlags = [],
        rule: UInt32,
        _ severity: Severity,
        _ effect: Effect,
        _ findings: inout [RuleFinding]
    ) {
        guard !statistics.flags.isDisjoint(with: wanted) else { return }
        for slot in 0..<count {
            let flags = flags(slot)
            let found = flags.intersection(wanted)
            guard !found.isEmpty, flags.isDisjoint(with: excuses), SourceQuality.isChecked(quality(slot)) else {
                continue
            }
            findings.add(
                RuleFinding(
                    rule: rule,
                    severity: severity,
                    effect: effect,
                    first: slot,
                    observedBillionths: Int64(found.rawValue) * Quantity.scale,
                    limitBillionths: 0
                )
            )
        }
    }
}

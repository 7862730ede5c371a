package import MeterEvents

/// What a rule on intervals says about a run of slots of a day.
package struct RuleFinding: Sendable, Equatable {
    /// 19 for V19.
    package var rule: UInt32
    package var severity: Severity
    package var effect: Effect
    /// Index of the first slot within the `DayView`.
    package var first: Int32
    package var count: Int32
    /// What was seen, in billionths of the rule's own unit.
    package var observedBillionths: Int64
    /// What was allowed, in billionths of the rule's own unit.
    package var limitBillionths: Int64

    package init(
        rule: UInt32,
        severity: Severity,
        effect: Effect,
        first: Int,
        count: Int = 1,
        observedBillionths: Int64,
        limitBillionths: Int64
    ) {
        self.rule = rule
        self.severity = severity
        self.effect = effect
        self.first = Int32(clamping: first)
        self.count = Int32(clamping: count)
        self.observedBillionths = observedBillionths
        self.limitBillionths = limitBillionths
    }
}

extension [RuleFinding] {
    /// Appends a finding, or lengthens the last one when it says the same of the slots directly before.
    mutating func add(_ finding: RuleFinding) {
        if var last, last.rule == finding.rule, last.first + last.count == finding.first,
            last.severity == finding.severity, last.effect == finding.effect,
            last.observedBillionths == finding.observedBillionths, last.limitBillionths == finding.limitBillionths
        {
            last.count += finding.count
            self[count - 1] = last
        } else {
            append(finding)
        }
    }
}

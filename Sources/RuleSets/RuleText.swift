package import MeterCore

/// What an exception says to people and to programs, by the number of its rule.
package enum RuleText {
    /// Stable code for those who act on it; empty when the rule number says it all.
    package static func code(_ rule: UInt32) -> String { RuleCatalog.rule(rule)?.exceptionCode ?? "" }

    /// What a finding says about single intervals: `count` of them from `firstStart` (seconds since 1970) on.
    package static func reason(
        _ rule: UInt32,
        firstStart: Int64,
        count: UInt32,
        observed: Int64,
        limit: Int64,
        unit: MeasurementUnit
    ) -> String {
        let first = Instant(secondsSinceEpoch: firstStart)
        let figures = FindingFigures(observedBillionths: observed, limitBillionths: limit, unit: unit)
        let said = RuleCatalog.rule(rule)?.wordsOfIntervals(figures) ?? plain(rule, figures)
        return count == 1 ? "1 interval from \(first) \(singular(said))" : "\(count) intervals from \(first) \(said)"
    }

    /// What a finding says about a whole window, a register or a payload.
    package static func reason(window rule: UInt32, observed: Int64, limit: Int64, unit: MeasurementUnit) -> String {
        let figures = FindingFigures(observedBillionths: observed, limitBillionths: limit, unit: unit)
        return RuleCatalog.rule(rule)?.words(figures) ?? plain(rule, figures)
    }

    private static func singular(_ predicate: String) -> String {
        let verbs = ["are": "is", "have": "has", "stay": "stays", "differ": "differs", "repeat": "repeats"]
        let words = predicate.split(separator: " ", maxSplits: 1)
        guard words.count == 2, let verb = verbs[String(words[0])] else { return predicate }
        return "\(verb) \(words[1])"
    }

    private static func plain(_ rule: UInt32, _ figures: FindingFigures) -> String {
        let limit = Quantity(billionths: figures.limitBillionths)
        return "found by V\(rule): \(Quantity(billionths: figures.observedBillionths)), limit \(limit)"
    }
}

/// Errors of estimates against the truth, in kWh.
package struct ErrorSum: Sendable {
    package private(set) var count = 0
    /// Intervals that the method had no value for.
    private(set) var unfilled = 0
    package init() {}

    private var absolute = 0.0
    private var relative = 0.0
    private(set) var estimated = 0.0
    private(set) var truth = 0.0

    /// - Parameter scale: what the error is set against for the relative one, kWh; 0 leaves it out.
    package mutating func add(estimate: Double, truth: Double, scale: Double) {
        count += 1
        absolute += abs(estimate - truth)
        if scale > 0 { relative += abs(estimate - truth) / scale }
        estimated += estimate
        self.truth += truth
    }

    mutating func addUnfilled() { unfilled += 1 }

    mutating func add(_ other: ErrorSum) {
        count += other.count
        unfilled += other.unfilled
        absolute += other.absolute
        relative += other.relative
        estimated += other.estimated
        truth += other.truth
    }

    /// kWh an interval.
    package var meanAbsoluteError: Double { count == 0 ? 0 : absolute / Double(count) }

    /// Percent of the meter's mean interval.
    var relativeErrorPercent: Double { count == 0 ? 0 : 100 * relative / Double(count) }

    /// Of the estimated total against the true one.
    package var biasPercent: Double { truth == 0 ? 0 : 100 * (estimated - truth) / truth }
}

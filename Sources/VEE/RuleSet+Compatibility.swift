/// The parameters by the names that the fold uses.
extension RuleSet {
    var alignment: AlignmentRule { base.alignment }
    var gap: GapRule { base.gap }
    var spike: SpikeRule { base.spike }
    var negative: NegativeRule { base.negative }
    var linear: LinearEstimation {
        guard let step = base.estimation.order.first(where: { $0.estimator == .linear }) else {
            return LinearEstimation(isEnabled: false)
        }
        return LinearEstimation(
            maximumGapSeconds: step.maximumGapSeconds,
            powerFailureReasons: base.estimation.powerFailureReasons
        )
    }
}

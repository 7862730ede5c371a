/// A stretch without power behind one transformer: every meter reports zeros, sends a last gasp and later its restoration.
struct Outage: Sendable {
    var transformer: Int
    /// Interval indices.
    var intervals: Range<Int>

    static func all(_ plan: SimulationPlan) -> [Outage] {
        guard plan.faults.outageDay > 0 else { return [] }
        let perDay = max(1, 86_400 / plan.intervalSeconds)
        let transformers = (plan.meters + plan.metersPerTransformer - 1) / plan.metersPerTransformer
        var outages: [Outage] = []
        for transformer in 0..<transformers {
            var random = SplitMix64(seed: plan.seed, part: 2, index: UInt64(transformer))
            for day in 0..<plan.days where random.oneIn(plan.faults.outageDay) {
                let first = day * perDay + perDay / 4 + random.below(perDay / 2)
                let length = 1 + random.below(8)
                guard first + length + 16 < plan.intervalsPerMeter else { continue }
                outages.append(Outage(transformer: transformer, intervals: first..<first + length))
            }
        }
        return outages
    }
}

import MeterCore

/// What one meter measured over the period, and what its source makes of it.
///
/// The load is a smooth daily curve with a little noise, so that no true value looks like a spike; faults keep a distance of several good
/// intervals from one another, so that what should become of each is beyond doubt.
struct MeterHistory: Sendable {
    enum Slot: UInt8, Sendable {
        case good
        /// The source reports it as missing.
        case missing
        /// The source reports a value many times too high.
        case spike
        /// The source reports a negative value.
        case negative
    }

    /// What the source reports, in Wh.
    private(set) var reportedWattHours: [Int64]
    private(set) var slots: [Slot]

    /// Good intervals between two faults.
    private static let faultDistance = 8

    init(plan: SimulationPlan, meter: Int, outages: [Range<Int>]) {
        var random = SplitMix64(seed: plan.seed, part: 1, index: UInt64(meter))
        let count = plan.intervalsPerMeter
        let start = plan.period.lowerBound
        let size = 400 + random.below(1600)
        reportedWattHours = []
        reportedWattHours.reserveCapacity(count)
        slots = Array(repeating: .good, count: count)
        for index in 0..<count {
            let at = start + Int64(index * plan.intervalSeconds)
            let local = at.secondsSinceEpoch + Int64(plan.zone.offsetSeconds(at: at))
            let secondOfDay = Int((local % 86_400 + 86_400) % 86_400)
            let share = MeterHistory.shape(secondOfDay) * plan.intervalSeconds / 3600
            let noise = 95 + random.below(11)
            reportedWattHours.append(Int64(max(1, size * share / 100 * noise / 100)))
        }
        for outage in outages {
            for index in outage where index < count { reportedWattHours[index] = 0 }
        }
        addFaults(plan: plan, outages: outages, random: &random)
    }

    /// Percent of the meter's size at a time of day: night base, morning and evening humps, all slow.
    private static func shape(_ secondOfDay: Int) -> Int {
        let points = [(0, 40), (18_000, 36), (28_800, 85), (43_200, 70), (61_200, 80), (72_000, 120), (86_400, 40)]
        for index in 1..<points.count where secondOfDay <= points[index].0 {
            let (from, low) = points[index - 1]
            let (to, high) = points[index]
            return low + (high - low) * (secondOfDay - from) / (to - from)
        }
        return 40
    }

    private mutating func addFaults(plan: SimulationPlan, outages: [Range<Int>], random: inout SplitMix64) {
        let perDay = max(1, 86_400 / plan.intervalSeconds)
        var blocked = Array(repeating: false, count: slots.count)
        for outage in outages { block(outage, in: &blocked) }
        let rates = plan.faults
        for day in 0..<plan.days {
            let range = day * perDay..<min((day + 1) * perDay, slots.count)
            if rates.spikeDay > 0, random.oneIn(rates.spikeDay) {
                place(1, in: range, &blocked, &random) { history, index in
                    history.slots[index] = .spike
                    history.reportedWattHours[index] = history.reportedWattHours[index] * 60 + 40_000
                }
            }
            if rates.negativeDay > 0, random.oneIn(rates.negativeDay) {
                place(1, in: range, &blocked, &random) { history, index in
                    history.slots[index] = .negative
                    history.reportedWattHours[index] = -1 - history.reportedWattHours[index]
                }
            }
            if rates.shortGapDay > 0, random.oneIn(rates.shortGapDay) {
                let length = min(1 + random.below(6), max(1, 7200 / plan.intervalSeconds))
                place(length, in: range, &blocked, &random) { history, index in history.slots[index] = .missing }
            }
            if rates.longGapDay > 0, random.oneIn(rates.longGapDay) {
                place(20, in: range, &blocked, &random) { history, index in history.slots[index] = .missing }
            }
        }
    }

    /// Puts a fault of `length` intervals somewhere in `range` where nothing else is near; leaves it out when there is no place.
    private mutating func place(
        _ length: Int,
        in range: Range<Int>,
        _ blocked: inout [Bool],
        _ random: inout SplitMix64,
        _ apply: (inout MeterHistory, Int) -> Void
    ) {
        let margin = MeterHistory.faultDistance
        let lower = max(range.lowerBound, margin)
        let upper = min(range.upperBound, slots.count - margin) - length
        guard upper > lower else { return }
        let first = lower + random.below(upper - lower)
        let fault = first..<first + length
        guard !fault.contains(where: { blocked[$0] }) else { return }
        for index in fault { apply(&self, index) }
        block(fault, in: &blocked)
    }

    private func block(_ fault: Range<Int>, in blocked: inout [Bool]) {
        let margin = MeterHistory.faultDistance
        for index in max(0, fault.lowerBound - margin)..<min(blocked.count, fault.upperBound + margin) {
            blocked[index] = true
        }
    }
}

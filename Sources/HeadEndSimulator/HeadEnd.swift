import MeterCore

/// A simulated head-end: gives its payloads in the order in which the gateway receives them, faults included, and knows what should
/// become of every interval.
public struct HeadEnd: Sendable, IteratorProtocol {
    /// One payload to be made.
    private struct Job: Sendable {
        enum Kind: UInt8, Sendable {
            /// A chunk of a group of meters; late blocks are left out.
            case regular
            /// One meter's block, days late or read again.
            case single
            case lastGasp
            case restoration
            case malformed
        }

        var receivedAtMilliseconds: Int64
        var kind: Kind
        /// Group, meter, or index of the outage.
        var subject: Int
        /// Chunk of intervals, or number of the malformed payload.
        var chunk: Int
        /// Sent again: the same bytes and key.
        var isRepeated: Bool
    }

    public let plan: SimulationPlan
    private let histories: [MeterHistory]
    private let outages: [Outage]
    private let jobs: [Job]
    /// Meter and chunk pairs that the regular payload leaves out.
    private let lateBlocks: Set<Int>
    private var position = 0
    /// Payloads that will be given in all.
    public var deliveryCount: Int { jobs.count }

    public init(plan: SimulationPlan) {
        self.plan = plan
        let outages = Outage.all(plan)
        self.outages = outages
        var byTransformer: [Int: [Range<Int>]] = [:]
        for outage in outages { byTransformer[outage.transformer, default: []].append(outage.intervals) }
        histories = (0..<plan.meters).map { meter in
            MeterHistory(plan: plan, meter: meter, outages: byTransformer[meter / plan.metersPerTransformer] ?? [])
        }
        (jobs, lateBlocks) = HeadEnd.schedule(plan, outages: outages)
    }

    private static func chunkCount(_ plan: SimulationPlan) -> Int {
        (plan.intervalsPerMeter + plan.intervalsPerPayload - 1) / plan.intervalsPerPayload
    }

    /// Receive time of a chunk's regular payload: its last interval's end and some seconds of travel.
    private static func regularTime(_ plan: SimulationPlan, group: Int, chunk: Int) -> Int64 {
        let last = min((chunk + 1) * plan.intervalsPerPayload, plan.intervalsPerMeter)
        let end = plan.period.lowerBound + Int64(last * plan.intervalSeconds)
        return end.secondsSinceEpoch * 1000 + 20_000 + Int64(group * 37 % 5000)
    }

    private static func schedule(_ plan: SimulationPlan, outages: [Outage]) -> ([Job], Set<Int>) {
        var random = SplitMix64(seed: plan.seed, part: 3, index: 0)
        var jobs: [Job] = []
        var late: Set<Int> = []
        let groups = (plan.meters + plan.metersPerPayload - 1) / plan.metersPerPayload
        let chunks = chunkCount(plan)
        for chunk in 0..<chunks {
            for group in 0..<groups {
                scheduleRegular(plan, group: group, chunk: chunk, random: &random, into: &jobs)
            }
            for meter in 0..<plan.meters {
                scheduleSingle(plan, meter: meter, chunk: chunk, random: &random, late: &late, into: &jobs)
            }
        }
        for (index, outage) in outages.enumerated() {
            let start = plan.period.lowerBound + Int64(outage.intervals.lowerBound * plan.intervalSeconds)
            let end = plan.period.lowerBound + Int64(outage.intervals.upperBound * plan.intervalSeconds)
            jobs.append(job(.lastGasp, index, 0, at: start.secondsSinceEpoch * 1000 + 2350))
            jobs.append(job(.restoration, index, 0, at: end.secondsSinceEpoch * 1000 + 15_200))
        }
        // Sorting must not depend on the sort's treatment of equal times.
        let ordered = jobs.enumerated().sorted {
            let (left, right) = ($0.element.receivedAtMilliseconds, $1.element.receivedAtMilliseconds)
            return left == right ? $0.offset < $1.offset : left < right
        }
        return (ordered.map(\.element), late)
    }

    private static func scheduleRegular(
        _ plan: SimulationPlan,
        group: Int,
        chunk: Int,
        random: inout SplitMix64,
        into jobs: inout [Job]
    ) {
        let rates = plan.faults
        var time = regularTime(plan, group: group, chunk: chunk)
        if rates.reorderedPayload > 0, random.oneIn(rates.reorderedPayload) {
            time += Int64(plan.intervalsPerPayload * plan.intervalSeconds) * 1500
        }
        jobs.append(job(.regular, group, chunk, at: time))
        if rates.duplicatePayload > 0, random.oneIn(rates.duplicatePayload) {
            var again = job(.regular, group, chunk, at: time + 1000 + Int64(random.below(3_600_000)))
            again.isRepeated = true
            jobs.append(again)
        }
        if rates.malformedPayload > 0, random.oneIn(rates.malformedPayload) {
            jobs.append(job(.malformed, group, chunk, at: time + 500))
        }
    }

    private static func scheduleSingle(
        _ plan: SimulationPlan,
        meter: Int,
        chunk: Int,
        random: inout SplitMix64,
        late: inout Set<Int>,
        into jobs: inout [Job]
    ) {
        let rates = plan.faults
        let regular = regularTime(plan, group: meter / plan.metersPerPayload, chunk: chunk)
        if rates.lateBlock > 0, random.oneIn(rates.lateBlock) {
            late.insert(chunk * plan.meters + meter)
            jobs.append(job(.single, meter, chunk, at: regular + 86_400_000 + Int64(random.below(2 * 86_400)) * 1000))
        } else if rates.rereadBlock > 0, random.oneIn(rates.rereadBlock) {
            jobs.append(job(.single, meter, chunk, at: regular + 3_600_000 + Int64(random.below(86_400)) * 1000))
        }
    }

    private static func job(_ kind: Job.Kind, _ subject: Int, _ chunk: Int, at time: Int64) -> Job {
        Job(receivedAtMilliseconds: time, kind: kind, subject: subject, chunk: chunk, isRepeated: false)
    }

    public mutating func next() -> Delivery? {
        guard position < jobs.count else { return nil }
        let job = jobs[position]
        position += 1
        switch job.kind {
        case .regular: return regular(job)
        case .single: return single(job)
        case .lastGasp, .restoration: return events(job)
        case .malformed: return malformed(job)
        }
    }

    private func intervals(of chunk: Int) -> Range<Int> {
        let first = chunk * plan.intervalsPerPayload
        return first..<min(first + plan.intervalsPerPayload, plan.intervalsPerMeter)
    }

    private func regular(_ job: Job) -> Delivery {
        var text = PayloadText()
        text.beginReadings()
        let meters = job.subject * plan.metersPerPayload..<min((job.subject + 1) * plan.metersPerPayload, plan.meters)
        for meter in meters where !lateBlocks.contains(job.chunk * plan.meters + meter) {
            text.appendReading(plan: plan, meter: meter, intervals: intervals(of: job.chunk), history: histories[meter])
        }
        text.endReadings()
        return Delivery(
            receivedAtMilliseconds: job.receivedAtMilliseconds,
            idempotencyKey: "sim-\(plan.seed)-g\(job.subject)-c\(job.chunk)",
            mediaType: PayloadText.intervalsMediaType,
            body: text.bytes
        )
    }

    private func single(_ job: Job) -> Delivery {
        var text = PayloadText()
        text.beginReadings()
        text.appendReading(
            plan: plan,
            meter: job.subject,
            intervals: intervals(of: job.chunk),
            history: histories[job.subject]
        )
        text.endReadings()
        return Delivery(
            receivedAtMilliseconds: job.receivedAtMilliseconds,
            idempotencyKey: "sim-\(plan.seed)-m\(job.subject)-c\(job.chunk)",
            mediaType: PayloadText.intervalsMediaType,
            body: text.bytes
        )
    }

    private func events(_ job: Job) -> Delivery {
        let outage = outages[job.subject]
        let isStart = job.kind == .lastGasp
        let index = isStart ? outage.intervals.lowerBound : outage.intervals.upperBound
        var text = PayloadText()
        text.beginEvents()
        for meter in meters(behind: outage.transformer) {
            text.appendEvent(
                meter: plan.meterName(meter),
                code: isStart ? "3.26.136.47" : "3.26.0.216",
                at: plan.period.lowerBound + Int64(index * plan.intervalSeconds)
            )
        }
        text.endEvents()
        return Delivery(
            receivedAtMilliseconds: job.receivedAtMilliseconds,
            idempotencyKey: "sim-\(plan.seed)-o\(job.subject)-\(isStart ? "down" : "up")",
            mediaType: PayloadText.eventsMediaType,
            body: text.bytes
        )
    }

    private func meters(behind transformer: Int) -> Range<Int> {
        transformer * plan.metersPerTransformer..<min((transformer + 1) * plan.metersPerTransformer, plan.meters)
    }

    /// What a broken collector sends: cut off in the middle, wrong types, or noise.
    private func malformed(_ job: Job) -> Delivery {
        var random = SplitMix64(seed: plan.seed, part: 4, index: UInt64(job.chunk << 20 | job.subject))
        var body = Array("{\"readings\":[{\"meter\":\"\(plan.meterName(job.subject))\",\"start\":".utf8)
        switch random.below(3) {
        case 0: break
        case 1: body.append(contentsOf: "true,\"interval\":900,\"values\":[1]}]}".utf8)
        default: body = (0..<200).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        }
        return Delivery(
            receivedAtMilliseconds: job.receivedAtMilliseconds,
            idempotencyKey: "sim-\(plan.seed)-x\(job.subject)-c\(job.chunk)",
            mediaType: PayloadText.intervalsMediaType,
            body: body
        )
    }

    /// What the finished read model should hold.
    public func truth() -> SimulationTruth {
        var truth = SimulationTruth(plan: plan)
        for job in jobs {
            truth.payloads += 1
            if job.isRepeated { truth.duplicates += 1 }
            if job.kind == .malformed { truth.deadLetters += 1 }
            if job.kind == .lastGasp || job.kind == .restoration {
                truth.alarms += meters(behind: outages[job.subject].transformer).count
            }
        }
        truth.expect(histories)
        return truth
    }
}

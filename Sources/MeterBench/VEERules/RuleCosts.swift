import MeterCore
import MeterEvents
import RuleSets
import StreamCore

/// What each rule on intervals costs for a day of 96 quarter-hours, beside what the minimal work of w1 costs for the same day.
struct RuleCosts: Sendable {
    struct Cost: Sendable {
        var name: String
        var nanosecondsPerDay: Double
    }

    private static let slots = 96
    private static let repetitions = 7

    private(set) var rules: [Cost] = []
    private(set) var allNanosecondsPerDay = 0.0
    private(set) var w1NanosecondsPerDay = 0.0

    init(days: Int, seed: UInt64) throws(ProcessorFault) {
        let parameters = RuleParameters()
        let views = Self.views(days, parameters, seed)
        // Keeps the work from being left out, and the list of findings short.
        var findings: [RuleFinding] = []
        var sum: Int64 = 0
        let statistics = Self.nanosecondsPerDay(of: views) { view in
            sum &+= DayStatistics(view.values.span, view.qualities.span, view.flags.span, view.elements).sum
        }
        rules.append(Cost(name: "statistics", nanosecondsPerDay: statistics))
        for rule in RuleCatalog.intervalRules {
            let cost = Self.nanosecondsPerDay(of: views) { view in
                rule.judge(parameters, view, &findings)
                if findings.count > 10_000 { findings.removeAll(keepingCapacity: true) }
            }
            rules.append(Cost(name: AccuracyReport.name(of: rule.number), nanosecondsPerDay: cost))
        }
        allNanosecondsPerDay = Self.nanosecondsPerDay(of: views) { view in
            sum &+= DayStatistics(view.values.span, view.qualities.span, view.flags.span, view.elements).sum
            parameters.judgeIntervals(view, &findings)
            if findings.count > 10_000 { findings.removeAll(keepingCapacity: true) }
        }
        w1NanosecondsPerDay = try Self.foldW1(days, seed)
        precondition(sum != .min)
    }

    /// How much longer the minimal work takes with all rules than without.
    var ratioToW1: Double { (w1NanosecondsPerDay + allNanosecondsPerDay) / w1NanosecondsPerDay }

    /// Days of a household in whole watt-hours, 3 % of the slots missing, a spike in one day of a hundred.
    private static func views(_ days: Int, _ parameters: RuleParameters, _ seed: UInt64) -> [DayView] {
        var random = BenchRandom(seed: seed)
        let limits = SlotLimits(parameters, channel: "1-0:1.8.0", unit: .kilowattHour, intervalSeconds: 900)
        return (0..<days).map { day in
            var qualities = [UInt8](repeating: Quality.raw.rawValue, count: slots)
            var values = (0..<slots).map { Int64(80 + ($0 % 32) * 9 + random.below(60)) * 1_000_000 }
            for slot in 0..<slots where random.chance(perMille: 30) {
                qualities[slot] = Quality.missing.rawValue
                values[slot] = 0
            }
            if random.chance(perMille: 10) { values[random.below(slots)] *= 20 }
            let start = Int64(day) * 86_400
            return DayView(
                values: values,
                qualities: qualities,
                elements: 0..<slots,
                start: start,
                dayStart: start,
                dayEnd: start + 86_400,
                intervalSeconds: 900,
                unit: .kilowattHour,
                isClosed: true,
                limits: limits
            )
        }
    }

    /// The least of several passes, so that what else the machine does counts little.
    private static func nanosecondsPerDay(of views: [DayView], _ body: (DayView) -> Void) -> Double {
        var least = Double.infinity
        for _ in 0..<repetitions {
            let elapsed = ContinuousClock().measure { for view in views { body(view) } }
            least = min(least, nanoseconds(elapsed) / Double(views.count))
        }
        return least
    }

    /// The fold of w1 in memory: JSON read, duplicates dropped, days checked and estimated, results encoded.
    private static func foldW1(_ days: Int, _ seed: UInt64) throws(ProcessorFault) -> Double {
        var generator = W1Generator(messages: days, meters: max(1, days / 20), seed: seed)
        var batch = InputBatch()
        let slot = batch.slot(of: TopicPartition(W1Processor.inputTopic, 0))
        var offset: Int64 = 0
        while let message = generator.next() {
            batch.append(
                slot: slot,
                offset: offset,
                timestampMilliseconds: message.timestampMilliseconds,
                key: message.key.span,
                value: message.value.span
            )
            offset += 1
        }
        var least = Double.infinity
        for _ in 0..<repetitions {
            var processor = W1Processor(configuration: W1Processor.Configuration(), partition: 0)
            var effects = Effects(
                outputs: W1Processor.outputTopics.map { Effects.Output(topic: $0, partitionCount: 1) },
                counterCount: W1Processor.counterNames.count
            )
            let clock = ContinuousClock()
            let start = clock.now
            try processor.fold(batch, 0..<batch.count, into: &effects)
            least = min(least, nanoseconds(clock.now - start) / Double(batch.count))
        }
        return least
    }

    private static func nanoseconds(_ duration: Duration) -> Double {
        Double(duration.components.seconds) * 1e9 + Double(duration.components.attoseconds) / 1e9
    }
}

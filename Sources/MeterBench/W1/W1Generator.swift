/// The input of w1: days of 96 quarter-hours, all meters of a day before the next day.
///
/// 2 % of the messages come twice (same id), 3 % of the intervals are missing in runs of 1 to 6, one message in 50 has a run of 20
/// missing, one in 100 a spike, one in 200 a negative value.
struct W1Generator: MessageGenerator {
    static let intervals = 96
    private static let firstDay: Int64 = 1_767_225_600
    private static let daySeconds: Int64 = 86_400

    private let total: Int
    private let meters: Int
    private var random: BenchRandom
    private var duplicates = DuplicateQueue()
    private var produced = 0
    private var unique = 0
    private var sink = ByteSink()

    init(messages: Int, meters: Int, seed: UInt64) {
        total = messages
        self.meters = meters
        random = BenchRandom(seed: seed)
    }

    mutating func next() -> GeneratedMessage? {
        guard produced < total else { return nil }
        produced += 1
        if let message = duplicates.due() { return message }
        let message = day(meter: unique % meters, Int64(unique / meters))
        unique += 1
        duplicates.sent(message, again: random.chance(perMille: 20))
        return message
    }

    private mutating func day(meter: Int, _ number: Int64) -> GeneratedMessage {
        let start = W1Generator.firstDay + number * W1Generator.daySeconds
        let received = (start + W1Generator.daySeconds) * 1_000 + Int64(random.below(600_000))
        sink.begin(capacity: 4_096)
        sink.append(#"{"id":"HES1-"#)
        sink.decimal(Int64(truncatingIfNeeded: random.next() >> 20))
        sink.append("-")
        sink.decimal(Int64(unique))
        let nameStart = sink.count + #"","meter":""#.utf8.count
        sink.append(#"","meter":"MTR"#)
        sink.decimal(Int64(1_000_000 + meter))
        let nameEnd = sink.count
        sink.append(#"","channel":"1.8.0","start":"#)
        sink.decimal(start)
        sink.append(#","interval":900,"values":["#)
        appendValues(meter)
        sink.append(#"],"receivedAt":"#)
        sink.decimal(received)
        sink.append("}")
        return GeneratedMessage(
            key: Array(sink.bytes[nameStart..<nameEnd]),
            value: Array(sink.bytes[..<sink.count]),
            timestampMilliseconds: received
        )
    }

    private mutating func appendValues(_ meter: Int) {
        let missing = missingIntervals()
        let spike = random.chance(perMille: 10) ? random.below(W1Generator.intervals) : -1
        let negative = random.chance(perMille: 5) ? random.below(W1Generator.intervals) : -1
        let level = 40 + meter % 7 * 30
        for index in 0..<W1Generator.intervals {
            if index > 0 { sink.append(UInt8(ascii: ",")) }
            guard !missing[index] else {
                sink.append("null")
                continue
            }
            // Low at night, peaks in the morning and the evening.
            let hour = index / 4
            let shape = hour < 6 ? 1 : hour < 9 ? 4 : hour < 17 ? 2 : hour < 22 ? 5 : 2
            var watthours = Int64(level * shape + random.below(level))
            if index == spike { watthours *= 40 }
            if index == negative { watthours = -watthours }
            sink.decimal(watthours, decimals: 3)
        }
    }

    private mutating func missingIntervals() -> [Bool] {
        var missing = Array(repeating: false, count: W1Generator.intervals)
        var index = 0
        while index < W1Generator.intervals {
            // One interval in 110 begins a run of 3.5 on average.
            guard random.below(110) == 0 else {
                index += 1
                continue
            }
            let end = min(W1Generator.intervals, index + 1 + random.below(6))
            for place in index..<end { missing[place] = true }
            index = end + 1
        }
        if random.chance(perMille: 20) {
            let first = random.below(W1Generator.intervals - 20)
            for place in first..<first + 20 { missing[place] = true }
        }
        return missing
    }
}

/// The input of w2: one quarter-hour of one meter in each message, all meters of a quarter-hour before the next one.
///
/// 2 % of the intervals are missing, and as many messages come twice (same id), so that their number is met.
struct W2Generator: MessageGenerator {
    private static let firstQuarter: Int64 = 1_767_225_600

    private let total: Int
    private let meters: Int
    private var random: BenchRandom
    private var duplicates = DuplicateQueue()
    private var produced = 0
    private var interval = 0
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
        while random.chance(perMille: 20) { interval += 1 }
        let message = quarterHour(meter: interval % meters, Int64(interval / meters))
        interval += 1
        duplicates.sent(message, again: random.chance(perMille: 20))
        return message
    }

    private mutating func quarterHour(meter: Int, _ number: Int64) -> GeneratedMessage {
        let start = W2Generator.firstQuarter + number * 900
        let received = (start + 900) * 1_000 + Int64(random.below(60_000))
        sink.begin(capacity: 512)
        sink.append(#"{"id":"HES1-"#)
        sink.decimal(Int64(truncatingIfNeeded: random.next() >> 20))
        sink.append("-")
        sink.decimal(Int64(interval))
        let nameStart = sink.count + #"","meter":""#.utf8.count
        sink.append(#"","meter":"MTR"#)
        sink.decimal(Int64(1_000_000 + meter))
        let nameEnd = sink.count
        sink.append(#"","channel":"1.8.0","start":"#)
        sink.decimal(start)
        sink.append(#","interval":900,"value":"#)
        sink.decimal(Int64(50 + random.below(900)), decimals: 3)
        sink.append(#","receivedAt":"#)
        sink.decimal(received)
        sink.append("}")
        return GeneratedMessage(
            key: Array(sink.bytes[nameStart..<nameEnd]),
            value: Array(sink.bytes[..<sink.count]),
            timestampMilliseconds: received
        )
    }
}

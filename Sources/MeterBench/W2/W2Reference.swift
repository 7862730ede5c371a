/// w2 for the second time: plainly, for the messages of one partition in order, to compare with. Knows nothing of the processor.
struct W2Reference {
    struct Output: Sendable, Equatable {
        var meter: String
        var start: Int64
        var sum: Double
        var count: Int
        var estimated: Int
    }

    private var ids: Set<String> = []
    /// Values by meter and start of the quarter-hour.
    private var values: [String: [Int64: Double]] = [:]
    /// Windows that are open: hour, meters.
    private var open: [Int64: Set<String>] = [:]
    private var time: Int64 = -1

    /// The windows that a message closes.
    mutating func take(_ message: PlainJSON) -> [Output] {
        guard let meter = message["meter"].text, let number = message["start"].number else { return [] }
        if let id = message["id"].text, !ids.insert(id).inserted { return [] }
        let start = Int64(number)
        var closed: [Output] = []
        if start > time {
            time = start
            for hour in open.keys.sorted() where (hour + 1) * 3_600 + 900 <= time {
                for meter in open[hour, default: []].sorted() { closed.append(output(meter, hour)) }
                open[hour] = nil
            }
        }
        let hour = start / 3_600
        guard (hour + 1) * 3_600 + 900 > time, let value = message["value"].number else { return closed }
        if values[meter, default: [:]][start] == nil { values[meter, default: [:]][start] = value }
        open[hour, default: []].insert(meter)
        return closed
    }

    private func output(_ meter: String, _ hour: Int64) -> Output {
        let known = values[meter, default: [:]]
        let slots = (0..<4).map { hour * 3_600 + Int64($0) * 900 }
        let missing = slots.filter { known[$0] == nil }
        var result = Output(
            meter: meter,
            start: hour * 3_600,
            sum: slots.compactMap { known[$0] }.reduce(0, +),
            count: 4 - missing.count,
            estimated: 0
        )
        guard (1...2).contains(missing.count) else { return result }
        for slot in missing {
            var before = slot - 900
            while missing.contains(before) { before -= 900 }
            var after = slot + 900
            while missing.contains(after) { after += 900 }
            guard let from = known[before], let to = known[after] else { continue }
            result.sum += from + (to - from) * Double(slot - before) / Double(after - before)
            result.estimated += 1
        }
        return result
    }
}

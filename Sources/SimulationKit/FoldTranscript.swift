import StreamCore

/// Everything that a fold can be seen doing: its outputs in order, its counters and its final state.
struct FoldTranscript: Equatable {
    struct Output: Equatable {
        var output: Int
        var partition: Int32
        var timestampMilliseconds: Int64
        var key: [UInt8]
        var value: [UInt8]
    }

    var outputs: [Output] = []
    var counters: [Int64] = []
    var state: [UInt8] = []

    mutating func take(_ effects: inout Effects) {
        for entry in effects.entries {
            outputs.append(
                Output(
                    output: entry.output,
                    partition: entry.partition,
                    timestampMilliseconds: entry.timestampMilliseconds,
                    key: Array(effects.bytes[entry.key]),
                    value: Array(effects.bytes[entry.value])
                )
            )
        }
        if counters.isEmpty { counters = Array(repeating: 0, count: effects.counters.count) }
        for (index, count) in effects.counters.enumerated() { counters[index] += count }
        effects.removeAll()
    }

    /// Where this transcript is not the other, in words; nil when they are equal.
    func difference(from other: FoldTranscript) -> String? {
        if outputs.count != other.outputs.count { return "\(outputs.count) outputs instead of \(other.outputs.count)" }
        for (index, pair) in zip(outputs, other.outputs).enumerated() where pair.0 != pair.1 {
            return "output \(index) differs: key \(String(decoding: pair.0.key, as: UTF8.self)),"
                + " \(pair.0.value.count) bytes instead of \(pair.1.value.count)"
        }
        if counters != other.counters { return "counters \(counters) instead of \(other.counters)" }
        guard state != other.state else { return nil }
        let index = zip(state, other.state).enumerated().first { $0.element.0 != $0.element.1 }?.offset
        return "state differs at byte \(index ?? min(state.count, other.state.count)),"
            + " \(state.count) bytes instead of \(other.state.count)"
    }
}

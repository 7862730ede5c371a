/// w1 for the second time: plainly, with floating point and dictionaries, to compare with. Knows nothing of the processor.
struct W1Reference {
    struct Output: Sendable, Equatable {
        var start: Int64
        var values: [Double?]
        var quality: [UInt8]
    }

    private var ids: Set<String> = []
    /// Valid values by channel and start of the day.
    private var history: [String: [Int64: [Double?]]] = [:]

    /// What a message comes to; nil for a duplicate, or for what is no message.
    mutating func take(_ message: PlainJSON) -> Output? {
        guard let meter = message["meter"].text, let channel = message["channel"].text,
            let start = message["start"].number, let elements = message["values"].array
        else { return nil }
        if let id = message["id"].text, !ids.insert(id).inserted { return nil }
        let name = meter + "\u{0}" + channel
        let key = Int64(start)
        let earlier = history[name, default: [:]].filter { $0.key < key }.sorted { $0.key > $1.key }.prefix(3).map(
            \.value
        )
        var output = W1Reference.estimated(W1Reference.checked(elements.map(\.number)), earlier)
        output.start = key
        let valid = zip(output.values, output.quality).map { $1 == W1Quality.valid ? $0 : nil }
        history[name, default: [:]][key] = valid
        if history[name, default: [:]].count > 3, let oldest = history[name]?.keys.min() {
            history[name]?[oldest] = nil
        }
        return output
    }

    private static func checked(_ values: [Double?]) -> Output {
        var quality = values.map { value in
            guard let value else { return W1Quality.missing }
            return value < 0 ? W1Quality.negative : W1Quality.valid
        }
        let ranked = values.indices.filter { quality[$0] == W1Quality.valid }
            .sorted { (values[$0] ?? 0, $1) > (values[$1] ?? 0, $0) }
        if ranked.count >= 3, let largest = values[ranked[0]], let third = values[ranked[2]], third > 0,
            (largest - third) / third > 1.8 + 1e-12
        {
            quality[ranked[0]] = W1Quality.spike
        }
        return Output(start: 0, values: values, quality: quality)
    }

    private static func estimated(_ day: Output, _ earlier: [[Double?]]) -> Output {
        var result = day
        for index in day.values.indices where day.values[index] == nil {
            var left = index
            while left >= 0, day.values[left] == nil { left -= 1 }
            var right = index
            while right < day.values.count, day.values[right] == nil { right += 1 }
            let run = right - left - 1
            if run <= 8, left >= 0, right < day.values.count, day.quality[left] == W1Quality.valid,
                day.quality[right] == W1Quality.valid, let from = day.values[left], let to = day.values[right]
            {
                result.values[index] = from + (to - from) * Double(index - left) / Double(right - left)
                result.quality[index] = W1Quality.linear
                continue
            }
            let alike = earlier.compactMap { $0.count == day.values.count ? $0[index] : nil }
            guard !alike.isEmpty else { continue }
            result.values[index] = alike.reduce(0, +) / Double(alike.count)
            result.quality[index] = W1Quality.likeDay
        }
        return result
    }
}

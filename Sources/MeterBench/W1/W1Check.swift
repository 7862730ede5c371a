import MeterCore
import MeterEvents

/// Compares w1's outputs with `W1Reference`, in order, meter by meter. Values may differ by the rounding of estimates.
struct W1Check: OutputCheck {
    /// Half a unit of the sixth decimal, and what floating point adds.
    private static let tolerance = 6e-7

    let isJSON: Bool
    private var reference = W1Reference()
    private var expected: [[UInt8]: [W1Reference.Output]] = [:]

    init(isJSON: Bool) {
        self.isJSON = isJSON
    }

    var outstanding: Int { expected.values.reduce(0) { $0 + $1.count } }

    mutating func expect(fromInput value: [UInt8], meter: [UInt8], partition: Int32) {
        guard let message = PlainJSON(value), let output = reference.take(message) else { return }
        expected[meter, default: []].append(output)
    }

    mutating func check(output value: [UInt8], meter: [UInt8]) -> String? {
        let name = String(decoding: meter, as: UTF8.self)
        guard let output = isJSON ? W1Check.fromJSON(value) : W1Check.fromEvent(value) else {
            return "an output of \(name) can't be read"
        }
        guard let wanted = expected[meter]?.first else { return "an output too many for \(name)" }
        expected[meter]?.removeFirst()
        guard output.start == wanted.start else {
            return "\(name): the day \(output.start) came, not \(wanted.start)"
        }
        guard output.quality == wanted.quality else {
            return "\(name), day \(output.start): qualities \(output.quality), expected \(wanted.quality)"
        }
        for (index, (value, other)) in zip(output.values, wanted.values).enumerated() {
            guard W1Check.isSame(value, other) else {
                return "\(name), day \(output.start), interval \(index): \(value as Any), expected \(other as Any)"
            }
        }
        return output.values.count == wanted.values.count ? nil : "\(name): \(output.values.count) values"
    }

    private static func isSame(_ value: Double?, _ other: Double?) -> Bool {
        guard let value, let other else { return value == nil && other == nil }
        return abs(value - other) <= tolerance
    }

    static func fromJSON(_ bytes: [UInt8]) -> W1Reference.Output? {
        guard let message = PlainJSON(bytes), let start = message["start"].number, let values = message["values"].array,
            let quality = message["quality"].array
        else { return nil }
        return W1Reference.Output(
            start: Int64(start),
            values: values.map(\.number),
            quality: quality.map { UInt8($0.number ?? 255) }
        )
    }

    static func fromEvent(_ bytes: [UInt8]) -> W1Reference.Output? {
        do throws(EventError) {
            let event = try ValidatedIntervals(bytes, bytes.indices)
            let quality = event.qualities.map { code in
                switch Quality(rawValue: code) {
                case .validated: W1Quality.valid
                case .estimatedLinear: W1Quality.linear
                case .estimatedReferenceDay: W1Quality.likeDay
                case .questionable: W1Quality.spike
                case .failed: W1Quality.negative
                default: W1Quality.missing
                }
            }
            return W1Reference.Output(
                start: event.start.secondsSinceEpoch,
                values: zip(event.billionths, quality).map { $1 == W1Quality.missing ? nil : Double($0) / 1e9 },
                quality: quality
            )
        } catch {
            return nil
        }
    }
}

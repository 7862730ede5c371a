/// Compares w2's outputs with `W2Reference`, meter by meter. Stream time is that of a partition, so the reference is fed with the
/// whole partition: w2 is compared with every meter or with none.
struct W2Check: OutputCheck {
    private static let tolerance = 1e-6

    let isJSON: Bool
    private var references: [Int32: W2Reference] = [:]
    private var expected: [String: [W2Reference.Output]] = [:]

    init(isJSON: Bool) {
        self.isJSON = isJSON
    }

    var outstanding: Int { expected.values.reduce(0) { $0 + $1.count } }

    mutating func expect(fromInput value: [UInt8], meter: [UInt8], partition: Int32) {
        guard let message = PlainJSON(value) else { return }
        for output in references[partition, default: W2Reference()].take(message) {
            expected[output.meter, default: []].append(output)
        }
    }

    mutating func check(output value: [UInt8], meter: [UInt8]) -> String? {
        guard let output = isJSON ? W2Check.fromJSON(value) : W2Check.fromProtobuf(value) else {
            return "an output of \(String(decoding: meter, as: UTF8.self)) can't be read"
        }
        guard let wanted = expected[output.meter]?.first else { return "an output too many for \(output.meter)" }
        expected[output.meter]?.removeFirst()
        guard output.start == wanted.start, output.count == wanted.count, output.estimated == wanted.estimated,
            abs(output.sum - wanted.sum) < W2Check.tolerance
        else { return "\(output), expected \(wanted)" }
        return nil
    }

    static func fromJSON(_ bytes: [UInt8]) -> W2Reference.Output? {
        guard let message = PlainJSON(bytes), let meter = message["meter"].text, let start = message["start"].number,
            let sum = message["sum"].number, let count = message["count"].number,
            let estimated = message["estimated"].number
        else { return nil }
        return W2Reference.Output(
            meter: meter,
            start: Int64(start),
            sum: sum,
            count: Int(count),
            estimated: Int(estimated)
        )
    }

    /// Reads the message of `HourEncoder`, field by field.
    static func fromProtobuf(_ bytes: [UInt8]) -> W2Reference.Output? {
        var output = W2Reference.Output(meter: "", start: 0, sum: 0, count: 0, estimated: 0)
        var rest = bytes[...]
        while let tag = rest.popFirst() {
            guard let number = varint(&rest) else { return nil }
            let signed = Int64(bitPattern: number >> 1) ^ -Int64(bitPattern: number & 1)
            switch tag {
            case 0x0a:
                guard number <= UInt64(rest.count) else { return nil }
                output.meter = String(decoding: rest.prefix(Int(number)), as: UTF8.self)
                rest = rest.dropFirst(Int(number))
            case 0x10: output.start = signed
            case 0x18: output.count = Int(number)
            case 0x20: output.estimated = Int(number)
            case 0x28: output.sum = Double(signed) / 1e9
            default: return nil
            }
        }
        return output
    }

    private static func varint(_ bytes: inout ArraySlice<UInt8>) -> UInt64? {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 7) {
            guard let byte = bytes.popFirst() else { return nil }
            value |= UInt64(byte & 0x7f) << shift
            if byte < 0x80 { return value }
        }
        return nil
    }
}

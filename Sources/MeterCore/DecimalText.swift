/// Decimal digits to and from bytes, without Foundation and without allocation beyond the caller's buffer.
public enum DecimalText {
    /// Appends `value` in decimal, padded on the left with zeros to `minimumDigits`.
    public static func append(_ value: Int64, minimumDigits: Int = 1, to bytes: inout [UInt8]) {
        if value < 0 { bytes.append(UInt8(ascii: "-")) }
        append(magnitude: value.magnitude, minimumDigits: minimumDigits, to: &bytes)
    }

    static func append(magnitude: UInt64, minimumDigits: Int, to bytes: inout [UInt8]) {
        let start = bytes.count
        var rest = magnitude
        var digits = 0
        while rest > 0 || digits < minimumDigits {
            bytes.append(UInt8(ascii: "0") + UInt8(rest % 10))
            rest /= 10
            digits += 1
        }
        bytes[start...].reverse()
    }

    /// The unsigned decimal number in `range`, or nil when the range is empty, holds anything but digits, or overflows.
    public static func unsigned(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Int? {
        guard range.lowerBound >= 0, range.upperBound <= bytes.count, (1...18).contains(range.count) else { return nil }
        var value = 0
        for index in range {
            let digit = bytes[index] &- UInt8(ascii: "0")
            guard digit <= 9 else { return nil }
            value = value * 10 + Int(digit)
        }
        return value
    }
}

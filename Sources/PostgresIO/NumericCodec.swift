/// The binary form of `numeric`: base-10,000 digits with a weight, a sign and a display scale
/// (`src/backend/utils/adt/numeric.c`, `numeric_send`).
package enum NumericCodec {
    private static let base: UInt64 = 10_000

    /// Appends `coefficient` × 10^-`scale` (the value only, without the length in front).
    package static func append(coefficient: Int64, scale: UInt8, to buffer: inout WireBuffer) {
        let magnitude = coefficient.magnitude
        // Digits group by four from the decimal point, so the fraction is first brought to a whole number of groups.
        let padding = (4 - Int(scale) % 4) % 4
        let padFactor: UInt64 = [1, 10, 100, 1000][padding]
        let (high, low) = magnitude.multipliedFullWidth(by: padFactor)
        var quotientHigh = high
        var quotientLow = low
        var digits: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0, 0, 0)
        var digitCount = 0
        withUnsafeMutableBytes(of: &digits) { raw in
            let slots = raw.bindMemory(to: UInt64.self)
            while quotientHigh != 0 || quotientLow != 0 {
                let top = quotientHigh.quotientAndRemainder(dividingBy: base)
                let rest = base.dividingFullWidth((top.remainder, quotientLow))
                quotientHigh = top.quotient
                quotientLow = rest.quotient
                slots[digitCount] = rest.remainder
                digitCount += 1
            }
        }
        let fractionGroups = (Int(scale) + 3) / 4
        buffer.append(Int16(digitCount))
        buffer.append(Int16(digitCount == 0 ? 0 : digitCount - fractionGroups - 1))
        buffer.append(UInt16(coefficient < 0 ? 0x4000 : 0))
        buffer.append(Int16(scale))
        withUnsafeBytes(of: digits) { raw in
            let slots = raw.bindMemory(to: UInt64.self)
            for index in stride(from: digitCount - 1, through: 0, by: -1) {
                buffer.append(UInt16(slots[index]))
            }
        }
    }

    /// The decimal text of a binary value, with exactly its display scale of fraction digits, as the server prints it;
    /// nil for bytes that are no numeric.
    package static func text(_ bytes: Span<UInt8>) -> String? {
        guard bytes.count >= 8 else { return nil }
        let digitCount = Int(uint16(bytes, 0))
        let weight = Int(Int16(bitPattern: uint16(bytes, 2)))
        let sign = uint16(bytes, 4)
        let scale = Int(uint16(bytes, 6))
        switch sign {
        case 0xC000: return "NaN"
        case 0xD000: return "Infinity"
        case 0xF000: return "-Infinity"
        case 0, 0x4000: break
        default: return nil
        }
        guard bytes.count == 8 + 2 * digitCount else { return nil }
        func digit(_ index: Int) -> Int {
            index >= 0 && index < digitCount ? Int(uint16(bytes, 8 + 2 * index)) : 0
        }
        var text: [UInt8] = []
        text.reserveCapacity(max(weight, 0) * 4 + scale + 8)
        if sign == 0x4000 { text.append(UInt8(ascii: "-")) }
        appendWholePart(weight: weight, digit: digit, to: &text)
        if scale > 0 { text.append(UInt8(ascii: ".")) }
        for place in 0..<scale {
            let group = digit(weight + 1 + place / 4)
            let divisor = [1000, 100, 10, 1][place % 4]
            text.append(UInt8(48 + group / divisor % 10))
        }
        return String(decoding: text, as: UTF8.self)
    }

    private static func appendWholePart(weight: Int, digit: (Int) -> Int, to text: inout [UInt8]) {
        guard weight >= 0 else {
            text.append(UInt8(ascii: "0"))
            return
        }
        var leading = true
        for group in 0...weight {
            for divisor in [1000, 100, 10, 1] {
                let decimal = digit(group) / divisor % 10
                if leading && decimal == 0 && !(group == weight && divisor == 1) { continue }
                leading = false
                text.append(UInt8(48 + decimal))
            }
        }
    }

    private static func uint16(_ bytes: Span<UInt8>, _ offset: Int) -> UInt16 {
        UInt16(bytes[offset]) << 8 | UInt16(bytes[offset + 1])
    }
}

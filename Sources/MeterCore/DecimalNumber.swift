/// A decimal number as text gives it: sign, up to 19 significant digits, power of ten.
struct DecimalNumber {
    private var isNegative = false
    private var significand: UInt64 = 0
    private var powerOfTen = 0
    /// The first digit that did not fit, for rounding.
    private var droppedDigit: UInt8 = 0
    /// Whether any digit after `droppedDigit` is not zero.
    private var isMoreDropped = false

    init?(_ bytes: Span<UInt8>, _ range: Range<Int>) {
        var cursor = range.lowerBound
        let end = range.upperBound
        guard cursor >= 0, end <= bytes.count, cursor < end else { return nil }
        if bytes[cursor] == UInt8(ascii: "-") || bytes[cursor] == UInt8(ascii: "+") {
            isNegative = bytes[cursor] == UInt8(ascii: "-")
            cursor += 1
        }
        guard readDigits(bytes, &cursor, end) else { return nil }
        guard cursor < end else { return }
        guard bytes[cursor] | 0x20 == UInt8(ascii: "e"), readExponent(bytes, &cursor, end), cursor == end
        else { return nil }
    }

    /// The number times `10^shift` as a whole number, rounded to the nearest, ties to the even one; nil when it does not fit
    /// 64 bits. Ties to even, because meters' values often end in a five: always rounding those up would add up over a year.
    func scaled(powerOfTen shift: Int) -> Int64? {
        var magnitude = significand
        var exponent = powerOfTen + shift
        var dropped = UInt64(droppedDigit)
        var isMore = isMoreDropped
        if magnitude == 0 { return 0 }
        while exponent > 0 {
            let (product, overflow) = magnitude.multipliedReportingOverflow(by: 10)
            if overflow { return nil }
            magnitude = product
            exponent -= 1
        }
        while exponent < 0, magnitude > 0 || dropped > 0 {
            isMore = isMore || dropped > 0
            dropped = magnitude % 10
            magnitude /= 10
            exponent += 1
        }
        if dropped > 5 || (dropped == 5 && (isMore || magnitude % 2 == 1)) { magnitude += 1 }
        guard magnitude <= UInt64(Int64.max) else { return nil }
        return isNegative ? -Int64(magnitude) : Int64(magnitude)
    }

    private mutating func readDigits(_ bytes: Span<UInt8>, _ cursor: inout Int, _ end: Int) -> Bool {
        var digits = 0
        var seenPoint = false
        var isFull = false
        while cursor < end {
            let byte = bytes[cursor]
            if byte == UInt8(ascii: "."), !seenPoint {
                seenPoint = true
            } else if byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") {
                digits += 1
                add(byte - UInt8(ascii: "0"), afterPoint: seenPoint, isFull: &isFull)
            } else {
                break
            }
            cursor += 1
        }
        return digits > 0
    }

    /// Digits beyond the nineteenth only move the exponent; they decide the rounding.
    private mutating func add(_ digit: UInt8, afterPoint: Bool, isFull: inout Bool) {
        if !isFull, significand <= 1_844_674_407_370_955_160 {
            significand = significand * 10 + UInt64(digit)
            if afterPoint { powerOfTen -= 1 }
            return
        }
        if isFull {
            isMoreDropped = isMoreDropped || digit > 0
        } else {
            isFull = true
            droppedDigit = digit
        }
        if !afterPoint { powerOfTen += 1 }
    }

    private mutating func readExponent(_ bytes: Span<UInt8>, _ cursor: inout Int, _ end: Int) -> Bool {
        cursor += 1
        guard cursor < end else { return false }
        var sign = 1
        if bytes[cursor] == UInt8(ascii: "-") || bytes[cursor] == UInt8(ascii: "+") {
            sign = bytes[cursor] == UInt8(ascii: "-") ? -1 : 1
            cursor += 1
        }
        guard end - cursor <= 3, let exponent = DecimalText.unsigned(bytes, cursor..<end) else { return false }
        powerOfTen += sign * exponent
        cursor = end
        return true
    }
}

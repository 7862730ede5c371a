/// A cursor over one JSON text (RFC 8259) for decoders that know what they want: builds nothing, allocates nothing.
///
/// Every method leaves the cursor behind what it read and answers false or nil where the text is not what it should be.
struct JSONScanner {
    /// Deepest nesting that `skipValue` follows.
    private static let depthLimit = 32

    var cursor = 0

    /// A number as text gives it: `mantissa * 10^-decimals`, with 0 to 9 decimals (more are rounded half away from zero).
    struct Number {
        var mantissa: Int64
        var decimals: Int

        static let zero = Number(mantissa: 0, decimals: 0)
    }

    /// The next byte that is no white space, without stepping over it; 0 at the end.
    @inline(__always)
    mutating func peek(_ bytes: Span<UInt8>) -> UInt8 {
        while cursor < bytes.count {
            let byte = unsafe bytes[unchecked: cursor]
            if byte > 0x20 { return byte }
            guard byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 else { return 0 }
            cursor += 1
        }
        return 0
    }

    @inline(__always)
    mutating func take(_ bytes: Span<UInt8>, _ byte: UInt8) -> Bool {
        guard peek(bytes) == byte else { return false }
        cursor += 1
        return true
    }

    /// A string's bytes between the quotes, escapes and all.
    @inline(__always)
    mutating func string(_ bytes: Span<UInt8>) -> Range<Int>? {
        guard take(bytes, UInt8(ascii: "\"")) else { return nil }
        let start = cursor
        while cursor < bytes.count {
            let byte = unsafe bytes[unchecked: cursor]
            if byte == UInt8(ascii: "\"") {
                cursor += 1
                return start..<cursor - 1
            }
            guard byte >= 0x20 else { return nil }
            cursor += byte == UInt8(ascii: "\\") ? 2 : 1
        }
        return nil
    }

    /// A string's content, or the text of a number.
    mutating func stringOrNumber(_ bytes: Span<UInt8>) -> Range<Int>? {
        if peek(bytes) == UInt8(ascii: "\"") { return string(bytes) }
        let start = cursor
        return number(bytes) == nil ? nil : start..<cursor
    }

    /// As `stringOrNumber`, without escapes: for names that are put out again in another form.
    @inline(__always)
    mutating func plainText(_ bytes: Span<UInt8>) -> Range<Int>? {
        guard let text = stringOrNumber(bytes) else { return nil }
        for index in text where bytes[index] == UInt8(ascii: "\\") { return nil }
        return text
    }

    /// `null`, when it is there.
    @inline(__always)
    mutating func null(_ bytes: Span<UInt8>) -> Bool {
        guard peek(bytes) == UInt8(ascii: "n"), cursor + 4 <= bytes.count, bytes[cursor + 1] == UInt8(ascii: "u"),
            bytes[cursor + 2] == UInt8(ascii: "l"), bytes[cursor + 3] == UInt8(ascii: "l")
        else { return false }
        cursor += 4
        return true
    }

    @inline(__always)
    mutating func number(_ bytes: Span<UInt8>) -> Number? {
        _ = peek(bytes)
        let start = cursor
        var position = start
        let isNegative = unsafe position < bytes.count && bytes[unchecked: position] == UInt8(ascii: "-")
        if isNegative { position += 1 }
        var mantissa: UInt64 = 0
        let first = position
        position = JSONScanner.digits(bytes, from: position, into: &mantissa)
        guard position > first else { return nil }
        var decimals = 0
        if position < bytes.count, unsafe bytes[unchecked: position] == UInt8(ascii: ".") {
            let fraction = position + 1
            position = JSONScanner.digits(bytes, from: fraction, into: &mantissa)
            decimals = position - fraction
            guard decimals > 0 else { return nil }
        }
        let hasExponent = unsafe position < bytes.count && bytes[unchecked: position] | 0x20 == UInt8(ascii: "e")
        guard position - first <= 18, decimals <= 9, !hasExponent else { return longNumber(bytes, from: start) }
        cursor = position
        let value = Int64(truncatingIfNeeded: mantissa)
        return Number(mantissa: isNegative ? 0 &- value : value, decimals: decimals)
    }

    @inline(__always)
    private static func digits(_ bytes: Span<UInt8>, from start: Int, into mantissa: inout UInt64) -> Int {
        var position = start
        while position < bytes.count {
            let digit = unsafe bytes[unchecked: position] &- UInt8(ascii: "0")
            guard digit <= 9 else { break }
            mantissa = mantissa &* 10 &+ UInt64(digit)
            position += 1
        }
        return position
    }

    /// The rare numbers: many digits, many decimals, an exponent.
    private mutating func longNumber(_ bytes: Span<UInt8>, from start: Int) -> Number? {
        cursor = start
        let isNegative = take(bytes, UInt8(ascii: "-"))
        var digits: [UInt8] = []
        var decimals = 0
        var isFraction = false
        while cursor < bytes.count {
            let byte = bytes[cursor]
            if byte == UInt8(ascii: "."), !isFraction {
                isFraction = true
            } else if byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") {
                digits.append(byte - UInt8(ascii: "0"))
                if isFraction { decimals += 1 }
            } else {
                break
            }
            cursor += 1
        }
        if cursor < bytes.count, bytes[cursor] | 0x20 == UInt8(ascii: "e") {
            cursor += 1
            guard let exponent = exponent(bytes) else { return nil }
            decimals -= exponent
        }
        return JSONScanner.number(digits, decimals: decimals, isNegative: isNegative)
    }

    private mutating func exponent(_ bytes: Span<UInt8>) -> Int? {
        let isNegative = take(bytes, UInt8(ascii: "-"))
        if !isNegative { _ = take(bytes, UInt8(ascii: "+")) }
        var value: UInt64 = 0
        let start = cursor
        cursor = JSONScanner.digits(bytes, from: cursor, into: &value)
        guard cursor > start, cursor - start <= 4 else { return nil }
        return isNegative ? -Int(value) : Int(value)
    }

    /// Rounds to 9 decimals; nil when the number is too large for 18 digits.
    private static func number(_ digits: [UInt8], decimals: Int, isNegative: Bool) -> Number? {
        var digits = Array(digits.drop { $0 == 0 })
        var decimals = decimals
        guard !digits.isEmpty else { return .zero }
        while decimals < 0 {
            guard digits.count < 18 else { return nil }
            digits.append(0)
            decimals += 1
        }
        var isRoundedUp = false
        while decimals > 9 || digits.count > 18 {
            guard decimals > 0, let last = digits.popLast() else { return decimals > 9 ? .zero : nil }
            isRoundedUp = last >= 5
            decimals -= 1
        }
        let magnitude = digits.reduce(Int64(0)) { $0 * 10 + Int64($1) } + (isRoundedUp ? 1 : 0)
        return Number(mantissa: isNegative ? -magnitude : magnitude, decimals: decimals)
    }

    /// Steps over a value nobody asked for.
    mutating func skipValue(_ bytes: Span<UInt8>, depth: Int = 0) -> Bool {
        switch peek(bytes) {
        case UInt8(ascii: "\""): return string(bytes) != nil
        case UInt8(ascii: "{"), UInt8(ascii: "["): return depth < JSONScanner.depthLimit && skipContainer(bytes, depth)
        case UInt8(ascii: "t"): return skipWord(bytes, "true")
        case UInt8(ascii: "f"): return skipWord(bytes, "false")
        case UInt8(ascii: "n"): return null(bytes)
        default: return number(bytes) != nil
        }
    }

    private mutating func skipContainer(_ bytes: Span<UInt8>, _ depth: Int) -> Bool {
        let isObject = peek(bytes) == UInt8(ascii: "{")
        let close = isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")
        cursor += 1
        if take(bytes, close) { return true }
        while true {
            if isObject { guard string(bytes) != nil, take(bytes, UInt8(ascii: ":")) else { return false } }
            guard skipValue(bytes, depth: depth + 1) else { return false }
            if take(bytes, close) { return true }
            guard take(bytes, UInt8(ascii: ",")) else { return false }
        }
    }

    private mutating func skipWord(_ bytes: Span<UInt8>, _ word: StaticString) -> Bool {
        for letter in word.description.utf8 {
            guard cursor < bytes.count, bytes[cursor] == letter else { return false }
            cursor += 1
        }
        return true
    }

    /// Whether a member's name is this one, which has as many bytes.
    @inline(__always)
    static func isName(_ bytes: Span<UInt8>, _ range: Range<Int>, _ name: StaticString) -> Bool {
        name.withUTF8Buffer { letters in
            for index in 0..<letters.count where bytes[range.lowerBound + index] != letters[index] { return false }
            return true
        }
    }
}

import MeterCore

extension JSONReader {
    // MARK: Numbers

    /// Steps over a number and returns its text.
    mutating func number(_ bytes: Span<UInt8>) throws(DecodeError) -> Range<Int> {
        skipSpace(bytes)
        let start = cursor
        var end = cursor
        if end < bytes.count, bytes[end] == UInt8(ascii: "-") { end += 1 }
        let digits = end
        end = Self.digitsEnd(bytes, end)
        guard end > digits, end == digits + 1 || bytes[digits] != UInt8(ascii: "0") else {
            throw fault("expected a value")
        }
        if end < bytes.count, bytes[end] == UInt8(ascii: ".") {
            let fraction = end + 1
            end = Self.digitsEnd(bytes, fraction)
            guard end > fraction else { throw fault("a number without digits behind its point") }
        }
        if end < bytes.count, bytes[end] | 0x20 == UInt8(ascii: "e") {
            var exponent = end + 1
            if exponent < bytes.count, bytes[exponent] == UInt8(ascii: "+") || bytes[exponent] == UInt8(ascii: "-") {
                exponent += 1
            }
            end = Self.digitsEnd(bytes, exponent)
            guard end > exponent else { throw fault("a number without digits in its exponent") }
        }
        rewind(to: end)
        return start..<end
    }

    private static func digitsEnd(_ bytes: Span<UInt8>, _ start: Int) -> Int {
        var end = start
        while end < bytes.count, bytes[end] &- 0x30 <= 9 { end += 1 }
        return end
    }

    /// A number in billionths of the canonical unit; nil when it does not fit.
    ///
    /// Up to nine digits on each side of the point are read in one pass, everything else through `Quantity`.
    @inline(__always)
    mutating func billionths(_ bytes: Span<UInt8>, powerOfTen: Int) throws(DecodeError) -> Int64? {
        if powerOfTen == 0, let (value, end) = Self.plainNumber(bytes, cursor) {
            rewind(to: end)
            return value
        }
        let range = try number(bytes)
        return Quantity(bytes, range, powerOfTen: powerOfTen)?.billionths
    }

    @inline(__always)
    private static func plainNumber(_ bytes: Span<UInt8>, _ start: Int) -> (Int64, Int)? {
        var index = start
        let count = bytes.count
        let isNegative = index < count && bytes[index] == UInt8(ascii: "-")
        if isNegative { index += 1 }
        let whole = index
        var value: Int64 = 0
        while index < count {
            let digit = bytes[index] &- 0x30
            guard digit <= 9 else { break }
            value = value &* 10 &+ Int64(digit)
            index += 1
            if index - whole > 9 { return nil }
        }
        guard index > whole, index < count, index == whole + 1 || bytes[whole] != UInt8(ascii: "0") else { return nil }
        var scale = 9
        if bytes[index] == UInt8(ascii: ".") {
            index += 1
            let fraction = index
            while index < count {
                let digit = bytes[index] &- 0x30
                guard digit <= 9 else { break }
                guard scale > 0 else { return nil }
                value = value &* 10 &+ Int64(digit)
                scale -= 1
                index += 1
            }
            guard index > fraction, index < count else { return nil }
        }
        guard bytes[index] | 0x20 != UInt8(ascii: "e") else { return nil }
        value = value &* Self.powers[scale]
        return (isNegative ? -value : value, index)
    }

    private static let powers: [10 of Int64] = [
        1, 10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000,
    ]

    // MARK: Anything

    /// Whether `null` is next; steps over it.
    @inline(__always)
    mutating func takeNull(_ bytes: Span<UInt8>) throws(DecodeError) -> Bool {
        guard peek(bytes) == UInt8(ascii: "n") else { return false }
        try literal(bytes, "null")
        return true
    }

    private mutating func literal(_ bytes: Span<UInt8>, _ word: StaticString) throws(DecodeError) {
        let end = cursor + word.utf8CodeUnitCount
        guard end <= bytes.count, JSONReader.packed(word) == Self.packed(bytes, cursor..<end) else {
            throw fault("expected a value")
        }
        rewind(to: end)
    }

    private static func packed(_ bytes: Span<UInt8>, _ range: Range<Int>) -> UInt64 {
        var packed: UInt64 = 0
        var shift: UInt64 = 0
        for index in range {
            packed |= UInt64(bytes[index]) << shift
            shift += 8
        }
        return packed
    }

    /// Checks and steps over one value of any kind.
    mutating func skipValue(_ bytes: Span<UInt8>, depth: Int) throws(DecodeError) {
        switch peek(bytes) {
        case UInt8(ascii: "\""): _ = try string(bytes)
        case UInt8(ascii: "{"): try skipObject(bytes, depth: depth)
        case UInt8(ascii: "["): try skipArray(bytes, depth: depth)
        case UInt8(ascii: "t"): try literal(bytes, "true")
        case UInt8(ascii: "f"): try literal(bytes, "false")
        case UInt8(ascii: "n"): try literal(bytes, "null")
        default: _ = try number(bytes)
        }
    }

    private mutating func skipObject(_ bytes: Span<UInt8>, depth: Int) throws(DecodeError) {
        guard depth < Self.depthLimit else { throw fault("nested too deep", .limitExceeded) }
        try expect(bytes, UInt8(ascii: "{"))
        if take(bytes, UInt8(ascii: "}")) { return }
        repeat {
            _ = try string(bytes)
            try expect(bytes, UInt8(ascii: ":"))
            try skipValue(bytes, depth: depth + 1)
        } while try more(bytes, close: UInt8(ascii: "}"))
    }

    private mutating func skipArray(_ bytes: Span<UInt8>, depth: Int) throws(DecodeError) {
        guard depth < Self.depthLimit else { throw fault("nested too deep", .limitExceeded) }
        try expect(bytes, UInt8(ascii: "["))
        if take(bytes, UInt8(ascii: "]")) { return }
        repeat {
            try skipValue(bytes, depth: depth + 1)
        } while try more(bytes, close: UInt8(ascii: "]"))
    }
}

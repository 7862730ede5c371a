import MeterCore

/// A cursor over JSON text (RFC 8259), for decoders that know the fields they want.
///
/// It builds nothing: strings are byte ranges, numbers go straight to scaled integers, and what nobody asks for is checked and
/// skipped. The text must be UTF-8 without a byte order mark in front.
struct JSONReader {
    /// Deepest nesting of arrays and objects that is followed.
    static let depthLimit = 32

    private(set) var cursor = 0

    /// A string's content between the quotes.
    struct Text {
        let range: Range<Int>
        let hasEscapes: Bool
    }

    /// The name of a member, decoded.
    struct Key {
        /// The bytes of a name of up to eight bytes, first byte lowest; 0 for longer names.
        let packed: UInt64
        /// FNV-1a of the whole name.
        let hash: UInt64
    }

    // MARK: Structure

    mutating func skipSpace(_ bytes: Span<UInt8>) {
        while cursor < bytes.count {
            switch bytes[cursor] {
            case 0x20, 0x0a, 0x0d, 0x09: cursor += 1
            default: return
            }
        }
    }

    /// The next byte that is not white space; 0 at the end.
    mutating func peek(_ bytes: Span<UInt8>) -> UInt8 {
        if cursor < bytes.count, bytes[cursor] > 0x20 { return bytes[cursor] }
        skipSpace(bytes)
        return cursor < bytes.count ? bytes[cursor] : 0
    }

    /// Steps over `byte` if it is the next one.
    mutating func take(_ bytes: Span<UInt8>, _ byte: UInt8) -> Bool {
        guard peek(bytes) == byte else { return false }
        cursor += 1
        return true
    }

    mutating func expect(_ bytes: Span<UInt8>, _ byte: UInt8) throws(DecodeError) {
        guard take(bytes, byte) else {
            let wanted = String(UnicodeScalar(byte))
            throw fault(
                cursor >= bytes.count ? "the text ends where \"\(wanted)\" should be" : "expected \"\(wanted)\""
            )
        }
    }

    /// After a member or element: true when another follows, false when `close` was there.
    mutating func more(_ bytes: Span<UInt8>, close: UInt8) throws(DecodeError) -> Bool {
        if take(bytes, UInt8(ascii: ",")) { return true }
        try expect(bytes, close)
        return false
    }

    /// Nothing but white space may follow.
    mutating func expectEnd(_ bytes: Span<UInt8>) throws(DecodeError) {
        skipSpace(bytes)
        guard cursor == bytes.count else { throw fault("text after the end of the value") }
    }

    mutating func rewind(to position: Int) {
        cursor = position
    }

    func fault(_ reason: String, _ code: DecodeCode = .malformedSyntax) -> DecodeError {
        DecodeError(code, reason, byteOffset: cursor)
    }

    // MARK: Strings

    /// A member's name and its colon.
    mutating func key(_ bytes: Span<UInt8>) throws(DecodeError) -> Key {
        let text = try string(bytes)
        try expect(bytes, UInt8(ascii: ":"))
        guard text.hasEscapes else { return Self.key(bytes, text.range) }
        let name = try unescaped(bytes, text)
        return Self.key(name.span, 0..<name.count)
    }

    private static func key(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Key {
        var packed: UInt64 = 0
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        var shift: UInt64 = 0
        for index in range {
            let byte = UInt64(bytes[index])
            hash = (hash ^ byte) &* 0x100_0000_01b3
            packed |= byte << shift
            shift += 8
        }
        return Key(packed: range.count <= 8 ? packed : 0, hash: hash)
    }

    /// The packed form of a name of at most eight ASCII characters.
    static func packed(_ name: StaticString) -> UInt64 {
        name.withUTF8Buffer { letters in
            var packed: UInt64 = 0
            for index in 0..<min(letters.count, 8) { packed |= UInt64(unsafe letters[index]) << UInt64(8 * index) }
            return packed
        }
    }

    /// The hash of a longer name, as in `Key`.
    static func hash(_ name: StaticString) -> UInt64 {
        name.withUTF8Buffer { letters in
            var hash: UInt64 = 0xcbf2_9ce4_8422_2325
            for index in 0..<letters.count { hash = (hash ^ UInt64(unsafe letters[index])) &* 0x100_0000_01b3 }
            return hash
        }
    }

    mutating func string(_ bytes: Span<UInt8>) throws(DecodeError) -> Text {
        try expect(bytes, UInt8(ascii: "\""))
        let start = cursor
        var hasEscapes = false
        var isASCII = true
        while cursor < bytes.count {
            let byte = bytes[cursor]
            if byte == UInt8(ascii: "\"") {
                let range = start..<cursor
                if !isASCII, !Self.isUTF8(bytes, range) { throw fault("a string is not UTF-8", .invalidEncoding) }
                cursor += 1
                return Text(range: range, hasEscapes: hasEscapes)
            }
            if byte == UInt8(ascii: "\\") {
                hasEscapes = true
                try skipEscape(bytes)
                continue
            }
            guard byte >= 0x20 else { throw fault("a control character in a string") }
            if byte >= 0x80 { isASCII = false }
            cursor += 1
        }
        throw fault("the text ends inside a string")
    }

    private static func isUTF8(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        do {
            _ = try UTF8Span(validating: bytes.extracting(range))
            return true
        } catch {
            return false
        }
    }

    private mutating func skipEscape(_ bytes: Span<UInt8>) throws(DecodeError) {
        guard cursor + 1 < bytes.count else { throw fault("the text ends inside a string") }
        switch bytes[cursor + 1] {
        case 0x22, 0x5c, 0x2f, 0x62, 0x66, 0x6e, 0x72, 0x74: cursor += 2
        case UInt8(ascii: "u"):
            guard Self.hexadecimal(bytes, cursor + 2) != nil else { throw fault("a malformed \\u escape") }
            cursor += 6
        default: throw fault("an unknown escape in a string")
        }
    }

    private static func hexadecimal(_ bytes: Span<UInt8>, _ start: Int) -> UInt32? {
        guard start + 4 <= bytes.count else { return nil }
        var value: UInt32 = 0
        for index in start..<start + 4 {
            switch bytes[index] {
            case 0x30...0x39: value = value << 4 | UInt32(bytes[index] - 0x30)
            case 0x41...0x46: value = value << 4 | UInt32(bytes[index] - 0x41 + 10)
            case 0x61...0x66: value = value << 4 | UInt32(bytes[index] - 0x61 + 10)
            default: return nil
            }
        }
        return value
    }

    /// The bytes of a string with its escapes resolved.
    func unescaped(_ bytes: Span<UInt8>, _ text: Text) throws(DecodeError) -> [UInt8] {
        var result: [UInt8] = []
        var index = text.range.lowerBound
        while index < text.range.upperBound {
            guard bytes[index] == UInt8(ascii: "\\") else {
                result.append(bytes[index])
                index += 1
                continue
            }
            let letter = bytes[index + 1]
            index += 2
            switch letter {
            case UInt8(ascii: "b"): result.append(0x08)
            case UInt8(ascii: "f"): result.append(0x0c)
            case UInt8(ascii: "n"): result.append(0x0a)
            case UInt8(ascii: "r"): result.append(0x0d)
            case UInt8(ascii: "t"): result.append(0x09)
            case UInt8(ascii: "u"):
                guard let scalar = Self.scalar(bytes, &index, text.range.upperBound) else {
                    throw DecodeError(.invalidEncoding, "half of a surrogate pair", byteOffset: index)
                }
                result.append(contentsOf: String(scalar).utf8)
            default: result.append(letter)
            }
        }
        return result
    }

    /// The scalar of the hexadecimal digits at `index` and, for a surrogate, of the escape behind them.
    private static func scalar(_ bytes: Span<UInt8>, _ index: inout Int, _ end: Int) -> Unicode.Scalar? {
        guard let first = hexadecimal(bytes, index) else { return nil }
        index += 4
        guard (0xd800...0xdbff).contains(first) else { return Unicode.Scalar(first) }
        guard index + 6 <= end, bytes[index] == UInt8(ascii: "\\"), bytes[index + 1] == UInt8(ascii: "u"),
            let second = hexadecimal(bytes, index + 2), (0xdc00...0xdfff).contains(second)
        else { return nil }
        index += 6
        return Unicode.Scalar(0x10000 + (first - 0xd800) << 10 + (second - 0xdc00))
    }

    /// A string member that becomes a name in keys and tables.
    mutating func identifier(_ bytes: Span<UInt8>, _ what: StaticString) throws(DecodeError) -> String {
        let start = cursor
        let value = try text(bytes, what, limit: TextField.identifierByteLimit)
        guard !value.isEmpty, value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f }) else {
            throw DecodeError(.missingField, "\(what) is empty or holds control characters", byteOffset: start)
        }
        return value
    }

    /// A string member.
    mutating func text(_ bytes: Span<UInt8>, _ what: StaticString, limit: Int) throws(DecodeError) -> String {
        guard peek(bytes) == UInt8(ascii: "\"") else { throw fault("\(what) is not a string") }
        let text = try string(bytes)
        guard text.range.count <= limit * 6 else { throw fault("\(what) is too long", .limitExceeded) }
        let value: String?
        if text.hasEscapes {
            let resolved = try unescaped(bytes, text)
            value = TextField.text(resolved.span, 0..<resolved.count)
        } else {
            value = TextField.text(bytes, text.range)
        }
        guard let value else { throw fault("\(what) holds a NUL", .invalidEncoding) }
        guard value.utf8.count <= limit else { throw fault("\(what) is too long", .limitExceeded) }
        return value
    }
}

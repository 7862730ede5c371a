import MeterCore

/// A value of a rule set's text, with the line it starts on.
struct RuleSetText: Sendable {
    enum Content: Sendable {
        case null
        case flag(Bool)
        /// In billionths.
        case number(Int64)
        case text(String)
        case list([RuleSetText])
        case object([(name: String, value: RuleSetText)])
    }

    var line: Int
    var content: Content

    /// Rule sets are small; a longer text is something else.
    static let maximumBytes = 1 << 20
    static let maximumDepth = 16

    /// Reads one JSON text (RFC 8259) strictly: no comments, no trailing commas, no name twice in an object, numbers that fit
    /// billionths in 64 bits.
    static func read(_ json: String) throws(RuleSetError) -> RuleSetText {
        let bytes = Array(json.utf8)
        guard bytes.count <= maximumBytes else {
            throw RuleSetError(line: 1, reason: "longer than \(maximumBytes) bytes")
        }
        var reader = RuleSetTextReader(bytes: bytes)
        let text = try reader.value(depth: 0)
        reader.skipSpace()
        guard reader.isAtEnd else { throw reader.error("text after the end") }
        return text
    }
}

/// A cursor over JSON text.
private struct RuleSetTextReader {
    let bytes: [UInt8]
    var position = 0
    var line = 1

    init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    var isAtEnd: Bool { position == bytes.count }

    func error(_ reason: String) -> RuleSetError { RuleSetError(line: line, reason: reason) }

    mutating func skipSpace() {
        while position < bytes.count {
            switch bytes[position] {
            case 0x0a: line += 1
            case 0x20, 0x09, 0x0d: break
            default: return
            }
            position += 1
        }
    }

    mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    mutating func value(depth: Int) throws(RuleSetError) -> RuleSetText {
        guard depth < RuleSetText.maximumDepth else { throw error("nested too deeply") }
        skipSpace()
        let start = line
        guard position < bytes.count else { throw error("the text ends where a value should be") }
        switch bytes[position] {
        case UInt8(ascii: "{"): return RuleSetText(line: start, content: .object(try object(depth)))
        case UInt8(ascii: "["): return RuleSetText(line: start, content: .list(try list(depth)))
        case UInt8(ascii: "\""): return RuleSetText(line: start, content: .text(try text()))
        case UInt8(ascii: "t"): return RuleSetText(line: start, content: try word("true", .flag(true)))
        case UInt8(ascii: "f"): return RuleSetText(line: start, content: try word("false", .flag(false)))
        case UInt8(ascii: "n"): return RuleSetText(line: start, content: try word("null", .null))
        default: return RuleSetText(line: start, content: .number(try number()))
        }
    }

    private mutating func object(_ depth: Int) throws(RuleSetError) -> [(name: String, value: RuleSetText)] {
        var members: [(name: String, value: RuleSetText)] = []
        position += 1
        skipSpace()
        if take("}") { return members }
        while true {
            skipSpace()
            guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else {
                throw error("a name is missing")
            }
            let name = try text()
            guard !members.contains(where: { $0.name == name }) else { throw error("\"\(name)\" stands here twice") }
            skipSpace()
            guard take(":") else { throw error("a colon is missing after \"\(name)\"") }
            members.append((name, try value(depth: depth + 1)))
            skipSpace()
            if take("}") { return members }
            guard take(",") else { throw error("a comma or } is missing") }
        }
    }

    private mutating func list(_ depth: Int) throws(RuleSetError) -> [RuleSetText] {
        var elements: [RuleSetText] = []
        position += 1
        skipSpace()
        if take("]") { return elements }
        while true {
            elements.append(try value(depth: depth + 1))
            skipSpace()
            if take("]") { return elements }
            guard take(",") else { throw error("a comma or ] is missing") }
        }
    }

    private mutating func word(
        _ word: StaticString,
        _ content: RuleSetText.Content
    ) throws(RuleSetError) -> RuleSetText.Content {
        for character in "\(word)".utf8 {
            guard position < bytes.count, bytes[position] == character else { throw error("an unknown word") }
            position += 1
        }
        return content
    }

    /// The text up to the closing quote. Escapes are read but for surrogate pairs, which names and patterns have no use for.
    private mutating func text() throws(RuleSetError) -> String {
        position += 1
        var characters: [UInt8] = []
        while position < bytes.count {
            let character = bytes[position]
            position += 1
            switch character {
            case UInt8(ascii: "\""):
                guard let text = String(validating: characters, as: UTF8.self) else { throw error("not UTF-8") }
                return text
            case UInt8(ascii: "\\"): try escape(into: &characters)
            case 0x00..<0x20: throw error("a control character in a text")
            default: characters.append(character)
            }
        }
        throw error("a text without end")
    }

    private mutating func escape(into characters: inout [UInt8]) throws(RuleSetError) {
        guard position < bytes.count else { throw error("a text without end") }
        let character = bytes[position]
        position += 1
        switch character {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): characters.append(character)
        case UInt8(ascii: "b"): characters.append(0x08)
        case UInt8(ascii: "f"): characters.append(0x0c)
        case UInt8(ascii: "n"): characters.append(0x0a)
        case UInt8(ascii: "r"): characters.append(0x0d)
        case UInt8(ascii: "t"): characters.append(0x09)
        case UInt8(ascii: "u"):
            var code: UInt32 = 0
            for _ in 0..<4 {
                guard position < bytes.count, let digit = Self.hexDigit(bytes[position]) else {
                    throw error("an escape that is no character")
                }
                code = code << 4 | digit
                position += 1
            }
            guard let scalar = Unicode.Scalar(code) else { throw error("an escape that is no character") }
            characters.append(contentsOf: String(Character(scalar)).utf8)
        default: throw error("an unknown escape")
        }
    }

    private static func hexDigit(_ character: UInt8) -> UInt32? {
        switch character {
        case 0x30...0x39: UInt32(character - 0x30)
        case 0x41...0x46: UInt32(character - 0x37)
        case 0x61...0x66: UInt32(character - 0x57)
        default: nil
        }
    }

    /// JSON's numbers: no leading plus, zero or point.
    private mutating func number() throws(RuleSetError) -> Int64 {
        let start = position
        while position < bytes.count {
            switch bytes[position] {
            case 0x30...0x39, UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."), UInt8(ascii: "e"),
                UInt8(ascii: "E"):
                position += 1
                continue
            default: break
            }
            break
        }
        let digits = bytes[start..<position].drop(while: { $0 == UInt8(ascii: "-") })
        guard let first = digits.first, (0x30...0x39).contains(first),
            first != 0x30 || digits.count == 1 || !(0x30...0x39).contains(digits[digits.startIndex + 1]),
            (0x30...0x39).contains(digits[digits.endIndex - 1]),
            let quantity = Quantity(bytes.span, start..<position)
        else { throw error("neither a value nor a number that fits") }
        return quantity.billionths
    }
}

/// A media type with its parameters (RFC 9110, section 8.3.1): `text/csv; profile=mapped; zone="America/New_York"`.
///
/// A payload's media type carries everything its decoder needs to know, so that the stored bytes and their `ml-format` header
/// can be decoded again at any time.
public struct MediaType: Equatable, Sendable {
    public struct Parameter: Equatable, Sendable {
        /// Lower case.
        public var name: String
        public var value: String
    }

    /// `type/subtype`, lower case.
    public let essence: String
    /// In the order given; no name twice.
    public private(set) var parameters: [Parameter] = []

    /// Longest text that is read, in bytes.
    public static let byteLimit = 4096

    /// Nil when the text is not a media type, names a parameter twice, or is longer than `byteLimit`.
    public init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count <= Self.byteLimit else { return nil }
        var reader = MediaTypeReader(bytes: bytes)
        guard let type = reader.token(), reader.take("/"), let subtype = reader.token() else { return nil }
        essence = (type + "/" + subtype).lowercased()
        reader.skipSpace()
        while reader.take(";") {
            reader.skipSpace()
            if reader.isAtEnd { break }
            if reader.peek(";") { continue }
            guard let name = reader.token()?.lowercased(), reader.take("="), let value = reader.value(),
                self[name] == nil
            else { return nil }
            parameters.append(Parameter(name: name, value: value))
            reader.skipSpace()
        }
        guard reader.isAtEnd else { return nil }
    }

    /// A media type from its parts, as `meterlog ingest` builds it.
    ///
    /// - Returns: nil when `essence` or a name is not a token, or a name comes twice.
    public init?(essence: String, parameters: [(name: String, value: String)]) {
        guard let bare = MediaType(essence), bare.parameters.isEmpty else { return nil }
        self = bare
        for (name, value) in parameters {
            guard MediaTypeReader.isToken(name), self[name] == nil else { return nil }
            self.parameters.append(Parameter(name: name.lowercased(), value: value))
        }
    }

    /// The value of a parameter; the name in any case.
    public subscript(name: String) -> String? {
        let wanted = name.lowercased()
        for parameter in parameters where parameter.name == wanted { return parameter.value }
        return nil
    }
}

extension MediaType: CustomStringConvertible {
    /// The text form; values that are not tokens are quoted.
    public var description: String { text(parameters) }

    /// One text for all spellings of the same media type: parameters by name, one space between them, quotes only where they are
    /// needed. The values are as they came: upper and lower case can be different meters.
    public var canonicalText: String {
        text(parameters.count > 1 ? parameters.sorted { $0.name < $1.name } : parameters)
    }

    private func text(_ parameters: [Parameter]) -> String {
        var text = essence
        for parameter in parameters {
            text += "; \(parameter.name)="
            if MediaTypeReader.isToken(parameter.value) {
                text += parameter.value
                continue
            }
            text += "\""
            for character in parameter.value.unicodeScalars {
                if character == "\"" || character == "\\" { text += "\\" }
                text.unicodeScalars.append(character)
            }
            text += "\""
        }
        return text
    }
}

/// A cursor over the text of a media type.
private struct MediaTypeReader {
    let bytes: [UInt8]
    var cursor = 0

    var isAtEnd: Bool { cursor == bytes.count }

    func peek(_ character: Unicode.Scalar) -> Bool {
        cursor < bytes.count && bytes[cursor] == UInt8(ascii: character)
    }

    mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard peek(character) else { return false }
        cursor += 1
        return true
    }

    mutating func skipSpace() {
        while peek(" ") || peek("\t") { cursor += 1 }
    }

    mutating func token() -> String? {
        let start = cursor
        while cursor < bytes.count, Self.isTokenByte(bytes[cursor]) { cursor += 1 }
        return cursor > start ? String(decoding: bytes[start..<cursor], as: UTF8.self) : nil
    }

    /// A token, or a quoted string with `\` before a character that stands for itself.
    ///
    /// Unquoted values may also hold `/`, `:` and other visible characters that are not separators here, because zone names and
    /// channels are written without quotes by hand.
    mutating func value() -> String? {
        guard take("\"") else {
            let start = cursor
            while cursor < bytes.count, bytes[cursor] > 0x20, !peek(";"), !peek("\""), bytes[cursor] != 0x7f {
                cursor += 1
            }
            return cursor > start ? String(decoding: bytes[start..<cursor], as: UTF8.self) : nil
        }
        var text: [UInt8] = []
        while cursor < bytes.count {
            if take("\"") { return String(decoding: text, as: UTF8.self) }
            if peek("\\") {
                cursor += 1
                guard cursor < bytes.count else { return nil }
            }
            guard bytes[cursor] >= 0x20 || bytes[cursor] == 0x09 else { return nil }
            text.append(bytes[cursor])
            cursor += 1
        }
        return nil
    }

    static func isToken(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy(isTokenByte)
    }

    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}

/// Text taken out of a payload. Identifiers and texts end up in keys and tables, so what those cannot hold is refused here.
enum TextField {
    /// Longest meter, channel, code or event id, in bytes.
    static let identifierByteLimit = 128
    /// Longest free text, in bytes.
    static let textByteLimit = 2048

    /// The UTF-8 text in `range`; nil when it is not UTF-8 or holds a NUL.
    static func text(_ bytes: Span<UInt8>, _ range: Range<Int>) -> String? {
        for index in range where bytes[index] == 0 { return nil }
        do {
            return String(copying: try UTF8Span(validating: bytes.extracting(range)))
        } catch {
            return nil
        }
    }

    /// A name: 1...128 bytes of UTF-8 without control characters.
    static func identifier(_ bytes: Span<UInt8>, _ range: Range<Int>) -> String? {
        guard !range.isEmpty, range.count <= identifierByteLimit else { return nil }
        for index in range where bytes[index] < 0x20 || bytes[index] == 0x7f { return nil }
        return text(bytes, range)
    }

    /// Whether `range` holds exactly these ASCII characters, in any case.
    static func equals(_ bytes: Span<UInt8>, _ range: Range<Int>, ignoringCase word: StaticString) -> Bool {
        guard range.count == word.utf8CodeUnitCount else { return false }
        return word.withUTF8Buffer { letters in
            for index in 0..<range.count {
                let (left, right) = (bytes[range.lowerBound + index], unsafe letters[index])
                guard left == right || (left | 0x20 == right | 0x20 && (0x61...0x7a).contains(left | 0x20)) else {
                    return false
                }
            }
            return true
        }
    }

    /// `range` without spaces and tabs at its ends.
    static func trimmed(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Range<Int> {
        var (start, end) = (range.lowerBound, range.upperBound)
        while start < end, bytes[start] == 0x20 || bytes[start] == 0x09 { start += 1 }
        while end > start, bytes[end - 1] == 0x20 || bytes[end - 1] == 0x09 { end -= 1 }
        return start..<end
    }
}

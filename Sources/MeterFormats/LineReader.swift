/// Walks over the lines of a text: `\n` or `\r\n` ends a line, the last needs no end, a UTF-8 byte order mark in front is not content.
struct LineReader {
    /// 1-based number of the line that `next` gave last.
    private(set) var line = 0
    private var cursor = 0
    /// Where the next line starts.
    var offset: Int { cursor }

    init(_ bytes: Span<UInt8>) {
        if bytes.count >= 3, bytes[0] == 0xef, bytes[1] == 0xbb, bytes[2] == 0xbf { cursor = 3 }
    }

    /// The next line without its end, or nil when there is none.
    mutating func next(_ bytes: Span<UInt8>) -> Range<Int>? {
        guard cursor < bytes.count else { return nil }
        let start = cursor
        var end = start
        while end < bytes.count, bytes[end] != 0x0a { end += 1 }
        cursor = end + 1
        line += 1
        if end > start, bytes[end - 1] == 0x0d { end -= 1 }
        return start..<end
    }
}

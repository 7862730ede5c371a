/// Cuts a file into payloads on line boundaries, each of which can be decoded alone.
///
/// The cut depends on the content and the chunk size only, so the same file gives the same chunks and the same keys every time.
package struct FileChunker {
    package struct Chunk: Sendable, Equatable {
        /// Bytes of the file that it stands for.
        package var range: Range<Int>
        package var body: [UInt8]
    }

    package enum Layout: Equatable {
        /// One payload, however large.
        case whole
        /// A header line (or none) before every chunk; cut only where the day in column `timeColumn` changes, so that a day of
        /// local times, with an hour that comes twice, stays together. Where times are interval ends, midnight belongs to the day
        /// that it ends.
        case lines(hasHeader: Bool, timeColumn: Int, delimiter: UInt8, isEndStamped: Bool)
        /// NEM12: a `100` record before and a `900` record after every chunk; cut only before a `200` record.
        case nem12
    }

    private let layout: Layout
    private let chunkBytes: Int

    package init(layout: Layout, chunkBytes: Int) {
        self.layout = layout
        self.chunkBytes = chunkBytes
    }

    package func chunks(of bytes: [UInt8]) -> [Chunk] {
        switch layout {
        case .whole: [Chunk(range: 0..<bytes.count, body: bytes)]
        case .lines(let hasHeader, let timeColumn, let delimiter, let isEndStamped):
            lineChunks(
                bytes,
                hasHeader: hasHeader,
                time: TimeField(column: timeColumn, delimiter: delimiter),
                isEndStamped: isEndStamped
            )
        case .nem12: nem12Chunks(bytes)
        }
    }

    private func lineChunks(_ bytes: [UInt8], hasHeader: Bool, time: TimeField, isEndStamped: Bool) -> [Chunk] {
        guard bytes.count > chunkBytes else { return [Chunk(range: 0..<bytes.count, body: bytes)] }
        let headerEnd = hasHeader ? lineEnd(bytes, 0) : 0
        let header = Array(bytes[..<headerEnd])
        var chunks: [Chunk] = []
        var start = headerEnd
        var line = start
        var lastDay: ArraySlice<UInt8> = []
        while line < bytes.count {
            var day = time.date(bytes, line)
            if isEndStamped, !lastDay.isEmpty, time.isMidnight(bytes, after: day) { day = lastDay }
            if line - start >= chunkBytes, !day.elementsEqual(lastDay) {
                chunks.append(Chunk(range: start..<line, body: header + bytes[start..<line]))
                start = line
            }
            lastDay = day
            line = lineEnd(bytes, line)
        }
        if start < bytes.count { chunks.append(Chunk(range: start..<bytes.count, body: header + bytes[start...])) }
        return chunks
    }

    /// The field of a line that holds its time.
    private struct TimeField {
        let column: Int
        let delimiter: UInt8

        /// The field up to its `T` or space: the date.
        func date(_ bytes: [UInt8], _ line: Int) -> ArraySlice<UInt8> {
            var cursor = line
            var field = 0
            while field < column, cursor < bytes.count, bytes[cursor] != 0x0a {
                if bytes[cursor] == delimiter { field += 1 }
                cursor += 1
            }
            let start = cursor
            while cursor < bytes.count, !isEnd(bytes[cursor]), bytes[cursor] != UInt8(ascii: " "),
                bytes[cursor] != UInt8(ascii: "T")
            {
                cursor += 1
            }
            return bytes[start..<cursor]
        }

        /// Whether nothing but zeros, colons and points comes between the date and the end of the field.
        func isMidnight(_ bytes: [UInt8], after date: ArraySlice<UInt8>) -> Bool {
            var cursor = date.endIndex + 1
            var zeros = 0
            while cursor < bytes.count, !isEnd(bytes[cursor]) {
                switch bytes[cursor] {
                case UInt8(ascii: "0"): zeros += 1
                case UInt8(ascii: ":"), UInt8(ascii: "."), 0x0d: break
                default: return false
                }
                cursor += 1
            }
            return zeros > 0
        }

        private func isEnd(_ byte: UInt8) -> Bool { byte == 0x0a || byte == delimiter }
    }

    private func nem12Chunks(_ bytes: [UInt8]) -> [Chunk] {
        guard bytes.count > chunkBytes, bytes.starts(with: "100,".utf8) else {
            return [Chunk(range: 0..<bytes.count, body: bytes)]
        }
        let headerEnd = lineEnd(bytes, 0)
        let header = Array(bytes[..<headerEnd])
        let footer = Array("900\n".utf8)
        var chunks: [Chunk] = []
        var start = headerEnd
        var line = start
        while line < bytes.count {
            if line - start >= chunkBytes, bytes[line...].starts(with: "200,".utf8) {
                chunks.append(Chunk(range: start..<line, body: header + bytes[start..<line] + footer))
                start = line
            }
            line = lineEnd(bytes, line)
        }
        // The last chunk ends as the file does, so that a file without its 900 record is still found out.
        chunks.append(Chunk(range: start..<bytes.count, body: header + bytes[start...]))
        return chunks
    }

    /// The index after the line feed that ends the line at `start`.
    private func lineEnd(_ bytes: [UInt8], _ start: Int) -> Int {
        guard let feed = bytes[start...].firstIndex(of: 0x0a) else { return bytes.count }
        return feed + 1
    }
}

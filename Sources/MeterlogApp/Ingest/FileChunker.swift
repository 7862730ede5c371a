package import MeterFormats

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
        /// The file's first `headerEnd` bytes (its header line) before every chunk; cut only before the lines that start at `cuts`.
        case lines(headerEnd: Int, cuts: [Int])
        /// NEM12: a `100` record before and a `900` record after every chunk; cut only before a `200` record.
        case nem12
    }

    private let layout: Layout
    private let chunkBytes: Int

    package init(layout: Layout, chunkBytes: Int) {
        self.layout = layout
        self.chunkBytes = chunkBytes
    }

    /// Where a surveyed table may be cut.
    package init(survey: TableSurvey, chunkBytes: Int) {
        self.init(layout: .lines(headerEnd: survey.headerEnd, cuts: survey.cuts), chunkBytes: chunkBytes)
    }

    package func chunks(of bytes: [UInt8]) -> [Chunk] {
        switch layout {
        case .whole: [Chunk(range: 0..<bytes.count, body: bytes)]
        case .lines(let headerEnd, let cuts): lineChunks(bytes, headerEnd: headerEnd, cuts: cuts)
        case .nem12: nem12Chunks(bytes)
        }
    }

    private func lineChunks(_ bytes: [UInt8], headerEnd: Int, cuts: [Int]) -> [Chunk] {
        guard bytes.count > chunkBytes else { return [Chunk(range: 0..<bytes.count, body: bytes)] }
        let header = Array(bytes[..<headerEnd])
        var chunks: [Chunk] = []
        var start = headerEnd
        for cut in cuts where cut - start >= chunkBytes {
            chunks.append(Chunk(range: start..<cut, body: header + bytes[start..<cut]))
            start = cut
        }
        if start < bytes.count { chunks.append(Chunk(range: start..<bytes.count, body: header + bytes[start...])) }
        return chunks
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

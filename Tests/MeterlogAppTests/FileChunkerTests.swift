import MeterlogApp
import Testing

@Suite struct FileChunkerTests {
    /// A header and `perDay` lines for each of `days` days.
    private static func file(days: Int, perDay: Int) -> [UInt8] {
        var text = "time,kWh\n"
        for day in 1...days {
            for slot in 0..<perDay { text += "2020-01-0\(day) 0\(slot):00,\(slot).5\n" }
        }
        return Array(text.utf8)
    }

    private static func lines(isEndStamped: Bool) -> FileChunker.Layout {
        .lines(hasHeader: true, timeColumn: 0, delimiter: UInt8(ascii: ","), isEndStamped: isEndStamped)
    }

    @Test(arguments: [1, 40, 100, 200, 100_000])
    func everyLineIsInOneChunkAndDaysStayTogether(_ chunkBytes: Int) {
        let file = FileChunkerTests.file(days: 9, perDay: 4)
        let chunks = FileChunker(layout: FileChunkerTests.lines(isEndStamped: false), chunkBytes: chunkBytes).chunks(
            of: file
        )
        let header = Array("time,kWh\n".utf8)
        var content: [UInt8] = header
        for chunk in chunks {
            #expect(chunk.body.starts(with: header))
            content += chunk.body.dropFirst(header.count)
            let text = String(decoding: chunk.body.dropFirst(header.count), as: UTF8.self)
            let dates = text.split(separator: "\n").map { $0.prefix(10) }
            for date in Set(dates) { #expect(dates.count { $0 == date } == 4) }
        }
        #expect(content == file)
        #expect(chunks.count == (chunkBytes >= 100_000 ? 1 : chunks.count))
        #expect(chunkBytes > 40 || chunks.count == 9)
    }

    @Test func midnightEndsItsDayWhereTimesAreEnds() {
        let text =
            "time,kWh\n2020-01-01 12:00,1\n2020-01-02 00:00:00,2\n2020-01-02 12:00,3\n2020-01-03T00:00,4\n2020-01-03 12:00,5\n"
        let chunks = FileChunker(layout: FileChunkerTests.lines(isEndStamped: true), chunkBytes: 1).chunks(
            of: Array(text.utf8)
        )
        let lines = chunks.map {
            String(decoding: $0.body, as: UTF8.self).split(separator: "\n").dropFirst().map(\.last)
        }
        #expect(lines == [["1", "2"], ["3", "4"], ["5"]])
    }

    @Test func theSameFileGivesTheSameChunks() {
        let file = FileChunkerTests.file(days: 9, perDay: 4)
        let chunker = FileChunker(layout: FileChunkerTests.lines(isEndStamped: false), chunkBytes: 64)
        #expect(chunker.chunks(of: file) == chunker.chunks(of: file))
    }

    @Test func nem12ChunksAreWholeFilesOfTheirOwn() {
        let group = "200,NMI,E1,1,E1,N1,01009,kWh,30,\n300,20200101,1,A,,,20200102,\n"
        let file = Array(("100,NEM12,200501011200,A,B\n" + group + group + group + "900\n").utf8)
        let chunks = FileChunker(layout: .nem12, chunkBytes: 40).chunks(of: file)
        #expect(chunks.count == 3)
        for chunk in chunks {
            let text = String(decoding: chunk.body, as: UTF8.self)
            #expect(text == "100,NEM12,200501011200,A,B\n" + group + "900\n")
        }
    }

    @Test func aFileWithoutAnEndRecordKeepsItsFault() {
        let group = "200,NMI,E1,1,E1,N1,01009,kWh,30,\n300,20200101,1,A,,,20200102,\n"
        let file = Array(("100,NEM12,200501011200,A,B\n" + group + group).utf8)
        let chunks = FileChunker(layout: .nem12, chunkBytes: 40).chunks(of: file)
        #expect(chunks.count == 2)
        #expect(!String(decoding: chunks[1].body, as: UTF8.self).contains("900"))
    }
}

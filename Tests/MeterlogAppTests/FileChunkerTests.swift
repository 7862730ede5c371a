import MeterCore
import MeterFormats
import MeterlogApp
import Settings
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

    private static func chunker(
        _ bytes: [UInt8],
        _ parameters: String,
        chunkBytes: Int
    ) throws -> FileChunker {
        let zones = try ZoneFiles.load("/usr/share/zoneinfo").zones
        let type = try #require(MediaType("text/csv; profile=mapped; meter=m; " + parameters))
        let survey = try #require(try TableSurvey.of(bytes.span, mediaType: type, zones: zones))
        return FileChunker(survey: survey, chunkBytes: chunkBytes)
    }

    @Test(arguments: [1, 40, 100, 200, 100_000])
    func everyLineIsInOneChunkAndDaysStayTogether(_ chunkBytes: Int) throws {
        let file = FileChunkerTests.file(days: 9, perDay: 4)
        let chunker = try FileChunkerTests.chunker(file, "time=1; value=2; stamp=start", chunkBytes: chunkBytes)
        let chunks = chunker.chunks(of: file)
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
        #expect(chunkBytes < 100_000 || chunks.count == 1)
        #expect(chunkBytes > 40 || chunks.count == 9)
    }

    @Test func midnightEndsItsDayWhereTimesAreEnds() throws {
        let text =
            "time,kWh\n2020-01-01 12:00,1\n2020-01-02 00:00:00,2\n2020-01-02 12:00,3\n2020-01-03T00:00,4\n2020-01-03 12:00,5\n"
        let bytes = Array(text.utf8)
        let chunker = try FileChunkerTests.chunker(bytes, "time=1; value=2; interval=PT12H", chunkBytes: 1)
        let lines = chunker.chunks(of: bytes).map {
            String(decoding: $0.body, as: UTF8.self).split(separator: "\n").dropFirst().map(\.last)
        }
        #expect(lines == [["1", "2"], ["3", "4"], ["5"]])
    }

    /// Quarter hours of 24 to 30 October 2024 in Berlin, whose clock goes back on the 27th at 01:00 UTC: 24 h of quarters a day and 100.
    private static func autumn(_ date: (String, String) -> String) -> [String] {
        (24...30).flatMap { day in
            (0..<(day == 27 ? 100 : 96)).map { quarter in
                let shown = day == 27 && quarter >= 12 ? quarter - 4 : quarter
                let (hour, minute) = (shown / 4, shown % 4 * 15)
                return date("\(day)", (hour < 10 ? "0" : "") + "\(hour):" + (minute == 0 ? "00" : "\(minute)"))
            }
        }
    }

    private static let layouts:
        [(header: String, parameters: String, isBackward: Bool, line: @Sendable (String, String, Int) -> String)] = [
            (
                "time,kWh\n", "time=time; value=kWh; date-format=yyyyMMddHHmm", false,
                { "202410\($0)\($1.filter { $0 != ":" }),\($2)\n" }
            ),
            ("\"my, time\",\"kWh\"\n", "time=1; value=kWh", false, { "\"2024-10-\($0) \($1)\",\($2)\n" }),
            ("kWh,time\r\n", "time=time; value=kWh", false, { "\($2),2024-10-\($0) \($1)\r\n" }),
            ("kWh,time\r\n", "time=time; value=kWh", true, { "\($2),2024-10-\($0) \($1)\r\n" }),
        ]

    @Test(arguments: 0..<4)
    func anyChunkSizeGivesTheInstantsOfTheWholeFile(_ index: Int) throws {
        let layout = FileChunkerTests.layouts[index]
        var value = 0
        var lines = FileChunkerTests.autumn { day, time in
            value += 1
            return layout.line(day, time, value)
        }
        if layout.isBackward { lines.reverse() }
        let bytes = Array((layout.header + lines.joined()).utf8)
        let parameters = layout.parameters + "; zone=Europe/Berlin; stamp=start; interval=900"
        let zones = try ZoneFiles.load("/usr/share/zoneinfo").zones
        let type = try #require(MediaType("text/csv; profile=mapped; meter=m; " + parameters))
        // 2024-10-23T22:00Z and then every quarter of an hour: value n ends n quarters later.
        let whole = (1...value).map { [1_729_720_800 + Int64($0) * 900, Int64($0) * 1_000_000_000] }
        for chunkBytes in [1, 700, 1024, 2048, 3000, 5000, 9000, 1 << 20] {
            let chunker = try FileChunkerTests.chunker(bytes, parameters, chunkBytes: chunkBytes)
            var found: [[Int64]] = []
            var batch = ReadingBatch()
            for chunk in chunker.chunks(of: bytes) {
                try FormatCatalog.decode(chunk.body.span, mediaType: type, zones: zones, into: &batch)
                #expect(batch.rejectCount == 0)
                found += (0..<batch.valueCount).map { [batch.endSeconds[$0], batch.billionths[$0]] }
            }
            #expect(found.sorted { $0[0] < $1[0] } == whole, "\(chunkBytes)")
        }
    }

    @Test func aLineOfAnEarlierDayAtTheEndKeepsTheFileTogether() throws {
        let file = FileChunkerTests.file(days: 9, perDay: 4) + Array("2020-01-01 00:00,7\n".utf8)
        let chunker = try FileChunkerTests.chunker(file, "time=1; value=2; stamp=start", chunkBytes: 1)
        #expect(chunker.chunks(of: file).count == 1)
    }

    @Test func theSameFileGivesTheSameChunks() throws {
        let file = FileChunkerTests.file(days: 9, perDay: 4)
        let chunker = try FileChunkerTests.chunker(file, "time=1; value=2; stamp=start", chunkBytes: 64)
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

import MeterCore
import MeterFormats
import Testing

/// Files made from known instants are read back as these instants, whatever their order, direction and repetitions, whole or in pieces.
@Suite struct LocalTimesPropertyTests {
    static let seeds: [UInt64] = (1...150).map { $0 &* 0x9e37_79b9 }

    @Test func filesGiveTheirInstantsBack() throws {
        for seed in Self.seeds {
            let file = RandomFile(seed: seed)
            let batch = try decoded(file.text, file.mediaType)
            #expect(RandomFile.readings(batch) == file.truth, "\(file.summary)")
            #expect(batch.rejectCount == file.lines.count - file.rows.count, "\(file.summary)")
            #expect(batch.rejects.allSatisfy { $0.code == .duplicateLine }, "\(file.summary)")
        }
    }

    @Test func piecesOfAFileAreReadAsTheWhole() throws {
        var pieces = 0
        for seed in Self.seeds.prefix(60) {
            let file = RandomFile(seed: seed)
            let bytes = Array(file.text.utf8)
            let type = try #require(MediaType(file.mediaType))
            let survey = try #require(try TableSurvey.of(bytes.span, mediaType: type, zones: TestZones.catalog))
            #expect(survey.headerEnd == RandomFile.header.utf8.count)
            var generator = SplitMix(state: seed)
            let cuts = survey.cuts.filter { _ in Int.random(in: 0..<3, using: &generator) > 0 }
            var readings: [String] = []
            var start = survey.headerEnd
            for cut in cuts + [bytes.count] {
                let piece = Array(bytes[..<survey.headerEnd]) + bytes[start..<cut]
                readings += RandomFile.readings(try decoded(piece, file.mediaType))
                start = cut
                pieces += 1
            }
            #expect(readings.sorted() == file.truth, "\(file.summary)")
        }
        // Some files cannot be cut; most can.
        #expect(pieces > 75)
    }

    @Test func theSameRowsGiveTheSameBatchForwardAndBackward() throws {
        for seed in Self.seeds.prefix(50) {
            let file = RandomFile(seed: seed)
            let forward = try decoded(file.text, file.mediaType)
            let backward = try decoded(RandomFile.header + RandomFile.text(file.lines.reversed()), file.mediaType)
            #expect(RandomFile.readings(forward) == RandomFile.readings(backward), "\(file.summary)")
            for series in forward.series {
                let ends = forward.endSeconds[series.values]
                #expect(zip(ends, ends.dropFirst()).allSatisfy { $0 < $1 }, "\(file.summary)")
            }
        }
    }
}

import Foundation
import MeterCore
import MeterFormats
import Testing

/// Whatever bytes come, a decoder gives readings or an error and never stops the process.
struct FuzzTests {
    private struct Sample {
        let bytes: [UInt8]
        let mediaType: MediaType
    }

    private static func samples() throws -> [Sample] {
        try VectorTests.cases.compactMap { vector in
            let expected = try String(contentsOfFile: vector.expected, encoding: .utf8)
            let object = try JSONSerialization.jsonObject(with: Data(expected.utf8)) as? [String: Any]
            let mediaType = MediaType(object?["mediaType"] as? String ?? "")
            return mediaType.map { Sample(bytes: (try? TestFolders.bytes(vector.payload)) ?? [], mediaType: $0) }
        }
    }

    /// Decodes and checks what holds for every batch.
    private func decode(_ bytes: [UInt8], _ mediaType: MediaType, into batch: inout ReadingBatch) {
        do throws(DecodeError) {
            try FormatCatalog.decode(bytes.span, mediaType: mediaType, zones: TestZones.catalog, into: &batch)
        } catch {
            #expect(error.byteOffset <= bytes.count && !error.reason.isEmpty)
            return
        }
        let counts = [batch.billionths.count, batch.quality.count, batch.sourceStatus.count, batch.sourceVersion.count]
        let areEqual = counts.allSatisfy { $0 == batch.valueCount }
        var next = 0
        var areInOrder = true
        for series in batch.series {
            areInOrder =
                areInOrder && series.values.lowerBound == next && !series.values.isEmpty && series.intervalSeconds > 0
            next = series.values.upperBound
        }
        let isSound =
            areEqual && areInOrder && next == batch.valueCount && batch.rejects.count <= ReadingBatch.rejectLimit
        if !isSound { Issue.record("unsound batch of \(mediaType): \(bytes)") }
    }

    @Test func everyTruncation() throws {
        var batch = ReadingBatch()
        for sample in try Self.samples() {
            for length in 0...min(sample.bytes.count, 3000) {
                decode(Array(sample.bytes[..<length]), sample.mediaType, into: &batch)
            }
        }
        #expect(try !Self.samples().isEmpty)
    }

    @Test(arguments: [1, 2] as [UInt64])
    func flippedBitsAndMovedPieces(seed: UInt64) throws {
        var batch = ReadingBatch()
        var random = SplitMix(state: seed)
        for sample in try Self.samples() where !sample.bytes.isEmpty {
            for _ in 0..<150 {
                decode(Self.damaged(sample.bytes, &random), sample.mediaType, into: &batch)
            }
        }
    }

    @Test func anyPayloadAsAnyFormatAndConcatenated() throws {
        var batch = ReadingBatch()
        let samples = try Self.samples()
        for first in samples {
            for second in samples {
                decode(second.bytes, first.mediaType, into: &batch)
                decode(first.bytes + second.bytes, first.mediaType, into: &batch)
            }
        }
    }

    private static func damaged(_ bytes: [UInt8], _ random: inout SplitMix) -> [UInt8] {
        var bytes = bytes
        for _ in 0...Int.random(in: 0..<4, using: &random) {
            let place = Int.random(in: 0..<bytes.count, using: &random)
            switch Int.random(in: 0..<5, using: &random) {
            case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            case 1: bytes[place] = UInt8.random(in: 0...255, using: &random)
            case 2:
                bytes.insert(contentsOf: Array("\",{}[]0-9eE.\n:".utf8).shuffled(using: &random).prefix(2), at: place)
            case 3: bytes.removeSubrange(place..<min(bytes.count, place + Int.random(in: 1...12, using: &random)))
            default: bytes.insert(contentsOf: bytes[place...].prefix(40), at: Int.random(in: 0...place, using: &random))
            }
            if bytes.isEmpty { return [0] }
        }
        return bytes
    }
}

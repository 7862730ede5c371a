import MeterCore
import MeterFormats

/// A decoder refuses a payload with a place inside it, or gives a batch whose series and values fit each other.
enum FormatProperty {
    static func check(_ bytes: [UInt8]) throws(FuzzFailure) {
        // The first line names the format, so that kept inputs stay what they are when formats are added.
        guard let lineEnd = bytes.firstIndex(of: UInt8(ascii: "\n")),
            let format = FormatCatalog.format(named: String(decoding: bytes[..<lineEnd], as: UTF8.self))
        else { return }
        guard let mediaType = MediaType(format.mediaType) else {
            throw FuzzFailure("the media type of \(format.name) is none")
        }
        let payload = Array(bytes[(lineEnd + 1)...])
        var batch = ReadingBatch()
        do throws(DecodeError) {
            try FormatCatalog.decode(payload.span, mediaType: mediaType, zones: ZoneCatalog([]), into: &batch)
        } catch {
            guard error.byteOffset <= payload.count, !error.reason.isEmpty else {
                throw FuzzFailure("\(format.name): refused at byte \(error.byteOffset) of \(payload.count)")
            }
            return
        }
        try check(batch, format.name)
    }

    private static func check(_ batch: borrowing ReadingBatch, _ name: String) throws(FuzzFailure) {
        let counts = [batch.billionths.count, batch.quality.count, batch.sourceStatus.count, batch.sourceVersion.count]
        var next = 0
        for series in batch.series {
            guard series.values.lowerBound == next, !series.values.isEmpty, series.intervalSeconds > 0 else {
                throw FuzzFailure("\(name): a series of \(series.values) where \(next) is next")
            }
            next = series.values.upperBound
        }
        guard counts.allSatisfy({ $0 == batch.valueCount }), next == batch.valueCount,
            batch.rejects.count <= ReadingBatch.rejectLimit
        else { throw FuzzFailure("\(name): \(batch.valueCount) values, but \(counts), series up to \(next)") }
    }
}

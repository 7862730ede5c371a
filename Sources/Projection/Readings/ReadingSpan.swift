import MeterEvents

/// From the beginning of the first to the beginning of the last of some readings of a channel.
package struct ReadingSpan: Equatable, Sendable {
    package var channelKey: Int32
    package var zone: String
    package var firstStartMicroseconds: Int64
    package var lastStartMicroseconds: Int64

    /// One for readings that follow each other within a day, one for each reading where they are longer than a day.
    static func append(
        of event: ValidatedIntervals,
        channelKey: Int32,
        firstEndMicroseconds: Int64,
        to spans: inout [ReadingSpan]
    ) {
        let step = Int64(event.intervalSeconds) * 1_000_000
        let first = firstEndMicroseconds - step
        let zone = StoredForm.text(event.zone)
        func add(_ start: Int64, _ end: Int64) {
            spans.append(
                ReadingSpan(
                    channelKey: channelKey,
                    zone: zone,
                    firstStartMicroseconds: start,
                    lastStartMicroseconds: end
                )
            )
        }
        if event.intervalSeconds > 86_400 {
            for slot in 0..<Int64(event.count) { add(first + slot * step, first + slot * step) }
        } else {
            add(first, first + Int64(event.count - 1) * step)
        }
    }
}

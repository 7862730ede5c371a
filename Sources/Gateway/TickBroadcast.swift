import MeterCore

/// Puts one record without a body on every partition of the raw topics, so that stream time reaches `timeMilliseconds` everywhere.
struct TickBroadcast<Sink: PayloadSink>: Sendable {
    let sink: Sink

    func send(timeMilliseconds: Int64) async throws(StoreError) {
        for topic in ["meter.raw", "meter.raw.alarms"] {
            for partition in 0..<(try await sink.partitionCount(of: topic)) {
                let payload = RawPayload(
                    topic: topic,
                    partition: partition,
                    key: Array("tick-\(partition)-\(timeMilliseconds)".utf8),
                    value: [],
                    headers: [(EnvelopeHeader.format, Array(TickPayload.mediaType.utf8))],
                    receivedAtMilliseconds: timeMilliseconds
                )
                _ = try await sink.store(payload)
            }
        }
    }
}

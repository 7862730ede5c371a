import KafkaIO
import MeterCore

/// A rule set on its way into the log.
struct RuleActivationPayload: Sendable {
    let file: RuleFile
    let effectiveFrom: Instant

    var mediaType: String { "application/vnd.meterlog.rules+json; effective-from=\"\(effectiveFrom)\"" }

    /// The same file for the same time is one activation, however often it is sent.
    var idempotencyKey: String { "rules:\(file.version)@\(effectiveFrom)" }

    /// The headers of a raw event.
    func envelope(source: String) -> [KafkaHeader] {
        let hash = RuleFile.hexadecimalHash(of: file.json)
        let members = [
            (EnvelopeHeader.id, idempotencyKey), (EnvelopeHeader.source, source), (EnvelopeHeader.format, mediaType),
            (EnvelopeHeader.lane, "interval"), (EnvelopeHeader.peer, "local"), (EnvelopeHeader.sha256, hash),
        ]
        return members.map { KafkaHeader($0.0, $0.1) }
    }
}

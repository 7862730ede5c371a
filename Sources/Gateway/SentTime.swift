import HTTPServing
import HTTPTypes
import Hummingbird
import MeterCore

/// When a payload was sent, by its sender's clock: what tells the same content said again from a second copy of it.
struct SentTime: Equatable, CustomStringConvertible {
    static let header = HTTPField.Name("Meterlog-Sent-At")

    let instant: Instant
    let nanoseconds: Int

    /// An ISO 8601 time with its offset from UTC, nil for any other text.
    init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard let stamp = TimestampText(bytes.span, 0..<bytes.count), let instant = stamp.instant else { return nil }
        self.instant = instant
        nanoseconds = stamp.nanoseconds
    }

    /// The same for every spelling of one instant.
    var description: String {
        let digits = String(nanoseconds)
        return "\(instant.secondsSinceEpoch).\(String(repeating: "0", count: 9 - digits.count))\(digits)"
    }

    /// Nil when the request does not say.
    static func of(_ request: Request) throws(ProblemDocument) -> SentTime? {
        guard let header, let text = request.headers[header] else { return nil }
        if let time = SentTime(text) { return time }
        throw ProblemDocument(
            .badRequest,
            kind: "invalid-sent-time",
            title: "Not a time",
            detail: "\(header.rawName) is an ISO 8601 time with its offset (2026-05-01T10:00:00Z), not \"\(text)\""
        )
    }
}

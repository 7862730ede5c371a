import HTTPServing
import HTTPTypes
import Hummingbird
import MeterCore
import MeterFormats
import NIOCore

extension PayloadRoute {
    func accepted(key: String, position: RawPosition, receivedAtMilliseconds: Int64) -> Response {
        var writer = JSONText()
        writer.beginObject()
        writer.member("id", key)
        writer.member("topic", position.topic)
        writer.member("partition", Int64(position.partition))
        writer.member("offset", position.offset)
        writer.member("receivedAtMilliseconds", receivedAtMilliseconds)
        writer.endObject()
        return Response(
            status: .accepted,
            headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: writer.bytes))
        )
    }

    func unsupportedMediaType(_ text: String) -> ProblemDocument {
        let known = FormatCatalog.formats.map(\.mediaType).joined(separator: ", ")
        return ProblemDocument(
            .unsupportedMediaType,
            kind: "unsupported-media-type",
            title: "No decoder knows this Content-Type",
            detail: "\"\(text)\" is not known here; known: \(known)"
        )
    }

    func tooLarge() -> ProblemDocument {
        ProblemDocument(
            .contentTooLarge,
            kind: "payload-too-large",
            title: "The payload is too large",
            detail:
                "at most \(configuration.maxBodyBytes) bytes as sent and \(configuration.maxUnpackedBytes) unpacked; "
                + "split it (meterlog ingest does so for files)",
            headers: [.connection: "close"]
        )
    }

    func keyReused(_ key: String, content: UInt64, stored: RecentKeys.Stored) -> ProblemDocument {
        ProblemDocument(
            .unprocessableContent,
            kind: "idempotency-key-reused",
            title: "The idempotency key stands for other content",
            detail: "this is content \(RecentKeys.text(content)); under the key \(key) content "
                + "\(RecentKeys.text(stored.content)) was stored (partition \(stored.partition), offset \(stored.offset)). "
                + "Content is media type and bytes. Nothing was stored now: send it under another key"
        )
    }

    func saturated(_ lane: PayloadLane) -> ProblemDocument {
        ProblemDocument(
            .tooManyRequests,
            kind: "lane-saturated",
            title: "Too much at once",
            detail: "the \(lane.rawValue) lane takes no more until the log has stored what is under way; send it again",
            headers: [.retryAfter: "1"]
        )
    }

    func unavailable(_ reason: String) -> ProblemDocument {
        ProblemDocument(
            .serviceUnavailable,
            kind: "log-unavailable",
            title: "The log can't be reached",
            detail: "not acknowledged as stored: \(reason); send it again, a second copy is dropped",
            headers: [.retryAfter: "5"]
        )
    }
}

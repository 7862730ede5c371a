import HTTPServing
import HTTPTypes
import Hummingbird
import MeterCore
import MeterFormats
import PayloadCompression

/// Who sent a payload, and by which key it is known.
extension PayloadRoute {
    func sourceName(
        _ request: Request,
        _ announcement: Announcement,
        _ context: PeerContext
    ) throws(ProblemDocument) -> String {
        guard let name = HTTPField.Name("Meterlog-Source"), let source = request.headers[name] else {
            return announcement.holder ?? context.peer
        }
        guard IdempotencyKey.isValid(source) else {
            throw ProblemDocument(
                .badRequest,
                kind: "invalid-source",
                title: "Not a source name",
                detail: "Meterlog-Source is 1 to \(IdempotencyKey.maxBytes) visible ASCII characters"
            )
        }
        return source
    }

    /// Unpacks an encoded body even when the sender gave a key, so that a broken transfer is refused while the sender still has
    /// the original.
    func identity(
        _ request: Request,
        _ announcement: Announcement,
        source: String,
        body: [UInt8]
    ) throws(ProblemDocument) -> Identity {
        var canonical = body
        if let coding = announcement.coding { canonical = try unpack(body, coding) }
        guard let mediaType = announcement.mediaType else { throw unsupportedMediaType(announcement.format) }
        let content = IdempotencyKey.content(mediaType: mediaType, canonical: canonical)
        guard let name = HTTPField.Name("Idempotency-Key"), let key = request.headers[name] else {
            let derived = IdempotencyKey.derived(source: source, content: content, sentAt: announcement.sentAt)
            return Identity(key: derived, content: content, isNamed: false)
        }
        guard IdempotencyKey.isValid(key) else {
            throw ProblemDocument(
                .badRequest,
                kind: "invalid-idempotency-key",
                title: "Not an idempotency key",
                detail: "Idempotency-Key is 1 to \(IdempotencyKey.maxBytes) visible ASCII characters"
            )
        }
        return Identity(key: IdempotencyKey.named(key, source: source), content: content, isNamed: true)
    }

    /// Other content under a key that stands for something else already would be a dead letter later; here its sender hears of it.
    func refuseOtherContent(_ identity: Identity, _ announcement: Announcement) throws(ProblemDocument) {
        let time = announcement.receivedAtMilliseconds
        guard let stored = recentKeys.stored(under: announcement.scope(identity), receivedAtMilliseconds: time) else {
            return
        }
        let content = RecentKeys.hash(ofContent: identity.content)
        guard stored.content != content else { return }
        throw keyReused(identity.key, content: content, stored: stored)
    }

    func remember(_ identity: Identity, _ position: RawPosition, _ announcement: Announcement) {
        let stored = RecentKeys.Stored(
            content: RecentKeys.hash(ofContent: identity.content),
            partition: position.partition,
            offset: position.offset,
            receivedAtMilliseconds: announcement.receivedAtMilliseconds
        )
        recentKeys.remember(stored, under: announcement.scope(identity))
    }

    private func unpack(_ body: [UInt8], _ coding: ContentCoding) throws(ProblemDocument) -> [UInt8] {
        do {
            return try coding.decompress(body.span, limitBytes: configuration.maxUnpackedBytes)
        } catch {
            if case .tooLarge = error { throw tooLarge() }
            throw ProblemDocument(
                .badRequest,
                kind: "broken-content-encoding",
                title: "The body is not what Content-Encoding says",
                detail: "\(coding.rawValue): \(error); send the payload again"
            )
        }
    }
}

extension PayloadRoute.Announcement {
    /// The lanes are told apart: readings never keep an alarm out.
    fileprivate func scope(_ identity: PayloadRoute.Identity) -> String {
        "\(lane.rawValue) \(identity.key)"
    }
}

import HTTPServing
import HTTPTypes
import Hummingbird
import MeterCore
import MeterFormats
import NIOCore
import PayloadCompression

/// `POST /ingest/v1/payloads`: identifies, authenticates, throttles, stamps and stores one payload, and answers 202 only after the
/// log has acknowledged it. It reads no more of a payload than it needs for the lane and the idempotency key.
struct PayloadRoute<Sink: PayloadSink>: Sendable {
    let configuration: GatewayConfiguration
    let sink: Sink
    let metrics: GatewayMetrics
    let intervalBudget: LaneBudget
    let alarmBudget: LaneBudget
    let clock: ReceiveClock

    init(configuration: GatewayConfiguration, sink: Sink, metrics: GatewayMetrics) {
        self.configuration = configuration
        self.sink = sink
        self.metrics = metrics
        self.intervalBudget = LaneBudget(limitBytes: configuration.maxIntervalBytesInFlight)
        self.alarmBudget = LaneBudget(limitBytes: configuration.maxAlarmBytesInFlight)
        self.clock = ReceiveClock(isSimulated: configuration.usesSimulatedClock)
    }

    /// What the request's headers say of the payload.
    private struct Announcement {
        var holder: String?
        var mediaType: String
        var isTick: Bool
        var lane: PayloadLane
        var coding: ContentCoding?
        var receivedAtMilliseconds: Int64
    }

    @concurrent
    func handle(_ request: Request, _ context: PeerContext) async throws -> Response {
        do {
            let response = try await accept(request, context)
            metrics.answered(status: response.status.code)
            return response
        } catch let problem as ProblemDocument {
            metrics.answered(status: problem.status.code)
            metrics.refused(status: problem.status.code)
            throw problem
        }
    }

    private func accept(_ request: Request, _ context: PeerContext) async throws -> Response {
        let announcement = try readHeaders(request)
        if announcement.isTick { return try await broadcastTick(announcement) }
        let body = try await readBody(request)
        let budget = announcement.lane == .alarm ? alarmBudget : intervalBudget
        guard budget.reserve(body.count) else { throw saturated(announcement.lane) }
        defer { budget.release(body.count) }

        let source = try sourceName(request, announcement, context)
        let key = try idempotencyKey(request, source: source, coding: announcement.coding, body: body)
        let payload = RawPayload(
            topic: announcement.lane == .alarm ? "meter.raw.alarms" : "meter.raw",
            partition: nil,
            key: Array(key.utf8),
            value: body,
            headers: envelope(
                announcement,
                key: key,
                source: source,
                peer: announcement.holder ?? context.peer,
                body: body
            ),
            receivedAtMilliseconds: announcement.receivedAtMilliseconds
        )
        let position = try await store(payload, lane: announcement.lane)
        metrics.accepted(lane: announcement.lane, bytes: body.count)
        return accepted(key: key, position: position, receivedAtMilliseconds: announcement.receivedAtMilliseconds)
    }

    private func readHeaders(_ request: Request) throws(ProblemDocument) -> Announcement {
        let holder = try configuration.tokens.authenticate(request)
        let text = request.headers[.contentType] ?? ""
        let isTick = text == TickPayload.mediaType
        var lane = PayloadLane.interval
        if !isTick {
            guard let mediaType = MediaType(text), let format = FormatCatalog.format(of: mediaType) else {
                throw unsupportedMediaType(text)
            }
            lane = format.lane
        }
        return Announcement(
            holder: holder,
            mediaType: text,
            isTick: isTick,
            lane: lane,
            coding: try contentCoding(request),
            receivedAtMilliseconds: try clock.stamp(request)
        )
    }

    private func contentCoding(_ request: Request) throws(ProblemDocument) -> ContentCoding? {
        guard let text = request.headers[.contentEncoding]?.lowercased(), text != "identity" else { return nil }
        guard let coding = ContentCoding(rawValue: text), coding == .gzip || coding == .lz4 else {
            throw ProblemDocument(
                .unsupportedMediaType,
                kind: "unsupported-content-encoding",
                title: "Content-Encoding not supported",
                detail: "\"\(text)\" is not known here; send gzip, lz4 or no Content-Encoding",
                headers: [.acceptEncoding: "gzip, lz4"]
            )
        }
        return coding
    }

    private func readBody(_ request: Request) async throws -> [UInt8] {
        let limit = configuration.maxBodyBytes
        if let text = request.headers[.contentLength], let length = Int(text), length > limit { throw tooLarge() }
        var bytes: [UInt8] = []
        for try await chunk in request.body {
            guard bytes.count + chunk.readableBytes <= limit else { throw tooLarge() }
            bytes.append(contentsOf: chunk.readableBytesView)
        }
        guard !bytes.isEmpty else {
            throw ProblemDocument(
                .badRequest,
                kind: "empty-payload",
                title: "The payload is empty",
                detail: "the request has no body; send the payload's bytes"
            )
        }
        return bytes
    }

    private func sourceName(
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
    private func idempotencyKey(
        _ request: Request,
        source: String,
        coding: ContentCoding?,
        body: [UInt8]
    ) throws(ProblemDocument) -> String {
        var canonical = body
        if let coding { canonical = try unpack(body, coding) }
        guard let name = HTTPField.Name("Idempotency-Key"), let key = request.headers[name] else {
            return IdempotencyKey.derived(source: source, canonical: canonical)
        }
        guard IdempotencyKey.isValid(key) else {
            throw ProblemDocument(
                .badRequest,
                kind: "invalid-idempotency-key",
                title: "Not an idempotency key",
                detail: "Idempotency-Key is 1 to \(IdempotencyKey.maxBytes) visible ASCII characters"
            )
        }
        return IdempotencyKey.named(key, source: source)
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

    private func envelope(
        _ announcement: Announcement,
        key: String,
        source: String,
        peer: String,
        body: [UInt8]
    ) -> [(name: String, value: [UInt8])] {
        var headers: [(name: String, value: [UInt8])] = [
            (EnvelopeHeader.id, Array(key.utf8)),
            (EnvelopeHeader.source, Array(source.utf8)),
            (EnvelopeHeader.format, Array(announcement.mediaType.utf8)),
            (EnvelopeHeader.lane, Array(announcement.lane.rawValue.utf8)),
            (EnvelopeHeader.peer, Array(peer.utf8)),
            (EnvelopeHeader.sha256, Array(IdempotencyKey.sha256(body).utf8)),
        ]
        if let coding = announcement.coding {
            headers.append((EnvelopeHeader.contentEncoding, Array(coding.rawValue.utf8)))
        }
        return headers
    }

    private func store(_ payload: RawPayload, lane: PayloadLane) async throws(ProblemDocument) -> RawPosition {
        do {
            return try await sink.store(payload)
        } catch {
            switch error {
            case .saturated: throw saturated(lane)
            case .unavailable(let reason): throw unavailable(reason)
            case .refused(let reason):
                throw ProblemDocument(
                    .contentTooLarge,
                    kind: "refused-by-log",
                    title: "The log does not take this payload",
                    detail: reason
                )
            }
        }
    }

    /// A tick goes to every raw partition, so that time moves everywhere. Only a simulated head-end may send one.
    private func broadcastTick(_ announcement: Announcement) async throws -> Response {
        guard configuration.usesSimulatedClock else { throw unsupportedMediaType(TickPayload.mediaType) }
        do {
            try await TickBroadcast(sink: sink).send(timeMilliseconds: announcement.receivedAtMilliseconds)
        } catch {
            throw unavailable("\(error)")
        }
        return Response(status: .accepted)
    }
}

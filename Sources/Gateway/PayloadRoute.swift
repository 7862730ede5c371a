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
    let recentKeys: RecentKeys

    init(configuration: GatewayConfiguration, sink: Sink, metrics: GatewayMetrics) {
        self.configuration = configuration
        self.sink = sink
        self.metrics = metrics
        self.intervalBudget = LaneBudget(limitBytes: configuration.maxIntervalBytesInFlight)
        self.alarmBudget = LaneBudget(limitBytes: configuration.maxAlarmBytesInFlight)
        self.clock = ReceiveClock(isSimulated: configuration.usesSimulatedClock)
        self.recentKeys = RecentKeys(
            limit: configuration.recentKeyLimit,
            horizonMilliseconds: configuration.keyHorizonMilliseconds
        )
    }

    /// What the request's headers say of the payload.
    struct Announcement {
        var holder: String?
        /// As it stands in the request.
        var format: String
        /// Nil for a tick.
        var mediaType: MeterFormats.MediaType?
        var isTick: Bool
        var lane: PayloadLane
        var coding: ContentCoding?
        var sentAt: SentTime?
        var receivedAtMilliseconds: Int64
    }

    /// What makes a payload the same payload.
    struct Identity {
        var key: String
        /// See `EnvelopeHeader.content`.
        var content: String
        /// Whether the sender chose the key, so that other content can come under it.
        var isNamed: Bool
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
        let identity = try identity(request, announcement, source: source, body: body)
        if identity.isNamed { try refuseOtherContent(identity, announcement) }
        let payload = RawPayload(
            topic: announcement.lane == .alarm ? "meter.raw.alarms" : "meter.raw",
            partition: nil,
            key: Array(identity.key.utf8),
            value: body,
            headers: envelope(
                announcement,
                identity,
                source: source,
                peer: announcement.holder ?? context.peer,
                body: body
            ),
            receivedAtMilliseconds: announcement.receivedAtMilliseconds
        )
        let position = try await store(payload, lane: announcement.lane)
        metrics.accepted(lane: announcement.lane, bytes: body.count)
        if identity.isNamed { remember(identity, position, announcement) }
        return accepted(
            key: identity.key,
            position: position,
            receivedAtMilliseconds: announcement.receivedAtMilliseconds
        )
    }

    private func readHeaders(_ request: Request) throws(ProblemDocument) -> Announcement {
        let holder = try configuration.tokens.authenticate(request)
        let text = request.headers[.contentType] ?? ""
        let isTick = text == TickPayload.mediaType
        var lane = PayloadLane.interval
        let mediaType = isTick ? nil : MediaType(text)
        if !isTick {
            guard let mediaType, let format = FormatCatalog.format(of: mediaType) else {
                throw unsupportedMediaType(text)
            }
            lane = format.lane
        }
        return Announcement(
            holder: holder,
            format: text,
            mediaType: mediaType,
            isTick: isTick,
            lane: lane,
            coding: try contentCoding(request),
            sentAt: try SentTime.of(request),
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

    private func envelope(
        _ announcement: Announcement,
        _ identity: Identity,
        source: String,
        peer: String,
        body: [UInt8]
    ) -> [(name: String, value: [UInt8])] {
        var headers: [(name: String, value: [UInt8])] = [
            (EnvelopeHeader.id, Array(identity.key.utf8)),
            (EnvelopeHeader.source, Array(source.utf8)),
            (EnvelopeHeader.format, Array(announcement.format.utf8)),
            (EnvelopeHeader.lane, Array(announcement.lane.rawValue.utf8)),
            (EnvelopeHeader.peer, Array(peer.utf8)),
            (EnvelopeHeader.sha256, Array(IdempotencyKey.sha256(body).utf8)),
            (EnvelopeHeader.content, Array(identity.content.utf8)),
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

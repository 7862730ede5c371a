import HTTPServing
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Synchronization
import Telemetry

/// Answers the requests: method and path, rate, token, number at one time, then the database. Every refusal is a
/// problem document.
struct QueryResponder: HTTPResponder {
    typealias Context = PeerContext

    private let configuration: QueryAPIConfiguration
    private let readModel: ReadModel
    private let registry: MetricsRegistry
    private let admission: Admission

    init(_ configuration: QueryAPIConfiguration, _ readModel: ReadModel, _ registry: MetricsRegistry) {
        self.configuration = configuration
        self.readModel = readModel
        self.registry = registry
        admission = Admission(configuration.limits)
    }

    func respond(to request: Request, context: PeerContext) async throws -> Response {
        let started = ContinuousClock.now
        let route = QueryRoute(path: request.uri.path)
        var response: Response
        do throws(ProblemDocument) {
            response = try await answer(request, route, context)
        } catch {
            response = try error.response(from: request, context: context)
        }
        response.headers[.xContentTypeOptions] = "nosniff"
        response.headers[.cacheControl] = "no-store"
        record(route, response.status, started)
        return request.method == .head ? response.createHeadResponse() : response
    }

    private func answer(
        _ request: Request,
        _ route: QueryRoute?,
        _ context: PeerContext
    ) async throws(ProblemDocument) -> Response {
        guard let route else {
            throw ProblemDocument(
                .notFound,
                kind: "unknown-path",
                title: "There is nothing at this path",
                detail: "the routes are health, meters, payloads, alarms, exceptions and deadletters under /api/v1"
            )
        }
        guard request.method == .get || request.method == .head else {
            throw ProblemDocument(
                .methodNotAllowed,
                kind: "method-not-allowed",
                title: "This server only answers questions",
                detail: "use GET or HEAD",
                headers: [.allow: "GET, HEAD"]
            )
        }
        switch route {
        case .health: return await health()
        case .metrics: return Self.response(registry.renderPrometheusText(), PrometheusText.contentType)
        default: break
        }
        try admission.checkRate(of: context.peer)
        _ = try configuration.tokens.authenticate(request)
        try admission.enter()
        defer { admission.leave() }
        return try await answer(request, route)
    }

    private func answer(_ request: Request, _ route: QueryRoute) async throws(ProblemDocument) -> Response {
        let accept = request.headers[values: .accept]
        let acceptField = accept.isEmpty ? nil : accept.joined(separator: ",")
        switch route {
        case .page(let kind, let meter):
            let page = try PageRequest(
                kind: kind,
                meter: meter,
                query: request.uri.query,
                accept: acceptField,
                limits: configuration.limits
            )
            return Self.response(try await readModel.page(page), page, request)
        case .meter(let id):
            let parameters = try QueryParameters(request.uri.query, known: ["format"])
            let format = try parameters.text("format")
            _ = try AnswerFormat.negotiate(parameter: format, accept: acceptField, offered: [.json])
            return Self.response(try await readModel.meter(id), AnswerFormat.json.contentType)
        case .payload(let id):
            let parameters = try QueryParameters(request.uri.query, known: ["source", "format"])
            let format = try parameters.text("format")
            _ = try AnswerFormat.negotiate(parameter: format, accept: acceptField, offered: [.json])
            let source = try parameters.text("source")
            return Self.response(try await readModel.payload(id, source: source), AnswerFormat.json.contentType)
        case .health, .metrics:
            return await health()
        }
    }

    private func health() async -> Response {
        do throws(ProblemDocument) {
            let status = try await readModel.status()
            return Self.response(status.json(version: configuration.version), AnswerFormat.json.contentType)
        } catch {
            let body = ReadModelStatus.json(unreachable: error, version: configuration.version)
            var response = Self.response(body, AnswerFormat.json.contentType)
            response.status = .serviceUnavailable
            return response
        }
    }

    /// A page with the address of the next one in a Link header (RFC 8288), the only place where CSV can name it.
    private static func response(_ page: Page, _ request: PageRequest, _ original: Request) -> Response {
        var response = response(page.body, request.format.contentType)
        if let next = page.next, let link = HTTPField.Name("link") {
            var pairs = (original.uri.query ?? "").split(separator: "&").filter { !$0.hasPrefix("next=") }
            pairs.append("next=\(next)")
            response.headers[link] = "<\(original.uri.path)?\(pairs.joined(separator: "&"))>; rel=\"next\""
        }
        return response
    }

    private static func response(_ body: [UInt8], _ contentType: String) -> Response {
        Response(
            status: .ok,
            headers: [.contentType: contentType],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: body))
        )
    }

    private static func response(_ body: String, _ contentType: String) -> Response {
        response(Array(body.utf8), contentType)
    }

    private func record(_ route: QueryRoute?, _ status: HTTPResponse.Status, _ started: ContinuousClock.Instant) {
        let label = route?.label ?? "unknown"
        registry.counter(
            "meterlog_api_requests_total",
            help: "Requests answered by the query API.",
            labels: [MetricLabel("route", label), MetricLabel("status", String(status.code))]
        ).add()
        registry.histogram(
            "meterlog_api_request_seconds",
            help: "Time from a request's head to its answer.",
            labels: [MetricLabel("route", label)]
        ).observe(started.duration(to: .now) / .seconds(1))
    }
}

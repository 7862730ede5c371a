public import Hummingbird
import Logging
import Telemetry

/// Turns every error of a route into a problem document, so that no client ever sees another error shape: unknown paths, wrong
/// methods and failures of our own included.
public struct ProblemMiddleware<Context: RequestContext>: RouterMiddleware {
    public init() {}

    public func handle(
        _ request: Request,
        context: Context,
        next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let problem as ProblemDocument {
            return try problem.response(from: request, context: context)
        } catch let error as any HTTPResponseError {
            let problem = ProblemDocument(
                error.status,
                kind: "http-\(error.status.code)",
                title: error.status.reasonPhrase,
                detail: "\(request.method.rawValue) \(request.uri.path)"
            )
            return try problem.response(from: request, context: context)
        } catch {
            context.logger.error(
                "request failed",
                metadata: ["code": "\(ErrorCode.requestFailed)", "error": "\(error)"]
            )
            let problem = ProblemDocument(
                .internalServerError,
                kind: "internal-error",
                title: "The server failed",
                detail: "the request was not carried out; the server's log has the reason"
            )
            return try problem.response(from: request, context: context)
        }
    }
}

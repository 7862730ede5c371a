public import HTTPTypes
public import Hummingbird
import NIOCore

/// An error answer as RFC 9457 asks for: `application/problem+json` with what is wrong and what to do about it.
public struct ProblemDocument: Error, Sendable, HTTPResponseError {
    public var status: HTTPResponse.Status
    /// Stable word for programs, the last part of `type`.
    public var kind: String
    /// The same for every occurrence of the kind.
    public var title: String
    /// This occurrence: what is wrong and what to do next.
    public var detail: String
    public var headers: HTTPFields

    public init(
        _ status: HTTPResponse.Status,
        kind: String,
        title: String,
        detail: String,
        headers: HTTPFields = [:]
    ) {
        self.status = status
        self.kind = kind
        self.title = title
        self.detail = detail
        self.headers = headers
    }

    /// The document's bytes.
    public var json: [UInt8] {
        var writer = JSONText()
        writer.beginObject()
        writer.member("type", "urn:meterlog:problem:\(kind)")
        writer.member("title", title)
        writer.member("status", Int64(status.code))
        writer.member("detail", detail)
        writer.endObject()
        return writer.bytes
    }

    public func response(from request: Request, context: some RequestContext) throws -> Response {
        var fields = headers
        fields[.contentType] = "application/problem+json"
        return Response(status: status, headers: fields, body: ResponseBody(byteBuffer: ByteBuffer(bytes: json)))
    }
}

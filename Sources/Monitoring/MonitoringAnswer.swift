import HTTPServing
import HTTPTypes
public import Hummingbird
import NIOCore
public import Telemetry

/// The answers about a process, the same on every server that gives them.
public enum MonitoringAnswer {
    /// The page of metrics.
    public static func metrics(_ registry: MetricsRegistry) -> Response {
        Response(
            status: .ok,
            headers: [.contentType: PrometheusText.contentType],
            body: ResponseBody(byteBuffer: ByteBuffer(string: registry.renderPrometheusText()))
        )
    }

    /// The process is alive and its event loops turn.
    public static func health() -> Response {
        var writer = JSONText()
        writer.beginObject()
        writer.member("status", "ok")
        writer.endObject()
        return json(writer.bytes, .ok)
    }

    /// 200 when every part can do its work, else 503, with what each says.
    public static func ready(_ readiness: Readiness) -> Response {
        let parts = readiness.parts
        let isReady = parts.allSatisfy(\.isReady)
        var writer = JSONText()
        writer.beginObject()
        writer.member("ready", isReady)
        writer.name("parts")
        writer.beginArray()
        for part in parts {
            writer.beginObject()
            writer.member("name", part.name)
            writer.member("ready", part.isReady)
            writer.member("detail", part.detail)
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
        return json(writer.bytes, isReady ? .ok : .serviceUnavailable)
    }

    private static func json(_ bytes: [UInt8], _ status: HTTPResponse.Status) -> Response {
        Response(
            status: status,
            headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes))
        )
    }
}

import KafkaProtocol
import NIOCore

/// What becomes of a request.
enum Reply: Sendable {
    /// A response; `splices` are the parts that its frame leaves open.
    case frame(EncodedFrame, splices: [ByteBuffer])
    /// No response (Produce with acks=0).
    case nothing
    /// The connection can't go on; the reason is for the log.
    case close(reason: String)

    /// The buffers to send, in order.
    static func buffers(
        _ frame: EncodedFrame,
        _ splices: [ByteBuffer],
        _ allocator: ByteBufferAllocator
    ) -> [ByteBuffer] {
        guard !splices.isEmpty else { return [allocator.buffer(bytes: frame.bytes)] }
        var buffers: [ByteBuffer] = []
        var cursor = 0
        for (position, splice) in zip(frame.splicePositions, splices) {
            buffers.append(allocator.buffer(bytes: frame.bytes[cursor..<position]))
            buffers.append(splice)
            cursor = position
        }
        if cursor < frame.bytes.count {
            buffers.append(allocator.buffer(bytes: frame.bytes[cursor...]))
        }
        return buffers
    }
}

/// Who asks, and in which version.
struct RequestContext: Sendable {
    let header: RequestHeader
    /// The client's address as Kafka shows it: a slash and the IP address.
    let clientHost: String
    let eventLoop: any EventLoop

    var version: Int16 { header.version }
    var clientId: String { header.clientId ?? "" }
}

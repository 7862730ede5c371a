import KafkaProtocol
import NIOCore

/// What becomes of a request.
enum Reply: Sendable {
    /// A response; `splices` are the parts that its frame leaves open.
    case frame(EncodedFrame, splices: [ByteBuffer])
    /// A response, and the connection ends; the reason is for the log.
    case last(EncodedFrame, reason: String)
    /// A SASL token with nothing but its length before it.
    case token([UInt8])
    /// No response (Produce with acks=0).
    case nothing
    /// The connection can't go on; the reason is for the log.
    case close(reason: String)

    /// A token with its length before it.
    static func frame(ofToken token: [UInt8], _ allocator: ByteBufferAllocator) -> ByteBuffer {
        var buffer = allocator.buffer(capacity: token.count + 4)
        buffer.writeInteger(Int32(clamping: token.count))
        buffer.writeBytes(token)
        return buffer
    }

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
    let connection: ClientConnection
    let eventLoop: any EventLoop

    var version: Int16 { header.version }
    /// The client's address as Kafka shows it: a slash and the IP address.
    var clientHost: String { connection.host }
    /// What this client is told to connect to.
    var advertisedHost: String { connection.listener.advertisedHost }
    var advertisedPort: Int32 { connection.listener.advertisedPort }
    var clientId: String { header.clientId ?? "" }
}

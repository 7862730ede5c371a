import NIOCore

/// Gives responses to the socket in pieces, and knows what the client has not taken yet. Confined to its event loop.
final class ResponseWriter {
    /// Bytes after which progress shows.
    private static let pieceByteCount = 1_024 * 1_024

    private let broker: Broker
    private(set) var unsentBytes = 0
    /// When a piece was last taken.
    private(set) var lastProgress = NIODeadline.now()

    init(broker: Broker) {
        self.broker = broker
    }

    func write(_ buffers: [ByteBuffer], _ context: ChannelHandlerContext) {
        for buffer in buffers {
            var rest = buffer
            while rest.readableBytes > 0,
                let piece = rest.readSlice(length: min(rest.readableBytes, Self.pieceByteCount))
            {
                write(piece, context)
            }
        }
    }

    private func write(_ piece: ByteBuffer, _ context: ChannelHandlerContext) {
        let count = piece.readableBytes
        if unsentBytes == 0 { lastProgress = .now() }
        unsentBytes += count
        broker.unsent.take(count)
        broker.metrics.sent(byteCount: count)
        let promise = context.eventLoop.makePromise(of: Void.self)
        // Also what fails is off the broker's hands.
        promise.futureResult.assumeIsolated().whenComplete { _ in
            self.unsentBytes -= count
            self.broker.unsent.release(count)
            self.lastProgress = .now()
        }
        context.write(NIOAny(piece), promise: promise)
    }
}

import KafkaProtocol
import Logging
import NIOCore

/// One client connection: cuts frames, starts requests in order, and answers in order.
///
/// As in Kafka, a request begins when the one before it has been answered, except that Produce requests may wait for
/// the disk together: their records are appended in order, and one sync then answers many. Nothing is read while the
/// client does not take its responses, while requests are queued, or while the broker's memory budget is used up.
final class ConnectionHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// A request that has been started and not been answered.
    private final class Pending {
        let isProduce: Bool
        let byteCount: Int
        var reply: Reply?

        init(isProduce: Bool, byteCount: Int) {
            self.isProduce = isProduce
            self.byteCount = byteCount
        }
    }

    private let broker: Broker
    private let logger: Logger
    private let maxPipelined: Int
    private var assembler: FrameAssembler
    private var inbox = CircularBuffer<[UInt8]>()
    private var pending = CircularBuffer<Pending>()
    private var clientHost = ""
    private var isPumping = false
    private var isReadWanted = false
    private var isWaitingForBudget = false
    private var isClosed = false

    init(broker: Broker) {
        self.broker = broker
        logger = broker.configuration.logger
        let limits = broker.configuration.limits
        maxPipelined = limits.maxPipelinedRequests
        assembler = FrameAssembler(
            maxFrameBytes: limits.maxRequestBytes,
            maxControlFrameBytes: limits.maxControlRequestBytes
        )
    }

    func channelActive(context: ChannelHandlerContext) {
        clientHost = "/" + (context.remoteAddress?.ipAddress ?? "unknown")
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        isClosed = true
        let queued = inbox.reduce(0) { $0 + $1.count }
        inbox.removeAll()
        broker.budget.release(queued)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        logger.debug("connection failed", metadata: ["client": "\(clientHost)", "error": "\(error)"])
        context.close(promise: nil)
    }

    // MARK: Reading

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isClosed else { return }
        let buffer = unwrapInboundIn(data)
        let result = Result { () throws(FrameAssembler.Failure) in
            try buffer.withUnsafeReadableBytes { bytes throws(FrameAssembler.Failure) in
                try assembler.append(bytes) { frame in
                    broker.budget.take(frame.count)
                    inbox.append(frame)
                }
            }
        }
        if case .failure(let error) = result {
            close(context, reason: "frame refused: \(error)")
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        pump(context)
        context.fireChannelReadComplete()
    }

    func read(context: ChannelHandlerContext) {
        isReadWanted = true
        readIfAllowed(context)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        pump(context)
        context.fireChannelWritabilityChanged()
    }

    private func readIfAllowed(_ context: ChannelHandlerContext) {
        guard isReadWanted, !isClosed, !isWaitingForBudget, inbox.isEmpty, context.channel.isWritable else { return }
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let eventLoop = context.eventLoop
        let hasRoom = broker.budget.hasRoom {
            eventLoop.execute {
                let (handler, context) = bound.value
                handler.isWaitingForBudget = false
                handler.readIfAllowed(context)
            }
        }
        guard hasRoom else {
            isWaitingForBudget = true
            return
        }
        isReadWanted = false
        context.read()
    }

    // MARK: Serving

    /// Starts what may start, sends what is answered, and asks for more.
    private func pump(_ context: ChannelHandlerContext) {
        guard !isPumping else { return }
        isPumping = true
        var progress = true
        while progress, !isClosed {
            progress = sendAnswered(context)
            if let frame = inbox.first, context.channel.isWritable, mayStart(frame) {
                inbox.removeFirst()
                start(frame, context)
                progress = true
            }
        }
        isPumping = false
        readIfAllowed(context)
    }

    private func mayStart(_ frame: [UInt8]) -> Bool {
        guard let last = pending.last else { return true }
        return pending.count < maxPipelined && last.isProduce && isProduce(frame)
    }

    private func isProduce(_ frame: [UInt8]) -> Bool {
        frame.count >= 2 && Int16(frame[0]) << 8 | Int16(frame[1]) == APIKey.produce.rawValue
    }

    private func start(_ frame: [UInt8], _ context: ChannelHandlerContext) {
        let request = Pending(isProduce: isProduce(frame), byteCount: frame.count)
        pending.append(request)
        let eventLoop = context.eventLoop
        let bound = NIOLoopBound((self, context, request), eventLoop: eventLoop)
        broker.serve(frame, clientHost: clientHost, eventLoop: eventLoop) { reply in
            guard eventLoop.inEventLoop else {
                eventLoop.execute { Self.finish(bound.value, reply) }
                return
            }
            Self.finish(bound.value, reply)
        }
    }

    private static func finish(_ bound: (ConnectionHandler, ChannelHandlerContext, Pending), _ reply: Reply) {
        let (handler, context, request) = bound
        request.reply = reply
        handler.broker.budget.release(request.byteCount)
        handler.pump(context)
    }

    /// Sends the answers at the head of the line. Returns whether there was one.
    private func sendAnswered(_ context: ChannelHandlerContext) -> Bool {
        var isAny = false
        while let first = pending.first, let reply = first.reply {
            pending.removeFirst()
            isAny = true
            switch reply {
            case .frame(let frame, let splices):
                for buffer in Reply.buffers(frame, splices, context.channel.allocator) {
                    context.write(wrapOutboundOut(buffer), promise: nil)
                }
            case .nothing: break
            case .close(let reason):
                close(context, reason: reason)
                return false
            }
        }
        if isAny { context.flush() }
        return isAny
    }

    private func close(_ context: ChannelHandlerContext, reason: String) {
        logger.info("connection closed", metadata: ["client": "\(clientHost)", "reason": "\(reason)"])
        context.flush()
        context.close(promise: nil)
    }
}

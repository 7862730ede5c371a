import KafkaProtocol
import Logging
import NIOCore
import NIOTLS

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
    private let listener: Listener
    private let logger: Logger
    private let limits: EmbeddedLogConfiguration.Limits
    private var client: ClientConnection
    private var assembler: FrameAssembler
    private var inbox = CircularBuffer<[UInt8]>()
    private var pending = CircularBuffer<Pending>()
    private var sending: ResponseWriter
    private var lastActivity = NIODeadline.now()
    private var loginTimer: Scheduled<Void>?
    private var idleTimer: Scheduled<Void>?
    private var isEncrypted = false
    private var isPumping = false
    private var isReadWanted = false
    private var isWaitingForBudget = false
    private var isClosed = false

    init(broker: Broker, listener: Listener) {
        self.broker = broker
        self.listener = listener
        logger = broker.configuration.logger
        limits = broker.configuration.limits
        client = broker.client(host: "/unknown", of: listener)
        assembler = FrameAssembler(
            maxFrameBytes: limits.maxRequestBytes,
            maxControlFrameBytes: limits.maxControlRequestBytes
        )
        sending = ResponseWriter(broker: broker)
        if client.authentication != nil { assembler.limit(to: limits.maxUnauthenticatedRequestBytes) }
    }

    func channelActive(context: ChannelHandlerContext) {
        client = broker.client(host: "/" + (context.remoteAddress?.ipAddress ?? "unknown"), of: listener)
        if listener.settings.tls != nil || client.authentication != nil { watchLogin(context) }
        watchIdleness(context, after: limits.maxIdleMilliseconds)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        noteEndOfHandshake("the client left")
        isClosed = true
        loginTimer?.cancel()
        idleTimer?.cancel()
        let queued = inbox.reduce(0) { $0 + $1.count }
        inbox.removeAll()
        broker.budget.release(queued)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        noteEndOfHandshake("\(error)")
        logger.debug("connection failed", metadata: ["client": "\(client.host)", "error": "\(error)"])
        isClosed = true
        context.close(promise: nil)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .some(.handshakeCompleted) = event as? TLSUserEvent { isEncrypted = true }
        context.fireUserInboundEventTriggered(event)
    }

    /// A TLS connection that ends before it is one has failed; counted once.
    private func noteEndOfHandshake(_ reason: String) {
        guard listener.settings.tls != nil, !isEncrypted, !isClosed else { return }
        broker.metrics.handshakeFailed()
        broker.refusals.warn("TLS handshake failed", client: client.host, reason: reason)
    }

    // MARK: Time

    private func watchLogin(_ context: ChannelHandlerContext) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let delay = TimeAmount.milliseconds(limits.authenticationTimeoutMilliseconds)
        loginTimer = context.eventLoop.scheduleTask(in: delay) {
            let (handler, context) = bound.value
            let isKnown = handler.client.authentication?.isDone ?? true
            guard !handler.isClosed, !isKnown || (handler.listener.settings.tls != nil && !handler.isEncrypted) else {
                return
            }
            handler.noteEndOfHandshake("not done in time")
            handler.close(context, reason: "not authenticated in time")
        }
    }

    /// Closes the connection when nothing has moved on it for the configured time, in neither direction. A request that
    /// waits for an answer keeps it open, one whose answer the client does not take does not.
    private func watchIdleness(_ context: ChannelHandlerContext, after milliseconds: Int64) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        idleTimer = context.eventLoop.scheduleTask(in: .milliseconds(milliseconds)) {
            let (handler, context) = bound.value
            guard !handler.isClosed else { return }
            let latest = max(handler.lastActivity, handler.sending.lastProgress)
            let idle = (NIODeadline.now() - latest).nanoseconds / 1_000_000
            let isServed = !handler.pending.isEmpty && handler.sending.unsentBytes == 0
            guard idle >= handler.limits.maxIdleMilliseconds, !isServed else {
                let rest = max(1, handler.limits.maxIdleMilliseconds - idle)
                handler.watchIdleness(context, after: isServed ? handler.limits.maxIdleMilliseconds : rest)
                return
            }
            handler.broker.metrics.connectionIdle()
            handler.close(context, reason: "idle for \(idle) ms")
        }
    }

    // MARK: Reading

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isClosed else { return }
        lastActivity = .now()
        let buffer = unwrapInboundIn(data)
        broker.metrics.received(byteCount: buffer.readableBytes)
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
            if !isClosed, let frame = inbox.first, context.channel.isWritable, mayStart(frame) {
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
        return pending.count < limits.maxPipelinedRequests && last.isProduce && isProduce(frame)
    }

    private func isProduce(_ frame: [UInt8]) -> Bool {
        frame.count >= 2 && Int16(frame[0]) << 8 | Int16(frame[1]) == APIKey.produce.rawValue
    }

    private func start(_ frame: [UInt8], _ context: ChannelHandlerContext) {
        let request = Pending(isProduce: isProduce(frame), byteCount: frame.count)
        pending.append(request)
        let eventLoop = context.eventLoop
        let bound = NIOLoopBound((self, context, request), eventLoop: eventLoop)
        broker.serve(frame, from: client, eventLoop: eventLoop) { reply in
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
                sending.write(Reply.buffers(frame, splices, context.channel.allocator), context)
            case .token(let token):
                sending.write([Reply.frame(ofToken: token, context.channel.allocator)], context)
            case .last(let frame, let reason):
                sending.write(Reply.buffers(frame, [], context.channel.allocator), context)
                close(context, reason: reason)
                return false
            case .nothing: break
            case .close(let reason):
                close(context, reason: reason)
                return false
            }
        }
        if isAny { context.flush() }
        if client.authentication?.isDone ?? false { assembler.limit(to: nil) }
        return isAny
    }

    private func close(_ context: ChannelHandlerContext, reason: String) {
        logger.info("connection closed", metadata: ["client": "\(client.host)", "reason": "\(reason)"])
        context.flush()
        isClosed = true
        context.close(promise: nil)
    }
}

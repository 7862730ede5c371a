import KafkaProtocol
import LogStorage
import Logging
import NIOCore
import NIOPosix
import Synchronization

/// What answers requests: the topics, the coordinators and the disk behind them. Knows nothing of connections.
///
/// Requests are served on the event loops and never wait there: what needs a sync is answered from the
/// `FlushScheduler`'s threads, what blocks for other reasons runs on `blockingThreads`.
final class Broker: Sendable {
    let configuration: EmbeddedLogConfiguration
    let directory: LogDirectory
    let scheduler: FlushScheduler
    let topics: TopicRegistry
    /// Bytes of requests that are being served.
    let budget: MemoryBudget
    /// Bytes of responses that clients have not taken yet.
    let unsent: MemoryBudget
    let metrics: BrokerMetrics
    let refusals: RefusalLog
    let credentials: CredentialStore
    let fetchWaiters = FetchWaiters()
    let groups: GroupCoordinator
    let transactions: TransactionCoordinator
    let blockingThreads: NIOThreadPool

    init(configuration: EmbeddedLogConfiguration, directory: LogDirectory, blockingThreads: NIOThreadPool) throws {
        self.configuration = configuration
        self.directory = directory
        self.blockingThreads = blockingThreads
        let metrics = BrokerMetrics(registry: configuration.metrics)
        self.metrics = metrics
        refusals = RefusalLog(logger: configuration.logger, clock: configuration.clock)
        credentials = try CredentialStore(path: configuration.credentialsFile)
        scheduler = FlushScheduler(policy: configuration.fsync) { metrics.synced($0) }
        try InternalTopics.createMissing(in: directory)
        topics = TopicRegistry(directory: directory)
        budget = MemoryBudget(limit: configuration.limits.maxInFlightBytes)
        unsent = MemoryBudget(limit: configuration.limits.maxUnsentResponseBytes)
        let offsetsLog = try Self.internalLog(InternalTopics.offsets, topics, scheduler, configuration)
        let transactionsLog = try Self.internalLog(InternalTopics.transactions, topics, scheduler, configuration)
        groups = try GroupCoordinator(configuration: configuration, log: offsetsLog)
        transactions = try TransactionCoordinator(
            configuration: configuration,
            log: transactionsLog,
            topics: topics,
            scheduler: scheduler,
            producerIds: ProducerIds(directory: directory, threads: blockingThreads),
            groups: groups,
            metrics: metrics
        )
        for topic in topics.all { watch(topic) }
    }

    private static func internalLog(
        _ name: String,
        _ topics: TopicRegistry,
        _ scheduler: FlushScheduler,
        _ configuration: EmbeddedLogConfiguration
    ) throws(EmbeddedLogError) -> InternalLog {
        guard let log = topics.log(name, 0) else { throw .internalTopic("\(name) has no partition") }
        return InternalLog(topic: name, log: log, scheduler: scheduler, clock: configuration.clock)
    }

    /// Wakes waiting fetches when the topic's logs move.
    func watch(_ topic: Topic) {
        for log in topic.logs {
            log.onAdvance { [fetchWaiters] log in fetchWaiters.wake(log) }
        }
    }

    /// Time passes: timeouts of groups and transactions. Called about every 50 ms.
    func tick() {
        groups.tick()
        transactions.tick()
        metrics.set(inFlight: budget.used, unsent: unsent.used)
    }

    /// Retention, compaction, and offsets and transactional ids nobody needs. Blocks for the disk.
    func maintain() {
        directory.maintain(nowMilliseconds: configuration.clock.wallMilliseconds())
        groups.expireOffsets()
        transactions.expireIds()
        measureLogs()
    }

    /// Adds up the sizes of all logs.
    func measureLogs() {
        metrics.set(logBytes: directory.logs.reduce(0) { $0 + $1.byteCount })
    }

    /// A new connection through a listener.
    func client(host: String, of listener: Listener) -> ClientConnection {
        let mechanisms = listener.settings.mechanisms
        let authentication =
            mechanisms.isEmpty ? nil : Authentication(mechanisms: mechanisms, credentials: credentials)
        return ClientConnection(host: host, listener: listener, authentication: authentication)
    }

    // MARK: Requests

    /// Serves one frame. `respond` is called once, on any thread.
    func serve(
        _ frame: [UInt8],
        from connection: ClientConnection,
        eventLoop: any EventLoop,
        respond: @escaping @Sendable (Reply) -> Void
    ) {
        if let authentication = connection.authentication, authentication.expectsRawToken {
            return takeRawToken(frame, authentication, connection, respond)
        }
        do throws(WireError) {
            let (header, body) = try RequestHeader.decode(frame[...])
            metrics.request(apiNumber: header.apiNumber)
            let context = RequestContext(header: header, connection: connection, eventLoop: eventLoop)
            guard let api = header.api, let served = Self.servedVersions(api), served.contains(header.version) else {
                refuse(context, respond)
                return
            }
            guard mayAsk(api, connection) else {
                respond(.close(reason: "\(api) before authentication"))
                return
            }
            try dispatch(api, Incoming(context: context, body: body, respond: respond))
        } catch {
            respond(.close(reason: "malformed request: \(error)"))
        }
    }

    /// An API or version that is not served. Clients that ask ApiVersions in a version too new get the list in version
    /// 0; for anything else there is no answer they could read, and as Apache Kafka does, the connection is closed.
    private func refuse(_ context: RequestContext, _ respond: @Sendable (Reply) -> Void) {
        guard context.header.api == .apiVersions else {
            let header = context.header
            respond(.close(reason: "API \(header.apiNumber) version \(header.version) is not served"))
            return
        }
        var response = apiVersions()
        response.errorCode = ErrorCode.unsupportedVersion.rawValue
        respond(Self.reply(response, version: 0, correlationId: context.header.correlationId))
    }

    /// The frame of a response.
    static func reply(
        _ response: some KafkaResponse,
        version: Int16,
        correlationId: Int32,
        splices: [ByteBuffer] = []
    ) -> Reply {
        do throws(WireError) {
            let frame = try EncodedFrame(response, version: version, correlationId: correlationId)
            return .frame(frame, splices: splices)
        } catch {
            return .close(reason: "response can't be written: \(error)")
        }
    }
}

/// A request with its body still encoded.
struct Incoming: Sendable {
    let context: RequestContext
    let body: ArraySlice<UInt8>
    let respond: @Sendable (Reply) -> Void

    /// Decodes the request and serves it with `body`, which answers at once.
    func answer<Request: KafkaRequest>(
        _ serve: (Request, RequestContext) -> Request.Response
    ) throws(WireError) {
        let request = try Request(received: body, version: context.version)
        send(serve(request, context))
    }

    /// Decodes the request and serves it with `body`, which answers through the closure, once, on any thread.
    func answerLater<Request: KafkaRequest>(
        _ serve: (Request, RequestContext, @escaping @Sendable (Request.Response) -> Void) -> Void
    ) throws(WireError) {
        let request = try Request(received: body, version: context.version)
        serve(request, context) { send($0) }
    }

    func send(_ response: some KafkaResponse) {
        let correlation = context.header.correlationId
        respond(Broker.reply(response, version: context.version, correlationId: correlation))
    }

    /// Sends the response, and ends the connection after it.
    func sendLast(_ response: some KafkaResponse, reason: String) {
        let correlation = context.header.correlationId
        let reply = Broker.reply(response, version: context.version, correlationId: correlation)
        guard case .frame(let frame, _) = reply else { return respond(reply) }
        respond(.last(frame, reason: reason))
    }
}

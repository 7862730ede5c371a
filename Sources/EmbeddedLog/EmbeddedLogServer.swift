import LogStorage
import Logging
import NIOCore
import NIOPosix
import Synchronization

/// The embedded event log: a single broker that speaks the Kafka protocol on a loopback port.
///
/// Not for more than one machine: no replication, no ACLs, no quotas. See `EmbeddedLogConfiguration` for its limits.
public final class EmbeddedLogServer: Sendable {
    private enum Phase: Sendable {
        case idle
        case starting
        case running(Running)
        case stopped
    }

    private struct Running: Sendable {
        let broker: Broker
        let channel: any Channel
        let group: MultiThreadedEventLoopGroup
        let threads: NIOThreadPool
        let connections: ConnectionRegistry
        let timers: [RepeatedTask]
    }

    private let configuration: EmbeddedLogConfiguration
    private let phase = Mutex(Phase.idle)

    /// - Throws: `EmbeddedLogError` for settings that can't be served.
    public init(configuration: EmbeddedLogConfiguration) throws(EmbeddedLogError) {
        guard Self.isLoopback(configuration.host) else { throw .addressNotLoopback(configuration.host) }
        try Self.require(configuration.eventLoopCount > 0, "eventLoopCount", "must be at least 1")
        try Self.require((0...65_535).contains(configuration.port), "port", "must be 0 to 65535")
        try Self.require(configuration.defaultPartitions > 0, "defaultPartitions", "must be at least 1")
        try Self.require(configuration.limits.maxConnections > 0, "maxConnections", "must be at least 1")
        try Self.require(configuration.limits.maxRequestBytes >= 1_024, "maxRequestBytes", "must be at least 1 KiB")
        try Self.require(configuration.limits.maxPipelinedRequests > 0, "maxPipelinedRequests", "must be at least 1")
        self.configuration = configuration
    }

    private static func require(_ isMet: Bool, _ name: String, _ reason: String) throws(EmbeddedLogError) {
        guard isMet else { throw .invalidSetting(name: name, reason: reason) }
    }

    private static func isLoopback(_ host: String) -> Bool {
        host == "localhost" || host == "::1" || (host.hasPrefix("127.") && host.split(separator: ".").count == 4)
    }

    /// Opens the data directory, recovers what is in it, and listens.
    ///
    /// - Returns: the address clients connect to.
    public func start() async throws -> (host: String, port: Int) {
        try phase.withLock { phase in
            guard case .idle = phase else { throw EmbeddedLogError.alreadyStarted }
            phase = .starting
        }
        let threads = NIOThreadPool(numberOfThreads: 2)
        threads.start()
        let group = MultiThreadedEventLoopGroup(numberOfThreads: configuration.eventLoopCount)
        do {
            let broker = try await threads.runIfActive { [configuration] in
                let directory = try LogDirectory.open(path: configuration.dataDirectory, options: configuration.options)
                return try Broker(configuration: configuration, directory: directory, blockingThreads: threads)
            }
            let connections = ConnectionRegistry(limit: configuration.limits.maxConnections)
            let channel = try await bind(broker, group, connections)
            let host = configuration.host
            let port = channel.localAddress?.port ?? configuration.port
            broker.endpoint.set(host: host, port: port)
            let timers = startTimers(broker, group.next())
            let running = Running(
                broker: broker,
                channel: channel,
                group: group,
                threads: threads,
                connections: connections,
                timers: timers
            )
            phase.withLock { $0 = .running(running) }
            configuration.logger.info("broker listens", metadata: ["host": "\(host)", "port": "\(port)"])
            return (host, port)
        } catch {
            phase.withLock { $0 = .stopped }
            try await group.shutdownGracefully()
            try await threads.shutdownGracefully()
            if let storage = error as? StorageError { throw EmbeddedLogError.storage(storage) }
            throw error
        }
    }

    private func bind(
        _ broker: Broker,
        _ group: MultiThreadedEventLoopGroup,
        _ connections: ConnectionRegistry
    ) async throws -> any Channel {
        let logger = configuration.logger
        return try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 256)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(
                .recvAllocator,
                value: AdaptiveRecvByteBufferAllocator(minimum: 4_096, initial: 65_536, maximum: 1_048_576)
            )
            .childChannelOption(
                .writeBufferWaterMark,
                value: ChannelOptions.Types.WriteBufferWaterMark(low: 262_144, high: 1_048_576)
            )
            .childChannelInitializer { channel in
                guard connections.add(channel) else {
                    logger.warning("connection refused: too many", metadata: ["limit": "\(connections.limit)"])
                    return channel.close()
                }
                channel.closeFuture.whenComplete { _ in connections.remove(channel) }
                return channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(ConnectionHandler(broker: broker))
                }
            }
            .bind(host: configuration.host, port: configuration.port)
            .get()
    }

    private func startTimers(_ broker: Broker, _ eventLoop: any EventLoop) -> [RepeatedTask] {
        let interval = TimeAmount.milliseconds(configuration.maintenanceIntervalMilliseconds)
        return [
            eventLoop.scheduleRepeatedTask(initialDelay: .zero, delay: .milliseconds(50)) { _ in broker.tick() },
            eventLoop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { _ in
                broker.runBlocking { broker.maintain() }
            },
        ]
    }

    /// Serves until `shutdown` is called or the task is cancelled; then everything is synced and closed.
    public func run() async throws {
        let running: Running? = phase.withLock { phase in
            guard case .running(let running) = phase else { return nil }
            return running
        }
        if running == nil { _ = try await start() }
        let channel: (any Channel)? = phase.withLock { phase in
            guard case .running(let running) = phase else { return nil }
            return running.channel
        }
        try await withTaskCancellationHandler {
            try await channel?.closeFuture.get()
        } onCancel: {
            channel?.close(promise: nil)
        }
        try await shutdown()
    }

    /// Closes the connections, syncs and closes the logs. A second call does nothing.
    public func shutdown() async throws {
        let running: Running? = phase.withLock { phase in
            guard case .running(let running) = phase else { return nil }
            phase = .stopped
            return running
        }
        guard let running else { return }
        for timer in running.timers { timer.cancel() }
        running.channel.close(promise: nil)
        try await running.connections.closeAll(on: running.group.next())
        let broker = running.broker
        // What waits for the disk is answered on the event loops, though nobody hears it any more: they end last.
        try await running.threads.runIfActive {
            broker.scheduler.shutdown()
            try broker.directory.close()
        }
        try await running.group.shutdownGracefully()
        try await running.threads.shutdownGracefully()
        configuration.logger.info("broker stopped")
    }
}

extension EmbeddedLogConfiguration {
    /// What the storage needs of these settings.
    var options: LogDirectory.Options {
        var options = LogDirectory.Options()
        options.durability = fsync
        options.defaults = topicDefaults
        options.openFileLimit = limits.openFileLimit
        options.decompressor = decompressor
        let logger = logger
        options.report = { event in
            switch event {
            case .damaged, .readOnly, .maintenanceFailed: logger.error("storage", metadata: ["event": "\(event)"])
            case .cutTail: logger.warning("storage", metadata: ["event": "\(event)"])
            // What every crash leaves to do; nothing is lost by it.
            case .rebuilt: logger.info("storage", metadata: ["event": "\(event)"])
            case .retired, .compacted: logger.debug("storage", metadata: ["event": "\(event)"])
            }
        }
        return options
    }
}

/// The open connections.
final class ConnectionRegistry: Sendable {
    let limit: Int
    private let channels = Mutex([ObjectIdentifier: any Channel]())

    init(limit: Int) {
        self.limit = limit
    }

    /// Returns whether there is room for the connection.
    func add(_ channel: any Channel) -> Bool {
        channels.withLock { channels in
            guard channels.count < limit else { return false }
            channels[ObjectIdentifier(channel)] = channel
            return true
        }
    }

    func remove(_ channel: any Channel) {
        _ = channels.withLock { $0.removeValue(forKey: ObjectIdentifier(channel)) }
    }

    /// Closes all, and returns when they are closed.
    func closeAll(on eventLoop: any EventLoop) async throws {
        let open = channels.withLock { Array($0.values) }
        for channel in open { channel.close(promise: nil) }
        try await EventLoopFuture.andAllComplete(open.map(\.closeFuture), on: eventLoop).get()
    }
}

import LogStorage
import Logging
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// The embedded event log: a single broker that speaks the Kafka protocol, in plain text on loopback addresses, with TLS and
/// client certificates on others.
///
/// Not for more than one machine: no replication, no ACLs, no quotas. Who may connect may do everything. See `EmbeddedLogConfiguration` for its limits.
public final class EmbeddedLogServer: Sendable {
    private enum Phase: Sendable {
        case idle
        case starting
        case running(Running)
        case stopped
    }

    private struct Running: Sendable {
        let broker: Broker
        let channels: [any Channel]
        let listeners: [Listener]
        let group: MultiThreadedEventLoopGroup
        let threads: NIOThreadPool
        let connections: ConnectionRegistry
        let timers: [RepeatedTask]
    }

    private let configuration: EmbeddedLogConfiguration
    private let phase = Mutex(Phase.idle)

    /// - Throws: `EmbeddedLogError` for settings that can't be served.
    public init(configuration: EmbeddedLogConfiguration) throws(EmbeddedLogError) {
        try Self.require(!configuration.listeners.isEmpty, "listeners", "must be at least one")
        for listener in configuration.listeners {
            try listener.validate(hasCredentials: configuration.credentialsFile != nil)
        }
        try Self.require(configuration.eventLoopCount > 0, "eventLoopCount", "must be at least 1")
        try Self.require(configuration.defaultPartitions > 0, "defaultPartitions", "must be at least 1")
        try Self.require(configuration.limits.maxConnections > 0, "maxConnections", "must be at least 1")
        try Self.require(configuration.limits.maxRequestBytes >= 1_024, "maxRequestBytes", "must be at least 1 KiB")
        try Self.require(configuration.limits.maxPipelinedRequests > 0, "maxPipelinedRequests", "must be at least 1")
        try Self.require(configuration.limits.maxIdleMilliseconds > 0, "maxIdleMilliseconds", "must be at least 1")
        self.configuration = configuration
    }

    private static func require(_ isMet: Bool, _ name: String, _ reason: String) throws(EmbeddedLogError) {
        guard isMet else { throw .invalidSetting(name: name, reason: reason) }
    }

    /// Opens the data directory, recovers what is in it, and listens.
    ///
    /// - Returns: where each listener is reached, in their order.
    public func start() async throws -> [ListenerAddress] {
        try phase.withLock { phase in
            guard case .idle = phase else { throw EmbeddedLogError.alreadyStarted }
            phase = .starting
        }
        let threads = NIOThreadPool(numberOfThreads: 2)
        threads.start()
        let group = MultiThreadedEventLoopGroup(numberOfThreads: configuration.eventLoopCount)
        do {
            let running = try await open(threads, group)
            phase.withLock { $0 = .running(running) }
            for listener in running.listeners { announce(listener) }
            return running.listeners.map(\.address)
        } catch {
            phase.withLock { $0 = .stopped }
            try await group.shutdownGracefully()
            try await threads.shutdownGracefully()
            if let storage = error as? StorageError { throw EmbeddedLogError.storage(storage) }
            throw error
        }
    }

    private func open(_ threads: NIOThreadPool, _ group: MultiThreadedEventLoopGroup) async throws -> Running {
        let configuration = configuration
        let listeners = try configuration.listeners.map { try Listener($0) }
        let broker = try await threads.runIfActive {
            let directory = try LogDirectory.open(path: configuration.dataDirectory, options: configuration.options)
            do {
                return try Broker(configuration: configuration, directory: directory, blockingThreads: threads)
            } catch {
                try directory.close()
                throw error
            }
        }
        broker.measureLogs()
        let connections = ConnectionRegistry(
            limit: configuration.limits.maxConnections,
            metrics: broker.metrics
        )
        var channels: [any Channel] = []
        do {
            for listener in listeners {
                let channel = try await bind(broker, group, connections, listener)
                channels.append(channel)
                listener.bound(port: channel.localAddress?.port ?? listener.settings.port)
            }
        } catch {
            for channel in channels { channel.close(promise: nil) }
            try await threads.runIfActive {
                broker.scheduler.shutdown()
                try broker.directory.close()
            }
            throw error
        }
        return Running(
            broker: broker,
            channels: channels,
            listeners: listeners,
            group: group,
            threads: threads,
            connections: connections,
            timers: startTimers(broker, group.next())
        )
    }

    private func announce(_ listener: Listener) {
        let address = listener.address
        let mechanisms = listener.settings.mechanisms.map(\.rawValue).joined(separator: ",")
        configuration.logger.info(
            "broker listens",
            metadata: [
                "host": "\(address.host)", "port": "\(address.port)",
                "advertised": "\(address.advertisedHost):\(address.advertisedPort)",
                "tls": "\(address.isEncrypted)", "sasl": "\(mechanisms.isEmpty ? "none" : mechanisms)",
            ]
        )
    }

    /// Reads certificates, keys, authorities and credentials again: for connections and logins to come. Those that are
    /// there stay. What can't be read is left as it was.
    ///
    /// - Throws: `EmbeddedLogError` for the first file that can't be used; the others are read all the same.
    public func reload() throws(EmbeddedLogError) {
        let running: Running? = phase.withLock { phase in
            if case .running(let running) = phase { running } else { nil }
        }
        guard let running else { return }
        var failure: EmbeddedLogError?
        for listener in running.listeners {
            do throws(EmbeddedLogError) { try listener.reload() } catch { failure = failure ?? error }
        }
        do throws(EmbeddedLogError) { try running.broker.credentials.reload() } catch { failure = failure ?? error }
        if let failure { throw failure }
        configuration.logger.info("certificates and credentials read again")
    }

    private func bind(
        _ broker: Broker,
        _ group: MultiThreadedEventLoopGroup,
        _ connections: ConnectionRegistry,
        _ listener: Listener
    ) async throws -> any Channel {
        let refusals = broker.refusals
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
                    let peer = channel.remoteAddress?.ipAddress ?? "unknown"
                    refusals.warn("connection refused", client: peer, reason: "\(connections.limit) are open")
                    return channel.close()
                }
                channel.closeFuture.whenComplete { _ in connections.remove(channel) }
                return channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if let context = listener.tlsContext {
                        try pipeline.addHandler(NIOSSLServerHandler(context: context))
                    }
                    try pipeline.addHandler(ConnectionHandler(broker: broker, listener: listener))
                }
            }
            .bind(host: listener.settings.host, port: listener.settings.port)
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
        let channels: [any Channel] = phase.withLock { phase in
            guard case .running(let running) = phase else { return [] }
            return running.channels
        }
        try await withTaskCancellationHandler {
            // They are closed together.
            try await channels.first?.closeFuture.get()
        } onCancel: {
            for channel in channels { channel.close(promise: nil) }
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
        for channel in running.channels { channel.close(promise: nil) }
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
        options.producerIdleMilliseconds = producerIdExpirationMilliseconds
        let logger = logger
        options.report = { event in
            switch event {
            case .damaged, .readOnly, .maintenanceFailed:
                logger.error("storage", metadata: ["code": "ERR_BROKER_STORAGE", "event": "\(event)"])
            case .cutTail:
                logger.warning("storage", metadata: ["code": "ERR_BROKER_TAIL_CUT", "event": "\(event)"])
            // What every crash leaves to do; nothing is lost by it.
            case .rebuilt: logger.info("storage", metadata: ["event": "\(event)"])
            case .retired, .compacted: logger.debug("storage", metadata: ["event": "\(event)"])
            }
        }
        return options
    }
}

import NIOCore
import Synchronization

/// The open connections.
final class ConnectionRegistry: Sendable {
    let limit: Int
    private let metrics: BrokerMetrics
    private let channels = Mutex([ObjectIdentifier: any Channel]())

    init(limit: Int, metrics: BrokerMetrics) {
        self.limit = limit
        self.metrics = metrics
    }

    /// Returns whether there is room for the connection.
    func add(_ channel: any Channel) -> Bool {
        channels.withLock { channels in
            guard channels.count < limit else {
                metrics.connectionRefused()
                return false
            }
            channels[ObjectIdentifier(channel)] = channel
            metrics.set(connections: channels.count)
            return true
        }
    }

    func remove(_ channel: any Channel) {
        channels.withLock { channels in
            channels[ObjectIdentifier(channel)] = nil
            metrics.set(connections: channels.count)
        }
    }

    /// Closes all, and returns when they are closed.
    func closeAll(on eventLoop: any EventLoop) async throws {
        let open = channels.withLock { Array($0.values) }
        for channel in open { channel.close(promise: nil) }
        try await EventLoopFuture.andAllComplete(open.map(\.closeFuture), on: eventLoop).get()
    }
}

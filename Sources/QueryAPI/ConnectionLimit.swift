import NIOCore
import Synchronization

/// Counts the open connections of clients and closes those beyond the limit at once, so that a flood of connections costs
/// neither memory nor file descriptors.
final class ConnectionLimit: Sendable {
    private let count = Atomic<Int>(0)
    private let max: Int

    init(max: Int) {
        self.max = Swift.max(1, max)
    }

    /// One handler for each connection.
    func handler() -> Handler { Handler(limit: self) }

    fileprivate func enter() -> Bool {
        count.wrappingAdd(1, ordering: .relaxed).newValue <= max
    }

    fileprivate func leave() {
        count.wrappingSubtract(1, ordering: .relaxed)
    }

    final class Handler: ChannelInboundHandler, RemovableChannelHandler, Sendable {
        // Whatever comes in is passed on unseen.
        typealias InboundIn = Any

        private let limit: ConnectionLimit

        fileprivate init(limit: ConnectionLimit) {
            self.limit = limit
        }

        func handlerAdded(context: ChannelHandlerContext) {
            if !limit.enter() { context.close(promise: nil) }
        }

        func handlerRemoved(context: ChannelHandlerContext) {
            limit.leave()
        }
    }
}

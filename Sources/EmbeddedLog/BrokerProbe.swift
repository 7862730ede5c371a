import KafkaProtocol
import LogStorage
import NIOCore
import NIOPosix
import Synchronization

/// A broker without sockets: takes frames from its caller. For tests and the search for inputs that break it.
package final class BrokerProbe: Sendable {
    /// What becomes of a frame.
    package enum Answer: Sendable {
        /// A response with its length before it, but without record batches.
        case frame([UInt8])
        /// None is due.
        case nothing
        /// The connection would be closed.
        case closed(reason: String)
        /// None has come yet.
        case later
    }

    private let broker: Broker
    private let connection: ClientConnection
    private let threads = NIOThreadPool(numberOfThreads: 1)
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    /// For each frame, how many answers it got.
    private let answered = AnswerCounts()

    /// Opens the data directory and recovers what is in it.
    package init(configuration: EmbeddedLogConfiguration) throws {
        threads.start()
        do {
            let directory = try LogDirectory.open(path: configuration.dataDirectory, options: configuration.options)
            broker = try Broker(configuration: configuration, directory: directory, blockingThreads: threads)
        } catch {
            try threads.syncShutdownGracefully()
            try group.syncShutdownGracefully()
            throw error
        }
        connection = broker.client(host: "/127.0.0.1", of: try Listener(BrokerListener(port: 9_092)))
    }

    /// Frames that were answered more than once: none should be.
    package var repeatedAnswers: Int { answered.withLock { $0.count { $0 > 1 } } }

    /// Serves a frame (without its length).
    ///
    /// - Parameter waitMilliseconds: how long to wait for an answer that does not come at once.
    package func serve(_ frame: [UInt8], waitMilliseconds: Int64 = 0) throws -> Answer {
        let eventLoop = group.next()
        let promise = eventLoop.makePromise(of: Answer.self)
        eventLoop.execute { [broker, connection, answered] in
            let number = answered.withLock { state in
                state.append(0)
                return state.count - 1
            }
            broker.serve(frame, from: connection, eventLoop: eventLoop) { reply in
                answered.withLock { $0[number] += 1 }
                promise.succeed(Answer(reply))
            }
            eventLoop.scheduleTask(in: .milliseconds(waitMilliseconds)) { promise.succeed(.later) }
        }
        return try promise.futureResult.wait()
    }

    /// Finishes what was put off to other threads, and lets time pass: timeouts, retention, compaction.
    package func settle() throws {
        try drain()
        broker.tick()
        broker.maintain()
        try drain()
    }

    /// Waits until the one blocking thread has done what it was given.
    private func drain() throws {
        try threads.runIfActive(eventLoop: group.next()) {}.wait()
    }

    /// Syncs and closes.
    package func close() throws {
        broker.scheduler.shutdown()
        try threads.syncShutdownGracefully()
        try broker.directory.close()
        try group.syncShutdownGracefully()
    }
}

extension BrokerProbe.Answer {
    fileprivate init(_ reply: Reply) {
        self =
            switch reply {
            case .frame(let frame, _), .last(let frame, _): .frame(frame.bytes)
            case .token(let token): .frame(token)
            case .nothing: .nothing
            case .close(let reason): .closed(reason: reason)
            }
    }
}

/// A lock that closures may hold.
private final class AnswerCounts: Sendable {
    private let counts = Mutex([Int]())

    func withLock<Value: Sendable>(_ body: (inout [Int]) -> Value) -> Value {
        counts.withLock { body(&$0) }
    }
}

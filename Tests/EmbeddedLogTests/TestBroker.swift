import EmbeddedLog
import Foundation
import KafkaProtocol
import Synchronization

/// A clock that tests move by hand.
final class ManualClock: Sendable {
    private let offset = Mutex(Int64(0))

    var clock: BrokerClock {
        BrokerClock(
            monotonicMilliseconds: { [self] in 1_000_000 + offset.withLock { $0 } },
            wallMilliseconds: { [self] in 1_700_000_000_000 + offset.withLock { $0 } }
        )
    }

    func advance(milliseconds: Int64) {
        offset.withLock { $0 += milliseconds }
    }
}

/// A broker on a free port with a directory of its own.
final class TestBroker: Sendable {
    let directory: String
    /// Where each listener is reached.
    let addresses: [ListenerAddress]
    let server: EmbeddedLogServer

    /// Of the first listener.
    var host: String { addresses[0].host }
    var port: Int { addresses[0].port }

    private init(directory: String, server: EmbeddedLogServer, addresses: [ListenerAddress]) {
        self.directory = directory
        self.server = server
        self.addresses = addresses
    }

    static func start(
        directory: String? = nil,
        _ adjust: (inout EmbeddedLogConfiguration) -> Void = { _ in }
    ) async throws -> TestBroker {
        let path = try directory ?? makeDirectory()
        var configuration = EmbeddedLogConfiguration(dataDirectory: path)
        configuration.silenceLogger()
        configuration.minSessionTimeoutMilliseconds = 100
        adjust(&configuration)
        let server = try EmbeddedLogServer(configuration: configuration)
        return TestBroker(directory: path, server: server, addresses: try await server.start())
    }

    /// Starts a broker, and stops it and removes its directory after `body`.
    static func with(
        _ adjust: (inout EmbeddedLogConfiguration) -> Void = { _ in },
        _ body: (TestBroker) async throws -> Void
    ) async throws {
        let broker = try await start(adjust)
        do {
            try await body(broker)
        } catch {
            try await broker.stop()
            try removeDirectory(broker.directory)
            throw error
        }
        try await broker.stop()
        try removeDirectory(broker.directory)
    }

    func stop() async throws {
        try await server.shutdown()
    }

    func connect() throws -> TestClient {
        try TestClient(port: port)
    }

    static func makeDirectory() throws -> String {
        let path = FileManager.default.temporaryDirectory.path + "/embedded-log-test-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return path
    }

    static func removeDirectory(_ path: String) throws {
        try FileManager.default.removeItem(atPath: path)
    }
}

/// Why a test can't go on.
struct TestFailure: Error {
    let reason: String

    init(_ reason: String) {
        self.reason = reason
    }
}

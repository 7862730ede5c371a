import NIOSSL
import Synchronization

/// A listener at work: its settings, what it tells its clients to connect to, and its certificate as it is now.
final class Listener: Sendable {
    let settings: BrokerListener
    private let context: Mutex<NIOSSLContext?>
    private let boundPort: Mutex<Int>

    /// - Throws: `EmbeddedLogError` when certificate, key or authorities can't be used.
    init(_ settings: BrokerListener) throws(EmbeddedLogError) {
        self.settings = settings
        boundPort = Mutex(settings.port)
        context = Mutex(try settings.tls?.makeContext())
    }

    /// What new connections are encrypted with; nil: they aren't.
    var tlsContext: NIOSSLContext? { context.withLock { $0 } }

    /// Reads certificate, key and authorities again, for connections to come. On an error the old ones stay.
    func reload() throws(EmbeddedLogError) {
        guard let fresh = try settings.tls?.makeContext() else { return }
        context.withLock { $0 = fresh }
    }

    func bound(port: Int) {
        boundPort.withLock { $0 = port }
    }

    var advertisedHost: String { settings.advertisedHost ?? settings.host }
    var advertisedPort: Int32 { Int32(clamping: settings.advertisedPort ?? boundPort.withLock { $0 }) }

    var address: ListenerAddress {
        ListenerAddress(
            host: settings.host,
            port: boundPort.withLock { $0 },
            advertisedHost: advertisedHost,
            advertisedPort: Int(advertisedPort),
            isEncrypted: settings.tls != nil
        )
    }
}

/// Who is at the other end of a connection, and which listener they came by.
final class ClientConnection: Sendable {
    /// The client's address as Kafka shows it: a slash and the IP address.
    let host: String
    let listener: Listener
    /// Nil where clients need not log in.
    let authentication: Authentication?

    init(host: String, listener: Listener, authentication: Authentication?) {
        self.host = host
        self.listener = listener
        self.authentication = authentication
    }
}

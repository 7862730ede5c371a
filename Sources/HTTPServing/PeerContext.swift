public import Hummingbird
public import NIOCore

/// The request context of our servers: who is on the other end of the connection.
public struct PeerContext: RequestContext, RemoteAddressRequestContext {
    public var coreContext: CoreRequestContextStorage
    private let channel: any Channel

    public init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        channel = source.channel
    }

    public var remoteAddress: SocketAddress? { channel.remoteAddress }

    /// The peer's address without its port, `unknown` when the socket has none.
    public var peer: String {
        channel.remoteAddress?.ipAddress ?? "unknown"
    }
}

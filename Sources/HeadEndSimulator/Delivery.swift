/// One payload on its way to the gateway.
public struct Delivery: Sendable {
    /// When the gateway gets it, ms since 1970-01-01T00:00:00Z.
    public var receivedAtMilliseconds: Int64
    public var idempotencyKey: String
    public var mediaType: String
    public var body: [UInt8]
}

/// A failed operation of the producer or of the administration client, named by the reaction it demands.
public struct KafkaError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Reaction: Sendable, Equatable {
        /// The cluster could not be reached in time; the same call may be made again. A produced record may have been stored.
        case retry
        /// The local queue holds as many records or bytes as it may: slow down (nothing was sent).
        case queueFull
        /// This record or request can never succeed: too large, unknown topic or partition, refused by policy.
        case reject
        /// Nothing helps but a person: configuration, authorization, library.
        case fatal
    }

    public var reaction: Reaction
    /// The protocol's or library's name of the error.
    public var code: String
    public var message: String

    public init(_ reaction: Reaction, code: String, message: String) {
        self.reaction = reaction
        self.code = code
        self.message = message
    }

    public var description: String { "\(code): \(message) (\(reaction))" }
}

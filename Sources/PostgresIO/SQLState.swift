/// A five-character SQLSTATE, the class in its first two characters (PostgreSQL documentation, appendix A).
public struct SQLState: Sendable, Hashable, CustomStringConvertible {
    /// The five characters, digits and upper-case letters.
    public let code: String

    /// Takes any text of five digits or upper-case ASCII letters; nil for anything else.
    public init?(_ code: String) {
        let wellFormed = code.utf8.allSatisfy { (48...57).contains($0) || (65...90).contains($0) }
        guard code.utf8.count == 5, wellFormed else { return nil }
        self.code = code
    }

    /// The first two characters.
    public var errorClass: Substring { code.prefix(2) }

    public var description: String { code }
}

extension SQLState {
    /// What a caller does about an error with this state. States that are not listed stop the caller: an error nobody
    /// has thought about must be seen, not repeated.
    public var reaction: PostgresError.Reaction {
        if let listed = Self.reactionByCode[code] { return listed }
        return Self.reactionByClass[String(errorClass)] ?? .fatal
    }

    private static let reactionByCode: [String: PostgresError.Reaction] = [
        "08P01": .fatal,  // protocol violation: the peer is not what we think it is
        "25006": .retry,  // read-only transaction: a standby answered, the primary is moving
        "25P02": .redo,  // in failed transaction
        "25P03": .redo,  // idle-in-transaction timeout: the transaction is gone with its session
        "26000": .redo,  // prepared statement unknown: the session behind a pooler changed
        "40001": .redo,  // serialization failure
        "40003": .redo,  // statement completion unknown
        "40P01": .redo,  // deadlock
        "55006": .retry,  // object in use
        "55P03": .retry,  // lock not available, lock timeout
        "57014": .retry,  // query cancelled, statement timeout
        "57P01": .retry,  // administrator shutdown
        "57P02": .retry,  // crash shutdown
        "57P03": .retry,  // cannot connect now: starting up or shutting down
        "57P05": .retry,  // idle session timeout
        "58030": .retry,  // I/O error
    ]

    private static let reactionByClass: [String: PostgresError.Reaction] = [
        "08": .retry,  // connection exception
        "21": .reject,  // cardinality violation
        "22": .reject,  // data exception
        "23": .reject,  // integrity constraint violation
        "40": .redo,  // transaction rollback
        "44": .reject,  // WITH CHECK OPTION violation
        "53": .retry,  // insufficient resources: disk, memory, connections
    ]
}

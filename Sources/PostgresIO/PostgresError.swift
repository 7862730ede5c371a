/// What went wrong between us and PostgreSQL, sorted by what the caller does about it.
///
/// `description` is safe for a log: no SQL text, no parameter values, no password, no data that the server quotes.
/// `debugDescription` has everything the server said.
public struct PostgresError: Error, Sendable, Equatable {
    /// The only five answers a caller has.
    public enum Reaction: String, Sendable, CaseIterable {
        /// The database or the way to it is unavailable: wait, connect again if the connection is lost, and repeat.
        case retry
        /// The transaction lost a race: roll back and do the whole batch again.
        case redo
        /// Someone else owns the work now: drop all state and start over as a new owner.
        case fenced
        /// Repeating can't help: stop with the reason.
        case fatal
        /// The input breaks a constraint or a data type: set it aside and go on without it.
        case reject
    }

    public let reaction: Reaction
    /// The server's SQLSTATE; nil where the error arose on this side of the connection.
    public let sqlState: SQLState?
    /// The primary message. May quote data in the classes that `description` withholds.
    public let message: String
    public let detail: String?
    public let hint: String?
    /// Where in a COPY or a function it happened. May quote data.
    public let context: String?
    public let schema: String?
    public let table: String?
    public let column: String?
    public let constraint: String?
    /// The connection is of no further use.
    public let connectionLost: Bool
    /// The connection was lost while the server was committing: the transaction may or may not have taken effect.
    public let outcomeUnknown: Bool
    /// The server refused a cached plan because a table behind it changed shape (a generation swap does that).
    let cachedPlanStale: Bool

    package init(
        reaction: Reaction,
        sqlState: SQLState? = nil,
        message: String,
        detail: String? = nil,
        hint: String? = nil,
        context: String? = nil,
        schema: String? = nil,
        table: String? = nil,
        column: String? = nil,
        constraint: String? = nil,
        connectionLost: Bool = false,
        outcomeUnknown: Bool = false,
        cachedPlanStale: Bool = false
    ) {
        self.reaction = reaction
        self.sqlState = sqlState
        self.message = message
        self.detail = detail
        self.hint = hint
        self.context = context
        self.schema = schema
        self.table = table
        self.column = column
        self.constraint = constraint
        self.connectionLost = connectionLost
        self.outcomeUnknown = outcomeUnknown
        self.cachedPlanStale = cachedPlanStale
    }

    /// The caller found out by a query that it is no longer the owner of its work (an advisory lock or an epoch row is
    /// someone else's).
    public static func fenced(_ message: String) -> PostgresError {
        PostgresError(reaction: .fenced, message: message)
    }

    /// The caller used a value, a column or a connection in a way that can't work.
    public static func misuse(_ message: String) -> PostgresError {
        PostgresError(reaction: .fatal, message: message)
    }

    static func lost(_ message: String, outcomeUnknown: Bool = false) -> PostgresError {
        PostgresError(reaction: .retry, message: message, connectionLost: true, outcomeUnknown: outcomeUnknown)
    }

    func withOutcomeUnknown() -> PostgresError {
        PostgresError(
            reaction: reaction,
            sqlState: sqlState,
            message: message,
            detail: detail,
            hint: hint,
            context: context,
            schema: schema,
            table: table,
            column: column,
            constraint: constraint,
            connectionLost: connectionLost,
            outcomeUnknown: true,
            cachedPlanStale: cachedPlanStale
        )
    }
}

extension PostgresError: CustomStringConvertible, CustomDebugStringConvertible {
    public var description: String {
        var text = "PostgreSQL error"
        if let sqlState { text += " \(sqlState.code)" }
        text += " (\(reaction.rawValue))"
        if !messageMayQuoteData { text += ": \(message)" }
        if let table { text += ", table \(table)" }
        if let column { text += ", column \(column)" }
        if let constraint { text += ", constraint \(constraint)" }
        if connectionLost { text += ", connection lost" }
        if outcomeUnknown { text += ", outcome of the commit unknown" }
        return text
    }

    public var debugDescription: String {
        var text = "PostgreSQL error \(sqlState?.code ?? "-") (\(reaction.rawValue)): \(message)"
        let fields = [
            ("detail", detail), ("hint", hint), ("context", context), ("schema", schema), ("table", table),
            ("column", column), ("constraint", constraint),
        ]
        for (name, value) in fields {
            if let value { text += "; \(name): \(value)" }
        }
        if connectionLost { text += "; connection lost" }
        if outcomeUnknown { text += "; outcome unknown" }
        return text
    }

    /// Data exceptions, raised exceptions and syntax errors quote values or pieces of SQL in their primary message.
    private var messageMayQuoteData: Bool {
        guard let sqlState else { return false }
        return ["22", "P0", "XX"].contains(sqlState.errorClass) || sqlState.code == "42601"
    }
}

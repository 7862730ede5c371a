import CPostgres

/// How far a transaction is shielded from others.
public enum PostgresIsolation: String, Sendable {
    case readCommitted = "READ COMMITTED"
    case repeatableRead = "REPEATABLE READ"
    case serializable = "SERIALIZABLE"
}

extension PostgresConnection {
    /// Runs `body` in a transaction: commits when it returns, rolls back when it throws and throws its error on.
    ///
    /// An error of the commit has `outcomeUnknown` where the connection was lost meanwhile: then only the database
    /// itself can tell whether the transaction took effect.
    public mutating func transaction<Result: ~Copyable>(
        isolation: PostgresIsolation = .readCommitted,
        readOnly: Bool = false,
        _ body: (inout PostgresConnection) throws(PostgresError) -> Result
    ) throws(PostgresError) -> Result {
        try begin(isolation: isolation, readOnly: readOnly)
        let result: Result
        do throws(PostgresError) {
            result = try body(&self)
        } catch {
            rollbackAfterFailure()
            throw error
        }
        try commit()
        return result
    }

    /// Opens a transaction. Prefer `transaction`, which can't forget to end it.
    public mutating func begin(
        isolation: PostgresIsolation = .readCommitted,
        readOnly: Bool = false
    ) throws(PostgresError) {
        guard !isInTransaction else { throw PostgresError.misuse("a transaction is open already") }
        try execute("BEGIN ISOLATION LEVEL \(isolation.rawValue)\(readOnly ? " READ ONLY" : "")")
    }

    /// Commits. Throws `.redo` where the server rolled back instead, because a statement of the transaction had failed.
    public mutating func commit() throws(PostgresError) {
        let hadFailed = PQtransactionStatus(handle) == PQTRANS_INERROR
        do throws(PostgresError) {
            try execute("COMMIT")
        } catch {
            throw error.connectionLost ? error.withOutcomeUnknown() : error
        }
        if hadFailed {
            throw PostgresError(reaction: .redo, message: "the transaction had failed and was rolled back")
        }
    }

    /// Rolls back; harmless where no transaction is open.
    public mutating func rollback() throws(PostgresError) {
        guard isInTransaction else { return }
        try execute("ROLLBACK")
    }

    /// The error that led here is the one to report; a connection that can't roll back is lost, and the server rolls
    /// back by itself when it notices.
    private mutating func rollbackAfterFailure() {
        do throws(PostgresError) {
            try rollback()
        } catch {
            statements = PreparedStatementCache(limit: statements.limit)
        }
    }
}

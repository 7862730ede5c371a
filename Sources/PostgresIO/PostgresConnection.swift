import CPostgres
import Glibc

/// Owns one connection to PostgreSQL; going out of scope closes it.
///
/// Synchronous: every call blocks the calling thread until the server has answered, so it belongs on a thread of its
/// own, never on the cooperative pool. It may move between threads, but only one uses it at a time, which `~Copyable`
/// and `mutating` enforce. Values go out and come back in binary form.
public struct PostgresConnection: ~Copyable, @unchecked Sendable {
    // Sendable because libpq allows a connection on any thread as long as one thread at a time uses it, and a value that
    // can't be copied has one user.

    let handle: OpaquePointer
    private let notices: NoticeReceiver?
    var statements: PreparedStatementCache

    /// Connects, and sets the session's time zone to UTC and its time limits.
    ///
    /// Throws `.retry` where the server is unreachable, starting up or full, `.fatal` where it refuses us or the
    /// connection string is malformed.
    public init(_ options: PostgresConnectionOptions) throws(PostgresError) {
        let handle = try ConnectionAttempt.open(options)
        self.handle = handle
        statements = PreparedStatementCache(limit: options.preparedStatementLimit)
        notices = options.onNotice.map { NoticeReceiver($0) }
        if let notices {
            PQsetNoticeReceiver(handle, NoticeReceiver.callback, Unmanaged.passUnretained(notices).toOpaque())
        }
    }

    deinit {
        PQfinish(handle)
    }

    /// The server's version as one number, such as 150020 for 15.20.
    public var serverVersion: Int { Int(PQserverVersion(handle)) }

    /// The server process that serves this connection.
    public var processID: Int32 { PQbackendPID(handle) }

    /// A parameter the server reported at the start or on change, such as `TimeZone` or `in_hot_standby`.
    public func parameter(_ name: String) -> String? {
        PQparameterStatus(handle, name).map { String(cString: $0) }
    }

    /// False once the connection is known to be lost.
    public var isOpen: Bool { PQstatus(handle) == CONNECTION_OK }

    /// A transaction is open, failed or not.
    public var isInTransaction: Bool { PQtransactionStatus(handle) != PQTRANS_IDLE }

    /// Looks, without waiting, whether the server has closed an idle connection.
    public mutating func checkOpen() -> Bool {
        // A server that goes sends its reason first and closes then: the end shows only when everything is read.
        while isOpen && SocketWait.wait(PQsocket(handle), for: Int16(POLLIN), milliseconds: 0) {
            guard PQconsumeInput(handle) == 1 else { return false }
        }
        return isOpen
    }

    /// A handle that other threads may use to cancel what this connection is doing.
    public func cancellation() throws(PostgresError) -> PostgresCancellation {
        guard let token = PQgetCancel(handle) else {
            throw PostgresError.lost("the connection is lost, there is nothing to cancel")
        }
        return PostgresCancellation(owning: token)
    }

    /// Quotes a name for use in SQL text.
    public func quotedIdentifier(_ name: String) throws(PostgresError) -> String {
        guard let quoted = PQescapeIdentifier(handle, name, name.utf8.count) else {
            throw PostgresError.misuse("the name is no valid identifier in this encoding")
        }
        defer { PQfreemem(quoted) }
        return String(cString: quoted)
    }

    /// Runs one or more statements separated by semicolons; without BEGIN of their own they are one transaction.
    /// Their rows, if any, are thrown away.
    public mutating func execute(_ sql: String) throws(PostgresError) {
        let rows = try answer(PQexec(handle, sql))
        _ = consume rows
    }

    /// Takes over a result; throws its error. A statement that leaves COPY open is refused and the COPY ended.
    func answer(_ result: OpaquePointer?) throws(PostgresError) -> PostgresRows {
        guard let result else { throw connectionError() }
        switch PQresultStatus(result) {
        case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_SINGLE_TUPLE, PGRES_EMPTY_QUERY:
            return PostgresRows(owning: result)
        case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
            PQclear(result)
            abandonCopy()
            throw PostgresError.misuse("COPY from or to the client goes through copy(into:)")
        default:
            let error = ResultError.read(result, connectionLost: !isOpen)
            PQclear(result)
            throw error
        }
    }

    func connectionError() -> PostgresError {
        let text = PQerrorMessage(handle).map { String(cString: $0) } ?? ""
        let message = text.split(separator: "\n").joined(separator: "; ")
        return isOpen ? PostgresError.misuse(message) : PostgresError.lost(message)
    }

    /// Leaves a COPY mode nobody asked for, so that the connection stays usable.
    private func abandonCopy() {
        _ = PQputCopyEnd(handle, "not requested")
        var buffer: UnsafeMutablePointer<CChar>?
        while PQgetCopyData(handle, &buffer, 0) > 0 { PQfreemem(buffer) }
        while let rest = PQgetResult(handle) { PQclear(rest) }
    }
}

/// Cancels the statement that runs on a connection, from another thread. The statement then fails with 57014.
public final class PostgresCancellation: @unchecked Sendable {
    // Sendable because PQcancel is documented as safe from any thread, and only deinit frees the token.
    private let token: OpaquePointer

    init(owning token: OpaquePointer) {
        self.token = token
    }

    deinit {
        PQfreeCancel(token)
    }

    /// Asks the server to cancel; blocks for one short connection. Throws `.retry` where the server can't be reached.
    public func cancel() throws(PostgresError) {
        var buffer = [CChar](repeating: 0, count: 256)
        guard PQcancel(token, &buffer, Int32(buffer.count)) == 1 else {
            throw PostgresError(reaction: .retry, message: "the cancel request did not reach the server")
        }
    }
}

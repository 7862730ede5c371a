import CPostgres
import Glibc

/// Opens one libpq connection with a deadline that covers name look-up results, every address and authentication.
///
/// libpq keeps the SQLSTATE of a refused connection to itself and has it only in the verbose form of its message, which
/// must be asked for before the refusal comes. So the connection is made in steps.
package enum ConnectionAttempt {
    static func open(_ options: PostgresConnectionOptions) throws(PostgresError) -> OpaquePointer {
        try checkConnectionString(options.url)
        guard let handle = start(options) else {
            throw PostgresError(reaction: .retry, message: "no memory for a connection", connectionLost: true)
        }
        PQsetErrorVerbosity(handle, PQERRORS_VERBOSE)
        // libpq reports its own notices on standard error until told otherwise.
        PQsetNoticeProcessor(handle, { _, _ in }, nil)
        do throws(PostgresError) {
            try finish(handle, deadline: MonotonicClock.milliseconds() + options.connectTimeoutMilliseconds)
            try setUpSession(handle, options)
        } catch {
            PQfinish(handle)
            throw error
        }
        PQsetErrorVerbosity(handle, PQERRORS_DEFAULT)
        return handle
    }

    /// A malformed string is refused without quoting it: libpq's own message may show a part of the password.
    private static func checkConnectionString(_ url: String) throws(PostgresError) {
        let looksLikeConnectionString = url.contains("=") || url.hasPrefix("postgres")
        let parsed = looksLikeConnectionString ? PQconninfoParse(url, nil) : nil
        guard let parsed else {
            throw PostgresError(reaction: .fatal, message: "the database URL is no valid connection string")
        }
        PQconninfoFree(parsed)
    }

    private static func start(_ options: PostgresConnectionOptions) -> OpaquePointer? {
        let settings: [(String, String)] = [
            ("dbname", options.url),
            ("application_name", options.applicationName),
            ("client_encoding", "UTF8"),
            ("keepalives_idle", "30"),
            ("keepalives_interval", "10"),
            ("keepalives_count", "3"),
            ("tcp_user_timeout", String(options.networkTimeoutMilliseconds)),
        ]
        var keywords: [UnsafePointer<CChar>?] = []
        var values: [UnsafePointer<CChar>?] = []
        defer {
            for text in keywords + values { free(UnsafeMutablePointer(mutating: text)) }
        }
        for (keyword, value) in settings {
            keywords.append(UnsafePointer(strdup(keyword)))
            values.append(UnsafePointer(strdup(value)))
        }
        // Both lists end with a null pointer, which free() ignores.
        keywords.append(nil)
        values.append(nil)
        return PQconnectStartParams(keywords, values, 1)
    }

    private static func finish(_ handle: OpaquePointer, deadline: Int) throws(PostgresError) {
        guard PQstatus(handle) != CONNECTION_BAD else { throw refusal(handle) }
        var wanted = PGRES_POLLING_WRITING
        while true {
            let events = Int16(wanted == PGRES_POLLING_READING ? POLLIN : POLLOUT)
            let left = deadline - MonotonicClock.milliseconds()
            guard left > 0, SocketWait.wait(PQsocket(handle), for: events, milliseconds: left) else {
                throw PostgresError.lost("no connection within the connect timeout")
            }
            wanted = PQconnectPoll(handle)
            if wanted == PGRES_POLLING_OK { return }
            if wanted == PGRES_POLLING_FAILED { throw refusal(handle) }
        }
    }

    private static func setUpSession(
        _ handle: OpaquePointer,
        _ options: PostgresConnectionOptions
    ) throws(PostgresError) {
        let result = PQexec(
            handle,
            """
            SET statement_timeout = \(max(0, options.statementTimeoutMilliseconds));
            SET lock_timeout = \(max(0, options.lockTimeoutMilliseconds));
            SET TIME ZONE 'UTC';
            SET default_transaction_read_only = \(options.isReadOnly ? "on" : "off");
            """
        )
        defer { PQclear(result) }
        guard PQresultStatus(result) == PGRES_COMMAND_OK else { throw refusal(handle) }
    }

    private static func refusal(_ handle: OpaquePointer) -> PostgresError {
        let text = PQerrorMessage(handle).map { String(cString: $0) } ?? ""
        return refusal(message: text, needsPassword: PQconnectionNeedsPassword(handle) == 1)
    }

    /// Without a SQLSTATE nobody answered, which is worth another try; a missing password is not.
    static func refusal(message: String, needsPassword: Bool) -> PostgresError {
        let state = sqlState(inVerboseMessage: message)
        return PostgresError(
            reaction: state?.reaction ?? (needsPassword ? .fatal : .retry),
            sqlState: state,
            message: oneLine(message),
            connectionLost: true
        )
    }

    /// Finds `FATAL:  57P03: the database …` in a message, whatever language the severity is in; the last one counts, as
    /// libpq lists the addresses it tried in order.
    package static func sqlState(inVerboseMessage message: String) -> SQLState? {
        var found: SQLState?
        for line in message.split(separator: "\n") {
            let parts = line.split(separator: ":", omittingEmptySubsequences: false)
            for part in parts.dropFirst() where part.hasPrefix("  ") {
                if let state = SQLState(String(part.dropFirst(2))) { found = state }
            }
        }
        return found
    }

    /// The message without the lines that name the server's source files.
    private static func oneLine(_ message: String) -> String {
        let lines = message.split(separator: "\n").filter { !$0.hasPrefix("LOCATION:") }
        return lines.joined(separator: "; ")
    }
}

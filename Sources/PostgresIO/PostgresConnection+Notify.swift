import CPostgres
import Glibc

extension PostgresConnection {
    /// Subscribes to a channel; takes effect when the transaction commits.
    public mutating func listen(_ channel: String) throws(PostgresError) {
        try execute("LISTEN \(quotedIdentifier(channel))")
    }

    public mutating func unlisten(_ channel: String) throws(PostgresError) {
        try execute("UNLISTEN \(quotedIdentifier(channel))")
    }

    /// Sends a message to a channel when the transaction commits; at most 7999 bytes of payload.
    public mutating func notify(_ channel: String, payload: String = "") throws(PostgresError) {
        let rows = try query("SELECT pg_notify($1, $2)", [.text(channel), .text(payload)])
        _ = consume rows
    }

    /// Waits for the next message of any subscribed channel; nil when the time is over.
    public mutating func nextNotification(timeoutMilliseconds: Int) throws(PostgresError) -> PostgresNotification? {
        let deadline = MonotonicClock.milliseconds() + timeoutMilliseconds
        while true {
            if let message = PQnotifies(handle) {
                defer { PQfreemem(message) }
                return PostgresNotification(
                    channel: String(cString: message.pointee.relname),
                    payload: String(cString: message.pointee.extra),
                    senderProcessID: message.pointee.be_pid
                )
            }
            let left = max(0, deadline - MonotonicClock.milliseconds())
            guard SocketWait.wait(PQsocket(handle), for: Int16(POLLIN), milliseconds: left) else { return nil }
            guard PQconsumeInput(handle) == 1 else { throw connectionError() }
        }
    }
}

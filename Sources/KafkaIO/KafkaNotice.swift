/// Something the client library reports beside the results of calls: a broker that is down, a configuration warning.
///
/// Notices of one subject are limited to one in ten seconds; `suppressed` tells how many were left out before this one.
public struct KafkaNotice: Sendable, Equatable {
    /// Syslog severity (RFC 5424, section 6.2.1): 0 emergency to 7 debug.
    public var severity: Int32
    /// The library's name of the subject, for example "FAIL" or "_ALL_BROKERS_DOWN".
    public var subject: String
    public var message: String
    public var suppressed: Int

    public init(severity: Int32, subject: String, message: String, suppressed: Int) {
        self.severity = severity
        self.subject = subject
        self.message = message
        self.suppressed = suppressed
    }
}

/// Receives notices; called from the library's threads, so it must be quick and must not call the client.
public typealias KafkaNoticeHandler = @Sendable (KafkaNotice) -> Void

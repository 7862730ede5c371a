import KafkaIO
import Logging
import Synchronization
import Telemetry

/// Puts what the Kafka library says into the log, each trouble once: a notice is repeated only after its subject has been quiet for
/// a minute, however long an outage takes and however often the library tries.
final class OutageNotices: Sendable {
    private static let quietSeconds = 60.0

    private let logger: Logger
    /// When each subject was last heard of, in seconds of the monotonic clock. Subjects are names of errors and requests: few.
    private let lastHeard = Mutex<[String: Double]>([:])

    init(logger: Logger) {
        self.logger = logger
    }

    func handle(_ notice: KafkaNotice) {
        let now = Stopwatch.seconds()
        let isNew = lastHeard.withLock { lastHeard in
            let before = lastHeard.updateValue(now, forKey: OutageNotices.family(of: notice))
            return before.map { now - $0 >= OutageNotices.quietSeconds } ?? true
        }
        let isTrouble = notice.severity <= 5
        var fields: Logger.Metadata = ["subject": "\(notice.subject)"]
        let isConnection = OutageNotices.family(of: notice) == "connection"
        if isTrouble { fields["code"] = "\(isConnection ? ErrorCode.logAway : ErrorCode.logClient)" }
        logger.log(level: isNew && isTrouble ? .warning : .debug, "kafka: \(notice.message)", metadata: fields)
    }

    /// One outage has many names: a lost connection is told for each connection, and again when it was the last one.
    private static func family(of notice: KafkaNotice) -> String {
        let names = ["_TRANSPORT", "_ALL_BROKERS_DOWN", "FAIL", "_RESOLVE", "_TIMED_OUT", "REQTMOUT"]
        return names.contains(notice.subject) ? "connection" : notice.subject
    }
}

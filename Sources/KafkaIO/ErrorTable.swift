internal import CRDKafka
package import StreamCore

/// The one place where errors of the client library become reactions.
///
/// Order: rows whose reaction holds whatever the library's flags say, then the flags (abort, fatal, retriable), then the rows for
/// codes without a flag, then `.fatal`: an error that nobody thought of stops the thread with its reason. One that is fatal to a consumer
/// alone is fatal to that client, not to the thread: a new one joins again.
package enum ErrorTable {
    /// What was being done; a few codes mean different things.
    package enum Operation: Sendable, CaseIterable {
        case produce
        case transaction
        case consume
        case group
    }

    /// What the library says beside the code.
    package struct Flags: Sendable {
        package var isRetriable: Bool
        package var requiresAbort: Bool
        package var isFatal: Bool

        package init(isRetriable: Bool = false, requiresAbort: Bool = false, isFatal: Bool = false) {
            self.isRetriable = isRetriable
            self.requiresAbort = requiresAbort
            self.isFatal = isFatal
        }

        package static let none = Flags()
    }

    /// Codes by the library's names, whose reaction doesn't depend on flags.
    package static let unconditional: [String: LogError.Reaction] = [
        // Another producer has our transactional id, or the coordinator has forgotten or outlived our epoch.
        "_FENCED": .fenced, "PRODUCER_FENCED": .fenced, "INVALID_PRODUCER_EPOCH": .fenced,
        "TRANSACTION_COORDINATOR_FENCED": .fenced,
        // An idle producer's id expired (transactional.id.expiration.ms); only a new producer gets a new one.
        "INVALID_PRODUCER_ID_MAPPING": .fenced, "UNKNOWN_PRODUCER_ID": .fenced,
        // The idempotent producer lost its sequence; a new epoch starts a new one.
        "OUT_OF_ORDER_SEQUENCE_NUMBER": .fenced, "DUPLICATE_SEQUENCE_NUMBER": .fenced, "INVALID_TXN_STATE": .fenced,
        "_GAPLESS_GUARANTEE": .fenced, "_INCONSISTENT": .fenced,
        // The group went on without us.
        "UNKNOWN_MEMBER_ID": .fenced, "ILLEGAL_GENERATION": .fenced, "_ASSIGNMENT_LOST": .fenced,
        "_MAX_POLL_EXCEEDED": .fenced, "MEMBER_ID_REQUIRED": .fenced,
        // An answer to a rebalance that has been overtaken.
        "_CONFLICT": .fenced,
        // The group knows our group.instance.id under another member id. After an outage that was ours: the library forgets its member id
        // with its session, and sends a heartbeat all the same (2.0), or the answer to a join got lost. Else it is that of another process;
        // the loop counts, so that two with one name don't take it back and forth for ever.
        "FENCED_INSTANCE_ID": .rejoin,
        // The same bytes would be refused again.
        "MSG_SIZE_TOO_LARGE": .fatal, "RECORD_LIST_TOO_LARGE": .fatal, "INVALID_MSG_SIZE": .fatal,
        "INVALID_RECORD": .fatal, "INVALID_MSG": .fatal, "INVALID_TIMESTAMP": .fatal, "POLICY_VIOLATION": .fatal,
        "UNSUPPORTED_FOR_MESSAGE_FORMAT": .fatal, "TOPIC_EXCEPTION": .fatal, "_UNKNOWN_PARTITION": .fatal,
        "_BAD_MSG": .fatal, "_BAD_COMPRESSION": .fatal, "OFFSET_METADATA_TOO_LARGE": .fatal,
        // Records that had to be read are gone: silence would be data loss.
        "OFFSET_OUT_OF_RANGE": .fatal, "_AUTO_OFFSET_RESET": .fatal,
        // Credentials, grants, configuration, library.
        "TOPIC_AUTHORIZATION_FAILED": .fatal, "GROUP_AUTHORIZATION_FAILED": .fatal,
        "CLUSTER_AUTHORIZATION_FAILED": .fatal, "TRANSACTIONAL_ID_AUTHORIZATION_FAILED": .fatal,
        "SASL_AUTHENTICATION_FAILED": .fatal, "_AUTHENTICATION": .fatal, "UNSUPPORTED_SASL_MECHANISM": .fatal,
        "ILLEGAL_SASL_STATE": .fatal, "SECURITY_DISABLED": .fatal, "INVALID_TRANSACTION_TIMEOUT": .fatal,
        "INVALID_SESSION_TIMEOUT": .fatal, "INVALID_GROUP_ID": .fatal, "INCONSISTENT_GROUP_PROTOCOL": .fatal,
        "GROUP_MAX_SIZE_REACHED": .fatal, "UNSUPPORTED_VERSION": .fatal, "_UNSUPPORTED_FEATURE": .fatal,
        "INVALID_REQUIRED_ACKS": .fatal, "_NOT_IMPLEMENTED": .fatal, "_INVALID_ARG": .fatal,
        "_NOT_CONFIGURED": .fatal, "_CRIT_SYS_RESOURCE": .fatal,
    ]

    /// Codes by the library's names, for errors that carry no flag.
    package static let unflagged: [String: LogError.Reaction] = [
        // The cluster is away, moving or busy.
        "_TRANSPORT": .retry, "_ALL_BROKERS_DOWN": .retry, "_RESOLVE": .retry, "_SSL": .retry, "_TIMED_OUT": .retry,
        "_TIMED_OUT_QUEUE": .retry, "_WAIT_COORD": .retry, "_WAIT_CACHE": .retry, "_RETRY": .retry, "_INTR": .retry,
        "_IN_PROGRESS": .retry, "_PREV_IN_PROGRESS": .retry, "_QUEUE_FULL": .retry, "_UNKNOWN_BROKER": .retry,
        "_NODE_UPDATE": .retry, "_OUTDATED": .retry, "_UNKNOWN_TOPIC": .retry,
        "COORDINATOR_LOAD_IN_PROGRESS": .retry, "COORDINATOR_NOT_AVAILABLE": .retry, "NOT_COORDINATOR": .retry,
        "LEADER_NOT_AVAILABLE": .retry, "NOT_LEADER_FOR_PARTITION": .retry, "BROKER_NOT_AVAILABLE": .retry,
        "REPLICA_NOT_AVAILABLE": .retry, "REQUEST_TIMED_OUT": .retry, "NETWORK_EXCEPTION": .retry,
        "NOT_CONTROLLER": .retry, "UNKNOWN_TOPIC_OR_PART": .retry, "UNSTABLE_OFFSET_COMMIT": .retry,
        "CONCURRENT_TRANSACTIONS": .retry, "THROTTLING_QUOTA_EXCEEDED": .retry, "KAFKA_STORAGE_ERROR": .retry,
        "FENCED_LEADER_EPOCH": .retry, "UNKNOWN_LEADER_EPOCH": .retry, "OFFSET_NOT_AVAILABLE": .retry,
        "PREFERRED_LEADER_NOT_AVAILABLE": .retry, "ELIGIBLE_LEADERS_NOT_AVAILABLE": .retry,
        "FETCH_SESSION_ID_NOT_FOUND": .retry, "INVALID_FETCH_SESSION_EPOCH": .retry, "STALE_CTRL_EPOCH": .retry,
        "STALE_BROKER_EPOCH": .retry,
        // Part of the batch was stored or dropped: the transaction must go.
        "_MSG_TIMED_OUT": .abortAndRedo, "_PURGE_QUEUE": .abortAndRedo, "_PURGE_INFLIGHT": .abortAndRedo,
        "_ISR_INSUFF": .abortAndRedo, "NOT_ENOUGH_REPLICAS": .abortAndRedo,
        "NOT_ENOUGH_REPLICAS_AFTER_APPEND": .abortAndRedo, "OPERATION_NOT_ATTEMPTED": .abortAndRedo,
        "_PARTIAL": .abortAndRedo,
        // The group is being rebalanced: the next poll tells how.
        "REBALANCE_IN_PROGRESS": .abortAndRedo,
    ]

    /// The reaction to an error.
    /// - Parameter code: the library's name of the error (`rd_kafka_err2name`).
    package static func reaction(to code: String, flags: Flags, during operation: Operation) -> LogError.Reaction {
        if let row = unconditional[code] { return row }
        if flags.isFatal { return operation == .consume || operation == .group ? .rejoin : .fatal }
        if flags.requiresAbort { return .abortAndRedo }
        if code == "_STATE" { return operation == .produce ? .abortAndRedo : .fenced }
        let found = flags.isRetriable ? .retry : unflagged[code] ?? .fatal
        // A part of the batch may be in the queue already: producing it again would store that part twice.
        return operation == .produce && found == .retry ? .abortAndRedo : found
    }

    /// Every name the table uses that the library in use doesn't know (empty unless the library was replaced).
    package static var unknownNames: [String] {
        let known = Set(ErrorTable.libraryNames)
        return (Array(unconditional.keys) + Array(unflagged.keys)).filter { !known.contains($0) }.sorted()
    }

    /// The library's name of an error of the protocol.
    package static func name(ofCode code: Int32) -> String {
        String(cString: rd_kafka_err2name(rd_kafka_resp_err_t(rawValue: code)))
    }

    /// Names of all errors the library knows.
    package static var libraryNames: [String] {
        var descriptions: UnsafePointer<rd_kafka_err_desc>?
        var count = 0
        rd_kafka_get_err_descs(&descriptions, &count)
        guard let descriptions else { return [] }
        return (0..<count).compactMap { index in descriptions[index].name.map { String(cString: $0) } }
    }
}

/// The codes of what goes wrong, as they stand in the field `code` of log lines. docs/error-codes.md says what to do about each.
public enum ErrorCode: String, Sendable, CaseIterable, CustomStringConvertible {
    // The log, as a client sees it.
    case logClient = "ERR_LOG_CLIENT"
    case logAway = "ERR_LOG_AWAY"

    // Stream threads.
    case streamOutage = "ERR_STREAM_OUTAGE"
    case streamRedo = "ERR_STREAM_REDO"
    case streamFenced = "ERR_STREAM_FENCED"
    case streamRejoin = "ERR_STREAM_REJOIN"
    case streamHalted = "ERR_STREAM_HALTED"
    case streamLost = "ERR_STREAM_LOST"
    case streamUndone = "ERR_STREAM_UNDONE"
    case streamRecordsGone = "ERR_STREAM_RECORDS_GONE"
    case streamSnapshotFailed = "ERR_STREAM_SNAPSHOT_FAILED"
    case streamSnapshotRejected = "ERR_STREAM_SNAPSHOT_REJECTED"
    case streamFailed = "ERR_STREAM_FAILED"

    // Projections and the database.
    case projectionOutage = "ERR_PROJECTION_OUTAGE"
    case projectionFault = "ERR_PROJECTION_FAULT"
    case projectionRecordsGone = "ERR_PROJECTION_RECORDS_GONE"
    case databaseAway = "ERR_DATABASE_AWAY"
    case upkeepFailed = "ERR_UPKEEP_FAILED"
    case queryFailed = "ERR_QUERY_FAILED"

    // HTTP servers.
    case requestFailed = "ERR_REQUEST_FAILED"
    case ticksNotStored = "ERR_TICKS_NOT_STORED"
    case addressTaken = "ERR_ADDRESS_TAKEN"

    // What a process needs at its start.
    case zonesUnreadable = "ERR_ZONES_UNREADABLE"

    // The rule file.
    case ruleFileRefused = "ERR_RULE_FILE_REFUSED"

    // The embedded log, where the Kafka protocol has an ErrorCode of its own and these are written out.
    case brokerStorage = "ERR_BROKER_STORAGE"
    case brokerTailCut = "ERR_BROKER_TAIL_CUT"
    case brokerRefused = "ERR_BROKER_REFUSED"
    case brokerGroupNotStored = "ERR_BROKER_GROUP_NOT_STORED"
    case brokerTransaction = "ERR_BROKER_TRANSACTION"

    public var description: String { rawValue }
}

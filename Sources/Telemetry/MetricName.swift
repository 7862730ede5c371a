/// Names of the metrics of the stream runtime. Labels: `processor`, and `partition` or `thread` where it says so.
public enum MetricName {
    public static let streamRecords = "meterlog_stream_records_total"
    public static let streamBytes = "meterlog_stream_bytes_total"
    public static let streamBatches = "meterlog_stream_batches_total"
    public static let streamMutedRecords = "meterlog_stream_muted_records_total"
    public static let streamOutputs = "meterlog_stream_outputs_total"
    public static let streamOutputBytes = "meterlog_stream_output_bytes_total"
    public static let streamCommits = "meterlog_stream_commits_total"
    public static let streamCommitSeconds = "meterlog_stream_commit_seconds"
    public static let streamTransactionSeconds = "meterlog_stream_transaction_seconds"
    public static let streamRecoveries = "meterlog_stream_recoveries_total"
    public static let streamRetries = "meterlog_stream_retries_total"
    public static let streamRestoreSeconds = "meterlog_stream_restore_seconds"
    public static let streamSnapshots = "meterlog_stream_snapshots_total"
    public static let streamRejectedSnapshots = "meterlog_stream_snapshots_rejected_total"
    /// Per partition.
    public static let streamLag = "meterlog_stream_lag_records"
    /// Per partition.
    public static let streamSnapshotBytes = "meterlog_stream_snapshot_bytes"
    /// Per partition.
    public static let streamSnapshotAge = "meterlog_stream_snapshot_age_seconds"
    /// Per partition and `entries` (what is counted).
    public static let streamStateSize = "meterlog_stream_state_entries"

    /// The name of a processor's own counter: `meterlog_<processor>_<counter>`.
    public static func processorCounter(_ processor: String, _ counter: String) -> String {
        "meterlog_\(identifier(processor))_\(identifier(counter))"
    }

    /// The text with everything that a metric name can't hold replaced by `_`.
    public static func identifier(_ text: String) -> String {
        String(
            decoding: text.utf8.map { byte in
                isIdentifierByte(byte) ? byte : UInt8(ascii: "_")
            },
            as: UTF8.self
        )
    }

    static func isIdentifierByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"): true
        default: false
        }
    }
}

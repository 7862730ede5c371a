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
    /// Per `reason`, the code of the error.
    public static let streamAborts = "meterlog_stream_aborts_total"
    public static let streamOutputBatches = "meterlog_stream_output_batches_total"
    /// Per `kind`: assigned, revoked, lost.
    public static let streamRebalances = "meterlog_stream_rebalances_total"
    /// Partitions that stand still at a record which shows a defect.
    public static let streamHaltedPartitions = "meterlog_stream_halted_partitions"
    public static let streamPollSeconds = "meterlog_stream_poll_seconds_total"
    public static let streamSnapshotWrittenBytes = "meterlog_stream_snapshot_written_bytes_total"
    /// Per partition.
    public static let streamTime = "meterlog_stream_time_seconds"
    /// Per partition.
    public static let streamTimeAge = "meterlog_stream_time_age_seconds"
    /// Per partition.
    public static let streamLag = "meterlog_stream_lag_records"
    /// Per partition.
    public static let streamSnapshotBytes = "meterlog_stream_snapshot_bytes"
    /// Per partition.
    public static let streamSnapshotAge = "meterlog_stream_snapshot_age_seconds"
    /// Per partition and `entries` (what is counted).
    public static let streamStateSize = "meterlog_stream_state_entries"

    /// The name of a processor's own counter: `meterlog_<processor>_<counter>`, without the label that the counter may have.
    public static func processorCounter(_ processor: String, _ counter: String) -> String {
        "meterlog_\(identifier(processor))_\(identifier(String(counter.prefix { $0 != "{" })))"
    }

    /// The label of a counter that is written `name{label=value}`; none where it is only a name.
    public static func processorCounterLabels(_ counter: String) -> [MetricLabel] {
        guard let open = counter.firstIndex(of: "{"), counter.last == "}" else { return [] }
        let pair = counter[counter.index(after: open)...].dropLast().split(separator: "=", maxSplits: 1)
        guard pair.count == 2 else { return [] }
        return [MetricLabel(identifier(String(pair[0])), String(pair[1]))]
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

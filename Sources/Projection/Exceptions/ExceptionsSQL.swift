/// The statements of the read model `exceptions` for one generation.
struct ExceptionsSQL: Sendable {
    static let columns = [
        "window_start", "window_end", "first_interval_start", "decided_at", "received_at", "observed_e9", "limit_e9",
        "raw_offset", "log_offset", "rule", "interval_count", "raw_partition", "log_partition", "severity", "raw_lane",
        "open", "meter_id", "channel", "code", "reason", "rule_set",
    ]

    let stagingTable: String
    let upsert: String

    init(schema: String) {
        stagingTable = """
            CREATE TEMPORARY TABLE stage_exceptions (LIKE \(schema).exceptions) ON COMMIT DELETE ROWS
            """
        let key = ["meter_id", "channel", "window_start", "rule"]
        upsert = """
            INSERT INTO \(schema).exceptions AS e (\(Staging.list(Self.columns)))
            SELECT \(Staging.list(Self.columns)) FROM stage_exceptions
            ON CONFLICT (\(Staging.list(key))) DO UPDATE
            SET \(Staging.assignments(Self.columns, except: key))
            WHERE \(Staging.newer(than: "e", tieBreak: "decided_at"))
            """
    }
}

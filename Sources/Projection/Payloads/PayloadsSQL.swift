/// The statements of the read model `payloads` for one generation.
struct PayloadsSQL: Sendable {
    static let columns = [
        "received_at", "payload", "raw_offset", "log_offset", "payload_bytes", "interval_count", "register_count",
        "original_offset", "original_partition", "raw_partition", "log_partition", "channel_count", "rejected_lines",
        "facts", "original_lane", "raw_lane", "outcome", "idempotency_key", "source", "format", "sha256", "code",
        "channels",
    ]

    let stagingTable: String
    let upsert: String

    init(schema: String) {
        stagingTable = "CREATE TEMPORARY TABLE stage_payloads (LIKE \(schema).payloads) ON COMMIT DELETE ROWS"
        let key = ["raw_lane", "raw_partition", "raw_offset"]
        upsert = """
            INSERT INTO \(schema).payloads AS p (\(Staging.list(Self.columns)))
            SELECT \(Staging.list(Self.columns)) FROM stage_payloads
            ON CONFLICT (\(Staging.list(key))) DO UPDATE
            SET \(Staging.assignments(Self.columns, except: key))
            WHERE \(Staging.newer(than: "p", tieBreak: "log_offset"))
            """
    }
}

/// The statements of the read model `dead_letters` for one generation.
struct DeadLettersSQL: Sendable {
    static let columns = [
        "received_at", "raw_offset", "log_offset", "payload_bytes", "raw_partition", "log_partition", "rejected_lines",
        "raw_lane", "partial", "stage", "idempotency_key", "source", "format", "code", "reason", "lines",
    ]

    let stagingTable: String
    let upsert: String

    init(schema: String) {
        stagingTable = "CREATE TEMPORARY TABLE stage_dead_letters (LIKE \(schema).dead_letters) ON COMMIT DELETE ROWS"
        let key = ["raw_lane", "raw_partition", "raw_offset", "stage"]
        upsert = """
            INSERT INTO \(schema).dead_letters AS d (\(Staging.list(Self.columns)))
            SELECT \(Staging.list(Self.columns)) FROM stage_dead_letters
            ON CONFLICT (\(Staging.list(key))) DO UPDATE
            SET \(Staging.assignments(Self.columns, except: key))
            WHERE \(Staging.newer(than: "d", tieBreak: "log_offset"))
            """
    }
}

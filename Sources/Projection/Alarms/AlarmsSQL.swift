/// The statements of the read model `alarms` for one generation.
struct AlarmsSQL: Sendable {
    static let columns = [
        "occurred_at", "received_at", "raw_offset", "log_offset", "raw_partition", "log_partition", "priority",
        "raw_lane", "id", "meter_id", "meaning", "event_type", "source_code", "text", "code_map_version",
    ]

    let stagingTable: String
    let upsert: String

    init(schema: String) {
        stagingTable = "CREATE TEMPORARY TABLE stage_alarms (LIKE \(schema).alarms) ON COMMIT DELETE ROWS"
        upsert = """
            INSERT INTO \(schema).alarms AS a (\(Staging.list(Self.columns)))
            SELECT \(Staging.list(Self.columns)) FROM stage_alarms
            ON CONFLICT (id) DO UPDATE
            SET \(Staging.assignments(Self.columns, except: ["id"]))
            WHERE (excluded.priority, -excluded.log_offset) < (a.priority, -a.log_offset)
            """
    }
}

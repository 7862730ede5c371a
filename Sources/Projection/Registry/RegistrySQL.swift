/// The statements of the read model `registry` for one generation.
///
/// A payload id is a `uuid`, because the server compares those byte by byte, as `RawReference.supersedes` does.
struct RegistrySQL: Sendable {
    static let registrationColumns = [
        "received_at", "payload", "raw_offset", "raw_partition", "raw_lane", "meter_id", "time_zone", "meter_group",
        "transformer", "feeder",
    ]
    static let registerColumns = [
        "read_at", "received_at", "payload", "value_e9", "raw_offset", "raw_partition", "quality", "unit", "raw_lane",
        "meter_id", "channel", "tou", "source", "source_version", "is_final", "is_restated", "is_measured",
    ]

    let stagingTables: String
    let upsertRegistrations: String
    let upsertRegisters: String

    init(schema: String) {
        stagingTables = """
            CREATE TEMPORARY TABLE stage_registrations (LIKE \(schema).registrations) ON COMMIT DELETE ROWS;
            CREATE TEMPORARY TABLE stage_registers (LIKE \(schema).registers) ON COMMIT DELETE ROWS;
            """
        upsertRegistrations = """
            INSERT INTO \(schema).registrations AS m (\(Staging.list(Self.registrationColumns)))
            SELECT \(Staging.list(Self.registrationColumns)) FROM stage_registrations
            ON CONFLICT (meter_id) DO UPDATE
            SET \(Staging.assignments(Self.registrationColumns, except: ["meter_id"]))
            WHERE (excluded.received_at, excluded.payload) > (m.received_at, m.payload)
            """
        let key = ["meter_id", "channel", "tou", "read_at", "source", "is_restated", "is_measured"]
        upsertRegisters = """
            INSERT INTO \(schema).registers AS r (\(Staging.list(Self.registerColumns)))
            SELECT \(Staging.list(Self.registerColumns)) FROM stage_registers
            ON CONFLICT (\(Staging.list(key))) DO UPDATE
            SET \(Staging.assignments(Self.registerColumns, except: key))
            WHERE (
                excluded.source_version, meterlog_register_rank(excluded.quality), excluded.received_at,
                excluded.payload, excluded.value_e9
            ) > (
                r.source_version, meterlog_register_rank(r.quality), r.received_at, r.payload, r.value_e9
            )
            """
    }
}

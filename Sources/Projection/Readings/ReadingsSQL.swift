import MeterEvents

/// The statements of the read model `readings` for one generation.
struct ReadingsSQL: Sendable {
    static let readingColumns = [
        "interval_end", "decided_at", "received_at", "value_e9", "raw_offset", "log_offset", "channel_key",
        "interval_s",
        "revision", "raw_partition", "log_partition", "quality", "method", "unit", "raw_lane", "rule_set", "findings",
    ]
    static let windowColumns = [
        "window_start", "window_end", "decided_at", "sum_e9", "log_offset", "channel_key", "log_partition", "expected",
        "validated", "estimated", "failed", "missing", "pending", "revision", "unit", "closed", "time_zone", "rule_set",
        "grade", "beyond_history", "failed_sum_e9",
    ]
    static let registerColumns = [
        "read_at", "decided_at", "value_e9", "base_read_at", "base_value_e9", "raw_offset", "log_offset", "channel_key",
        "log_partition", "raw_partition", "intervals", "estimated", "revision", "quality", "unit", "raw_lane",
        "rule_set",
    ]
    static let channelColumns = [
        "channel_key", "meter_id", "channel", "unit", "time_zone", "interval_s", "first_interval_end",
        "last_interval_end", "last_received_at", "log_partition", "log_offset", "longest_interval_s",
    ]
    static let dayColumns = ["day_start", "day_end", "channel_key", "day", "time_zone"]
    static let fateColumns = [
        "span_start", "span_end", "raw_offset", "log_offset", "channel_key", "raw_partition", "log_partition",
        "ordinal", "interval_s", "offered", "taken", "replaced", "unchanged", "held", "refused", "raw_lane", "code",
    ]

    package let stagingTables: String
    package let selectChannels: String
    package let insertHistory: String
    package let upsertReadings: String
    package let upsertWindows: String
    package let insertRegisterHistory: String
    package let upsertRegisters: String
    package let upsertChannels: String
    package let deleteWithdrawn: String
    package let selectMoved: String
    package let insertFates: String
    package let settleDays: String
    /// Days of one channel, `$1`, from its readings alone.
    package let countDays: String

    package init(schema: String) {
        stagingTables = """
            CREATE TEMPORARY TABLE stage_readings (LIKE \(schema).readings, is_newest boolean NOT NULL)
                ON COMMIT DELETE ROWS;
            CREATE TEMPORARY TABLE stage_windows (LIKE \(schema).windows) ON COMMIT DELETE ROWS;
            CREATE TEMPORARY TABLE stage_derived_registers (LIKE \(schema).derived_registers, is_newest boolean NOT NULL)
                ON COMMIT DELETE ROWS;
            CREATE TEMPORARY TABLE stage_channels (LIKE \(schema).channels) ON COMMIT DELETE ROWS;
            CREATE TEMPORARY TABLE stage_payload_values (LIKE \(schema).payload_values) ON COMMIT DELETE ROWS;
            CREATE TEMPORARY TABLE stage_days (LIKE \(schema).counted_days, has_reading boolean NOT NULL)
                ON COMMIT DELETE ROWS;
            """
        selectChannels = "SELECT channel_key, meter_id, channel FROM \(schema).channels"

        let readings = Staging.list(Self.readingColumns)
        insertHistory = """
            INSERT INTO \(schema).readings_history (\(readings))
            SELECT \(readings) FROM stage_readings
            ON CONFLICT (channel_key, interval_end, log_offset, log_partition) DO NOTHING
            """
        upsertReadings = """
            INSERT INTO \(schema).readings AS r (\(readings))
            SELECT \(readings) FROM stage_readings WHERE is_newest
            ON CONFLICT (channel_key, interval_end) DO UPDATE
            SET \(Staging.assignments(Self.readingColumns, except: ["channel_key", "interval_end"]))
            WHERE \(Staging.newer(than: "r"))
            """
        // The other grid's reading that ends at the same instant stays.
        deleteWithdrawn = """
            DELETE FROM \(schema).readings r USING stage_readings s
            WHERE s.quality = \(ValidatedIntervals.withdrawn)
                AND r.channel_key = s.channel_key AND r.interval_end = s.interval_end AND r.interval_s = s.interval_s
                AND CASE WHEN s.log_partition = r.log_partition
                    THEN s.log_offset > r.log_offset
                    ELSE s.revision > r.revision END
            """
        let windows = Staging.list(Self.windowColumns)
        upsertWindows = """
            INSERT INTO \(schema).windows AS w (\(windows))
            SELECT \(windows) FROM stage_windows
            ON CONFLICT (channel_key, window_start) DO UPDATE
            SET \(Staging.assignments(Self.windowColumns, except: ["channel_key", "window_start"]))
            WHERE \(Staging.newer(than: "w"))
            """
        let registers = Staging.list(Self.registerColumns)
        insertRegisterHistory = """
            INSERT INTO \(schema).derived_registers_history (\(registers))
            SELECT \(registers) FROM stage_derived_registers
            ON CONFLICT (channel_key, read_at, log_offset, log_partition) DO NOTHING
            """
        upsertRegisters = """
            INSERT INTO \(schema).derived_registers AS d (\(registers))
            SELECT \(registers) FROM stage_derived_registers WHERE is_newest
            ON CONFLICT (channel_key, read_at) DO UPDATE
            SET \(Staging.assignments(Self.registerColumns, except: ["channel_key", "read_at"]))
            WHERE \(Staging.newer(than: "d"))
            """
        let channels = Staging.list(Self.channelColumns)
        let isNewer = "excluded.log_offset > c.log_offset"
        upsertChannels = """
            INSERT INTO \(schema).channels AS c (\(channels))
            SELECT \(channels) FROM stage_channels
            ON CONFLICT (channel_key) DO UPDATE SET
                unit = CASE WHEN \(isNewer) THEN excluded.unit ELSE c.unit END,
                time_zone = CASE WHEN \(isNewer) THEN excluded.time_zone ELSE c.time_zone END,
                interval_s = CASE WHEN \(isNewer) THEN excluded.interval_s ELSE c.interval_s END,
                first_interval_end = least(c.first_interval_end, excluded.first_interval_end),
                last_interval_end = greatest(c.last_interval_end, excluded.last_interval_end),
                last_received_at = greatest(c.last_received_at, excluded.last_received_at),
                longest_interval_s = greatest(c.longest_interval_s, excluded.longest_interval_s),
                log_partition = excluded.log_partition,
                log_offset = greatest(c.log_offset, excluded.log_offset)
            WHERE \(isNewer)
                OR excluded.first_interval_end < c.first_interval_end
                OR excluded.last_interval_end > c.last_interval_end
                OR excluded.last_received_at > c.last_received_at
                OR excluded.longest_interval_s > c.longest_interval_s
            """
        // Channels whose days are others from now on.
        selectMoved = """
            SELECT s.channel_key FROM stage_channels s JOIN \(schema).channels c USING (channel_key)
            WHERE s.time_zone <> c.time_zone AND s.log_offset > c.log_offset
            """
        let fates = Staging.list(Self.fateColumns)
        insertFates = """
            INSERT INTO \(schema).payload_values (\(fates)) SELECT \(fates) FROM stage_payload_values
            ON CONFLICT (raw_offset, raw_partition, raw_lane, channel_key, log_offset, log_partition, ordinal) DO NOTHING
            """
        let days = Staging.list(Self.dayColumns)
        // `is_settled` of the schema, with the call of the function only where a day is made of parts.
        settleDays = """
            WITH s AS MATERIALIZED (
                SELECT s.*,
                    EXISTS (
                        SELECT FROM \(schema).settled_windows w
                        WHERE w.channel_key = s.channel_key AND w.window_start <= s.day_start
                            AND w.window_start > s.day_start - INTERVAL '30 hours' AND w.window_end > s.day_start
                    ) OR EXISTS (
                        SELECT FROM \(schema).windows p
                        WHERE p.channel_key = s.channel_key
                            AND p.window_start >= s.day_start AND p.window_start < s.day_end
                            AND p.window_end - p.window_start < INTERVAL '18 hours' AND p.expected > 0
                    ) AND \(schema).parts_settle(s.channel_key, s.day_start, s.day_end) AS is_settled
                FROM stage_days s
            ), settled AS (
                DELETE FROM \(schema).counted_days d USING s
                WHERE s.is_settled AND d.channel_key = s.channel_key AND d.day_start = s.day_start
            )
            INSERT INTO \(schema).counted_days (\(days))
            SELECT \(days) FROM s
            WHERE NOT s.is_settled
                AND (s.has_reading OR \(schema).has_readings(s.channel_key, s.day_start, s.day_end))
            ON CONFLICT (channel_key, day_start) DO NOTHING
            """
        countDays = "SELECT \(schema).count_days($1)"
    }
}

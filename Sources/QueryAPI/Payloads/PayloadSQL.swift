/// The questions about one payload. `$1`, `$2`, `$3` are the topic, partition and offset of it.
enum PayloadSQL {
    private static let columns = """
        raw_topic, raw_partition, raw_offset, received_at, idempotency_key, source, format, sha256, outcome, code,
        payload_bytes, interval_count, register_count, facts, rejected_lines, original_topic, original_partition, original_offset
        """

    /// The payload itself and the same one sent again; the one that was not dropped comes first. `$2` is its source or NULL. The gateway puts
    /// the source before a sender's own key; both forms are found. Sources are few: the recursion jumps from one to the next.
    static let byKey = """
        WITH RECURSIVE sources AS (
            (SELECT source FROM payloads ORDER BY source LIMIT 1)
            UNION ALL
            SELECT (SELECT p.source FROM payloads p WHERE p.source > s.source ORDER BY p.source LIMIT 1)
            FROM sources s WHERE s.source IS NOT NULL
        ), keys AS (
            SELECT $1::text AS key
            UNION ALL
            SELECT $2::text || ':' || $1::text WHERE $2::text IS NOT NULL
            UNION ALL
            SELECT source || ':' || $1::text FROM sources WHERE $2::text IS NULL AND source IS NOT NULL
        )
        SELECT \(columns) FROM payloads
        WHERE idempotency_key IN (SELECT key FROM keys) AND ($2::text IS NULL OR source = $2)
        ORDER BY outcome = 'duplicate', received_at, raw_lane, raw_partition, raw_offset LIMIT 101
        """

    /// `$1` is the lane.
    static let byPointer = """
        SELECT \(columns) FROM payloads WHERE raw_lane = $1 AND raw_partition = $2 AND raw_offset = $3
        """

    /// Values found in the payload, by channel.
    static let found = """
        SELECT c.meter, c.channel, c.unit, sum(c.intervals)::bigint, to_timestamp(min(c."from")), to_timestamp(max(c."to"))
        FROM payloads p CROSS JOIN LATERAL jsonb_to_recordset(p.channels)
            AS c(meter text, channel text, unit text, intervals bigint, "from" bigint, "to" bigint)
        WHERE p.raw_topic = $1 AND p.raw_partition = $2 AND p.raw_offset = $3 AND c.intervals > 0
        GROUP BY 1, 2, 3
        """

    static let deadLetters = """
        SELECT stage, code, reason, partial, rejected_lines, lines FROM dead_letters
        WHERE raw_topic = $1 AND raw_partition = $2 AND raw_offset = $3 ORDER BY stage
        """

    /// Payloads by pointers, `$1` their lanes.
    static let names = """
        SELECT p.raw_topic, p.raw_partition, p.raw_offset, p.idempotency_key, p.source
        FROM unnest($1::smallint[], $2::integer[], $3::bigint[]) AS u(lane, partition, "offset")
        JOIN payloads p ON p.raw_lane = u.lane AND p.raw_partition = u.partition AND p.raw_offset = u."offset"
        """

    private static func isOurs(_ row: String) -> String {
        "\(row).raw_topic = $1 AND \(row).raw_partition = $2 AND \(row).raw_offset = $3"
    }

    /// A value that came, and no estimate that this payload made due.
    private static func isValue(_ row: String) -> String {
        "\(row).method IN ('none', 'source', 'manual') AND \(row).quality NOT IN (0, 254)"
    }

    /// VEE moves values that are a little off their grid: up to two hours for days.
    private static func inSpan(_ row: String) -> String {
        """
        \(row).channel_key = f.channel_key AND \(row).interval_end > f.span_start - INTERVAL '2 hours'
            AND \(row).interval_end <= f.span_end + INTERVAL '2 hours'
        """
    }

    private static let fates = """
        WITH f AS (
            SELECT channel_key, meter_id, channel, unit, min(span_start) AS span_start, max(span_end) AS span_end,
                sum(offered) AS offered, sum(taken) AS taken, sum(unchanged) AS unchanged, sum(held) AS held,
                sum(refused) AS refused, string_agg(DISTINCT nullif(code, ''), ' ') AS codes
            FROM payload_values WHERE raw_topic = $1 AND raw_partition = $2 AND raw_offset = $3
            GROUP BY channel_key, meter_id, channel, unit
        )
        """

    /// What VEE said, and what is in force now.
    static let channels = """
        \(fates)
        SELECT f.channel_key, f.meter_id, f.channel, f.unit, f.span_start, f.span_end, f.offered::bigint, f.taken::bigint,
            f.unchanged::bigint, f.held::bigint, f.refused::bigint, coalesce(f.codes, ''), i.in_force
        FROM f CROSS JOIN LATERAL (
            SELECT count(*) AS in_force FROM readings r WHERE \(inSpan("r")) AND \(isOurs("r")) AND \(isValue("r"))
        ) i
        """

    /// What is in force in place of values that were taken: the reading of the slot, or the version that withdrew it.
    static let successors = """
        \(fates),
        s AS (
            SELECT DISTINCT h.channel_key, h.interval_end, h.interval_seconds
            FROM f CROSS JOIN LATERAL (
                SELECT h.channel_key, h.interval_end, h.interval_seconds FROM readings_history h
                WHERE \(inSpan("h")) AND \(isOurs("h")) AND \(isValue("h"))
            ) h
        )
        SELECT s.channel_key, n.raw_topic, n.raw_partition, n.raw_offset, n.how, count(*)
        FROM s CROSS JOIN LATERAL (
            SELECT h.raw_topic, h.raw_partition, h.raw_offset,
                CASE WHEN h.quality = 254 THEN 'withdrawn' WHEN h.quality = 0 THEN 'missing'
                    WHEN h.method IN ('none', 'source', 'manual') THEN 'value' ELSE h.method END AS how
            FROM readings_history h
            WHERE h.channel_key = s.channel_key AND h.interval_end = s.interval_end AND h.interval_seconds = s.interval_seconds
            ORDER BY h.log_offset DESC LIMIT 1
        ) n
        WHERE NOT (\(isOurs("n")) AND n.how = 'value')
        GROUP BY 1, 2, 3, 4, 5
        ORDER BY count(*) DESC, 2, 3, 4, 5
        """

    private static func counted(_ row: String) -> String {
        "CASE WHEN \(row).quality NOT IN (0, 15, 254) THEN \(row).value ELSE 0 END"
    }

    /// Of the values in force, and of the slots withdrawn for them, less the versions before this payload's first.
    static let usageChanges = """
        \(fates),
        s AS (
            SELECT r.channel_key, r.interval_end, r.interval_seconds, r.usage
            FROM f CROSS JOIN LATERAL (
                SELECT r.channel_key, r.interval_end, r.interval_seconds, \(counted("r")) AS usage FROM readings r
                WHERE \(inSpan("r")) AND \(isOurs("r")) AND \(isValue("r"))
                UNION ALL
                SELECT h.channel_key, h.interval_end, h.interval_seconds, 0 FROM readings_history h
                WHERE \(inSpan("h")) AND \(isOurs("h")) AND h.quality = 254 AND NOT EXISTS (
                    SELECT FROM readings_history l
                    WHERE l.channel_key = h.channel_key AND l.interval_end = h.interval_end
                        AND l.interval_seconds = h.interval_seconds AND l.log_offset > h.log_offset
                )
            ) r
        )
        SELECT s.channel_key, trim_scale(sum(s.usage) - sum(coalesce(p.usage, 0)))
        FROM s CROSS JOIN LATERAL (
            SELECT min(h.log_offset) AS log_offset FROM readings_history h
            WHERE h.channel_key = s.channel_key AND h.interval_end = s.interval_end AND h.interval_seconds = s.interval_seconds
                AND \(isOurs("h")) AND (\(isValue("h")) OR h.quality = 254)
        ) m LEFT JOIN LATERAL (
            SELECT \(counted("h")) AS usage FROM readings_history h
            WHERE h.channel_key = s.channel_key AND h.interval_end = s.interval_end AND h.interval_seconds = s.interval_seconds
                AND h.log_offset < m.log_offset
            ORDER BY h.log_offset DESC LIMIT 1
        ) p ON true
        GROUP BY 1
        """
}

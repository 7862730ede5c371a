/// Payloads of meter M/9 and what became of their quarter hours from 2026-03-01T00:00:00Z. Values are in billionths of a kWh, small ones so
/// that they can be added up by eye.
///
/// P offered ten values of E1: slots 1 to 6 were taken (1 and 2 in place of O's), 7 said what held, 8 and 9 stood below R's, 10 was refused.
/// Then Q took slot 5, and slot 6 failed and was estimated when Q came. G brought quarters of B1 in place of O's half hour.
enum PayloadRows {
    private static let versions = """
        (1, 1, 900, 1, 5, 100, 80, 0), (1, 2, 900, 1, 5, 100, 80, 0), (1, 7, 900, 1, 5, 900, 80, 0),
        (1, 8, 900, 2, 8, 800, 80, 0), (1, 9, 900, 2, 8, 900, 80, 0),
        (1, 1, 900, 3, 10, 300, 80, 0), (1, 2, 900, 3, 10, 300, 80, 0), (1, 3, 900, 3, 10, 200, 80, 0),
        (1, 4, 900, 3, 10, 200, 70, 100), (1, 5, 900, 3, 10, 200, 80, 0), (1, 6, 900, 3, 10, 200, 80, 0),
        (1, 5, 900, 4, 20, 500, 80, 0), (1, 6, 900, 4, 20, 250, 40, 1),
        (2, 4, 1800, 1, 5, 400, 80, 0), (2, 3, 900, 5, 30, 150, 80, 0), (2, 4, 900, 5, 30, 200, 80, 0),
        (2, 4, 1800, 6, 30, NULL, 254, 0)
        """

    static let sql = """
        INSERT INTO rm_readings_1.channels
        SELECT k, 'M/9', CASE k WHEN 1 THEN 'E1' ELSE 'B1' END, 1, 'UTC', 900, '2026-03-01T00:15Z', '2026-03-01T02:30Z',
            '2026-03-02Z', 0, 0
        FROM generate_series(1, 2) k;
        INSERT INTO rm_readings_1.readings_history
        SELECT '2026-03-01T00:00Z'::timestamptz + slot * INTERVAL '15 minutes', '2026-03-02Z', '2026-03-02Z', value, raw, log, key,
            seconds, log, 0, 0, quality, method, 1, 0, 'base-1', NULL
        FROM (VALUES \(versions)) v(key, slot, seconds, log, raw, value, quality, method);
        INSERT INTO rm_readings_1.readings
        SELECT DISTINCT ON (channel_key, interval_end) * FROM rm_readings_1.readings_history h
        WHERE quality <> 254 AND NOT EXISTS (
            SELECT FROM rm_readings_1.readings_history w WHERE w.quality = 254 AND w.channel_key = h.channel_key
                AND w.interval_end = h.interval_end AND w.interval_s = h.interval_s
        )
        ORDER BY channel_key, interval_end, log_offset DESC;
        INSERT INTO rm_payloads_1.payloads
        SELECT '2026-03-02T00:00Z'::timestamptz + raw * INTERVAL '1 minute', gen_random_uuid(), raw, raw, 100 + raw, intervals, 0, original,
            original - original, 0, 0, least(1, intervals), rejected, facts, original - original, 0, outcome, id, source, 'text/csv', 'ab', code,
            CASE WHEN intervals > 0 THEN jsonb_build_array(jsonb_build_object('meter', 'M/9', 'channel', channel, 'unit', 'kWh',
                'intervals', intervals, 'registers', 0, 'from', 1772323200, 'to', 1772332200)) ELSE '[]' END
        FROM (VALUES
            (5, 'O', 'S1', 1, 4, NULL::integer, 0, 0, '', 'E1'), (8, 'R', 'S2', 1, 2, NULL, 0, 0, '', 'E1'),
            (10, 'P', 'S1', 1, 10, NULL, 2, 0, 'line_malformed', 'E1'), (20, 'Q', 'S2', 1, 1, NULL, 0, 0, '', 'E1'),
            (30, 'G', 'S1', 1, 2, NULL, 0, 0, '', 'B1'), (40, 'W', 'S1', 1, 96, NULL, 0, 0, '', 'E1'),
            (50, 'P', 'S1', 2, 0, 10, 0, 0, '', ''), (60, 'X', 'S1', 3, 0, NULL, 0, 0, 'malformed_syntax', ''),
            (70, 'P', 'S3', 1, 0, NULL, 0, 1, '', '')
        ) p(raw, id, source, outcome, intervals, original, rejected, facts, code, channel);
        INSERT INTO rm_readings_1.payload_values
        SELECT '2026-03-01T00:00Z', '2026-03-01T02:30Z', raw, raw, key, 0, 0, 0, seconds, offered, taken, replaced, unchanged, held,
            refused, 0, code
        FROM (VALUES
            (10, 1, 900, 10, 6, 2, 1, 2, 1, 'V12'), (20, 1, 900, 1, 1, 1, 0, 0, 0, ''), (30, 2, 900, 2, 2, 1, 0, 0, 0, ''),
            (5, 1, 900, 3, 3, 0, 0, 0, 0, ''), (5, 2, 1800, 1, 1, 0, 0, 0, 0, '')
        ) f(raw, key, seconds, offered, taken, replaced, unchanged, held, refused, code);
        INSERT INTO rm_dead_letters_1.dead_letters VALUES
            ('2026-03-02T00:10Z', 10, 1, 512, 0, 0, 2, 0, true, 'normalizer', 'P', 'S1', 'text/csv', 'line_malformed', 'two lines',
                '[{"line":7}]'),
            ('2026-03-02T01:00Z', 60, 2, 512, 0, 0, 0, 0, false, 'normalizer', 'X', 'S1', 'text/csv', 'malformed_syntax', 'no CSV', '[]');
        """
}

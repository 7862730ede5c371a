/// What the suite's database holds: meter M/1 with 8 quarter hours on two channels from 2026-03-28T23:00:00Z, meter M2 that
/// is only registered, register readings of M/1 and of a meter M4 without anything else, nine alarms, an exception and a dead letter.
enum ExampleRows {
    static let sql = """
        INSERT INTO rm_readings_1.channels
        SELECT k, 'M/1', CASE k WHEN 1 THEN 'E1' ELSE 'B1' END, 1, 'Europe/Berlin', 900, '2026-03-28T23:15Z',
            '2026-03-29T01:00Z', '2026-03-29T02:00Z', 0, 0
        FROM generate_series(1, 2) k;
        INSERT INTO rm_readings_1.readings
        SELECT '2026-03-28T23:00Z'::timestamptz + i * INTERVAL '15 minutes', '2026-03-29T02:00:00.5Z', '2026-03-29T02:00Z',
            CASE i WHEN 3 THEN NULL ELSE i * 100000000 + 1 END, 1000 + i, i, k, 900, 1, 3, 0,
            CASE i WHEN 3 THEN 0 ELSE 80 END, 0, 1, 0, 'base-1',
            CASE i WHEN 4 THEN '[{"rule":19,"observed":1.5}]'::jsonb END
        FROM generate_series(1, 8) i, generate_series(1, 2) k;
        INSERT INTO rm_readings_1.readings_history SELECT * FROM rm_readings_1.readings;
        INSERT INTO rm_readings_1.readings_history
        SELECT interval_end, decided_at, received_at, value_e9 + 5, raw_offset + 10, log_offset + 100, channel_key, interval_s,
            revision + 1, raw_partition, log_partition, quality, method, unit, raw_lane, rule_set, findings
        FROM rm_readings_1.readings WHERE channel_key = 1;
        INSERT INTO rm_readings_1.windows
        SELECT '2026-03-28T23:00Z', '2026-03-29T22:00Z', '2026-03-29T23:00Z', 1234567890, 1, 1, 0, 92, 91, 0, 0, 1, 0, 1, 1,
            true, 'Europe/Berlin', 'base-1', 3, false, 0;
        INSERT INTO rm_readings_1.derived_registers
        SELECT '2026-03-29T22:00Z'::timestamptz + i * INTERVAL '1 day', '2026-03-30T23:00Z', 7000000000 + i, '2026-03-28T22:00Z', 5000000000,
            11, 20 + i, 1, 0, 3, 96, 4, 1, 50, 1, 0, 'base-1'
        FROM generate_series(0, 2) i;
        INSERT INTO rm_registry_1.registers
        SELECT '2026-03-28T22:00Z', '2026-03-29T02:00Z', gen_random_uuid(), 5000000000, 11, 3, 80, 1, 0, 'M/1', 'E1', '', '', 0, false, false, true;
        INSERT INTO rm_registry_1.registers
        SELECT '2026-03-30T22:00Z', '2026-03-31T02:00Z', gen_random_uuid(), 9000000000, 12, 3, 10, 1, 0, 'M/1', 'E1', tou, '', 0, false, false, true
        FROM unnest(ARRAY['', 'T1', 'T2']) tou;
        INSERT INTO rm_registry_1.registers
        SELECT '2026-03-30T22:00Z', '2026-03-31T02:00Z', gen_random_uuid(), 1, 12, 3, 10, 1, 0, 'M4', 'E1', '', '', 0, false, false, true;
        INSERT INTO rm_registry_1.registrations VALUES ('2026-03-01T00:00Z', gen_random_uuid(), 1, 0, 0, 'M2',
            'Europe/Berlin', 'homes', 'T-1', 'F-1');
        INSERT INTO rm_alarms_1.alarms
        SELECT '2026-03-29T00:00Z'::timestamptz + i * INTERVAL '1 minute', '2026-03-29T03:00Z', i, i, 0, 0, i % 3, 1, 'a' || i,
            'M/1', 'power_down', '3.26.0.85', 'PF', 'line "1",' || chr(10) || 'two', 'map-1'
        FROM generate_series(1, 9) i;
        INSERT INTO rm_exceptions_1.exceptions VALUES ('2026-03-28T23:00Z', '2026-03-29T22:00Z', '2026-03-28T23:30Z',
            '2026-03-29T23:00Z', '2026-03-29T02:00Z', 1500000000, 1000000000, 5, 6, 19, 2, 0, 0, 2, 0, true, 'M/1', 'E1', '',
            'spike', 'base-1');
        INSERT INTO rm_dead_letters_1.dead_letters VALUES ('2026-03-29T02:00Z', 77, 3, 512, 1, 0, 0, 0, false, 'normalizer',
            'key-1', 'HES-1', 'text/csv', 'DECODE', 'not a number', '[]');
        INSERT INTO projection_offsets VALUES ('readings', 1, 'meter.validated', 0, 42);
        """
}

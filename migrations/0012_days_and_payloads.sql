-- Readings that were withdrawn, every local day that has readings, and what became of each payload.
--
-- As in 0011 a generation that is there already is altered, and a new one is made by the earlier functions and then altered.

-- ---- Names -------------------------------------------------------------------------------------------------------------------------------

-- MeterCore.Quality, and ValidatedIntervals.withdrawn, which is in the history only.
CREATE OR REPLACE FUNCTION meterlog_quality_name(quality smallint) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $body$
    SELECT CASE quality
        WHEN 0 THEN 'missing'
        WHEN 10 THEN 'raw'
        WHEN 15 THEN 'failed'
        WHEN 20 THEN 'projected'
        WHEN 30 THEN 'estimated_profile'
        WHEN 35 THEN 'estimated_reference_day'
        WHEN 40 THEN 'estimated_linear'
        WHEN 45 THEN 'estimated_scaled'
        WHEN 50 THEN 'derived'
        WHEN 60 THEN 'questionable'
        WHEN 70 THEN 'verified'
        WHEN 80 THEN 'validated'
        WHEN 90 THEN 'edited'
        WHEN 100 THEN 'revenue'
        WHEN 254 THEN 'withdrawn'
        ELSE 'quality_' || quality
    END
$body$;

-- MeterEvents.PayloadOutcomeEvent.Outcome
CREATE FUNCTION meterlog_outcome_name(outcome smallint) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $body$
    SELECT CASE outcome WHEN 1 THEN 'decoded' WHEN 2 THEN 'duplicate' WHEN 3 THEN 'refused' ELSE 'outcome_' || outcome END
$body$;

-- ---- Read model readings -----------------------------------------------------------------------------------------------------------------

CREATE FUNCTION meterlog_alter_readings_0012(generation integer) RETURNS void LANGUAGE plpgsql AS $body$
DECLARE
    path_before text := current_setting('search_path');
BEGIN
    PERFORM set_config('search_path', quote_ident('rm_readings_' || generation) || ', public', true);

    -- How far behind its beginning a reading of the channel can end.
    ALTER TABLE channels ADD COLUMN longest_interval_s integer NOT NULL DEFAULT 0;
    UPDATE channels c SET longest_interval_s = r.longest
    FROM (SELECT channel_key, max(interval_s) AS longest FROM readings GROUP BY channel_key) r
    WHERE r.channel_key = c.channel_key;

    -- NULL in windows that an older version stored: the generation was not told.
    ALTER TABLE windows ADD COLUMN failed_sum_e9 bigint;

    -- Local days with readings that no closed window settles. They are few; daily usage counts them from the readings.
    CREATE TABLE counted_days (
        day_start timestamptz NOT NULL,
        day_end timestamptz NOT NULL,
        channel_key integer NOT NULL,
        -- NULL where the server does not know the zone.
        day date,
        time_zone text NOT NULL,
        PRIMARY KEY (channel_key, day_start)
    );

    -- What became of the values of one block of a payload when VEE took it. Rows are only ever added.
    CREATE TABLE payload_values (
        span_start timestamptz NOT NULL,
        span_end timestamptz NOT NULL,
        raw_offset bigint NOT NULL,
        log_offset bigint NOT NULL,
        channel_key integer NOT NULL,
        raw_partition integer NOT NULL,
        log_partition integer NOT NULL,
        -- Place in the record of meter.validated.
        ordinal integer NOT NULL,
        interval_s integer NOT NULL,
        offered integer NOT NULL,
        taken integer NOT NULL,
        replaced integer NOT NULL,
        unchanged integer NOT NULL,
        held integer NOT NULL,
        refused integer NOT NULL,
        raw_lane smallint NOT NULL,
        code text NOT NULL,
        PRIMARY KEY (raw_offset, raw_partition, raw_lane, channel_key, log_offset, log_partition, ordinal)
    );

    -- Windows that say what a day's usage is. What was checked without its history, and failed values that the window does not sum, are
    -- counted from the readings; so are the days of windows that are longer than a day.
    CREATE VIEW settled_windows AS
    SELECT w.channel_key, w.window_start, w.window_end
    FROM windows w
    WHERE w.window_end - w.window_start BETWEEN INTERVAL '18 hours' AND INTERVAL '30 hours'
        AND w.expected > 0 AND w.closed AND w.beyond_history IS NOT TRUE AND (w.failed = 0 OR w.failed_sum_e9 <> 0)
        AND NOT EXISTS (
            SELECT FROM windows p
            WHERE p.channel_key = w.channel_key AND p.window_start >= w.window_start AND p.window_start < w.window_end
                AND p.window_end - p.window_start < INTERVAL '18 hours' AND p.expected > 0 AND p.log_offset > w.log_offset
        )
        AND NOT EXISTS (
            SELECT FROM windows l
            WHERE l.channel_key = w.channel_key AND l.window_start <= w.window_start AND l.window_end > w.window_start
                AND l.window_end - l.window_start > INTERVAL '30 hours' AND l.expected > 0
        );

    -- The same of a day that is made of parts; all of them have to be there.
    CREATE FUNCTION parts_settle(key integer, from_instant timestamptz, to_instant timestamptz) RETURNS boolean LANGUAGE sql STABLE
    BEGIN ATOMIC
        SELECT coalesce(
            (
                SELECT bool_and(p.closed AND p.beyond_history IS NOT TRUE AND (p.failed = 0 OR p.failed_sum_e9 <> 0))
                    AND max(p.window_end) >= to_instant
                    AND sum(p.window_end - p.window_start) = max(p.window_end) - min(p.window_start)
                    AND (
                        min(p.window_start) <= from_instant
                        OR (SELECT c.first_interval_end FROM channels c WHERE c.channel_key = key) > min(p.window_start)
                    )
                    AND NOT EXISTS (
                        SELECT FROM windows b
                        WHERE b.channel_key = key AND b.window_start >= from_instant AND b.window_start < to_instant
                            AND b.window_end - b.window_start BETWEEN INTERVAL '18 hours' AND INTERVAL '30 hours'
                            AND b.expected > 0 AND b.log_offset >= max(p.log_offset)
                    )
                    AND NOT EXISTS (
                        SELECT FROM windows l
                        WHERE l.channel_key = key AND l.window_start <= from_instant AND l.window_end > from_instant
                            AND l.window_end - l.window_start > INTERVAL '30 hours' AND l.expected > 0
                    )
                FROM windows p
                WHERE p.channel_key = key AND p.window_start >= from_instant AND p.window_start < to_instant
                    AND p.window_end - p.window_start < INTERVAL '18 hours' AND p.expected > 0
            ),
            false
        );
    END;

    CREATE FUNCTION is_settled(key integer, from_instant timestamptz, to_instant timestamptz) RETURNS boolean LANGUAGE sql STABLE
    BEGIN ATOMIC
        SELECT EXISTS (
            SELECT FROM settled_windows w
            WHERE w.channel_key = key AND w.window_start <= from_instant AND w.window_start > from_instant - INTERVAL '30 hours'
                AND w.window_end > from_instant
        ) OR parts_settle(key, from_instant, to_instant);
    END;

    -- Whether a reading of the channel begins in the span.
    CREATE FUNCTION has_readings(key integer, from_instant timestamptz, to_instant timestamptz) RETURNS boolean LANGUAGE sql STABLE
    BEGIN ATOMIC
        SELECT EXISTS (
            SELECT FROM channels c
            JOIN readings r ON r.channel_key = c.channel_key
            WHERE c.channel_key = key
                AND r.interval_end > from_instant
                AND r.interval_end < to_instant + make_interval(secs => greatest(c.interval_s, c.longest_interval_s))
                AND r.interval_end - make_interval(secs => r.interval_s) >= from_instant
                AND r.interval_end - make_interval(secs => r.interval_s) < to_instant
        );
    END;

    -- Finds the days to count of one channel, or of all, anew.
    CREATE FUNCTION count_days(key integer) RETURNS void LANGUAGE sql
    BEGIN ATOMIC
        DELETE FROM counted_days d WHERE key IS NULL OR d.channel_key = key;
        INSERT INTO counted_days (channel_key, day_start, day_end, day, time_zone)
        SELECT c.channel_key, d.day_start, d.day_end, d.day, c.time_zone
        FROM channels c
        CROSS JOIN LATERAL meterlog_local_days(
            c.first_interval_end - make_interval(secs => greatest(c.interval_s, c.longest_interval_s)), c.last_interval_end, c.time_zone
        ) d
        WHERE (key IS NULL OR c.channel_key = key)
            AND NOT is_settled(c.channel_key, d.day_start, d.day_end)
            AND has_readings(c.channel_key, d.day_start, d.day_end)
        ON CONFLICT (channel_key, day_start) DO NOTHING;
    END;
    PERFORM count_days(NULL);

    PERFORM set_config('search_path', path_before, true);
END
$body$;

ALTER FUNCTION meterlog_create_readings(integer) RENAME TO meterlog_create_readings_0011;

CREATE FUNCTION meterlog_create_readings(generation integer) RETURNS void LANGUAGE plpgsql AS $body$
BEGIN
    PERFORM meterlog_create_readings_0011(generation);
    PERFORM meterlog_alter_readings_0012(generation);
END
$body$;

CREATE OR REPLACE FUNCTION meterlog_publish_readings(generation integer) RETURNS void LANGUAGE plpgsql AS $body$
DECLARE
    path_before text := current_setting('search_path');
BEGIN
    PERFORM set_config('search_path', quote_ident('rm_readings_' || generation) || ', public', true);

    CREATE OR REPLACE VIEW public.readings AS
    SELECT
        c.meter_id,
        c.channel,
        r.interval_end - make_interval(secs => r.interval_s) AS interval_start,
        r.interval_end,
        r.interval_s AS interval_seconds,
        meterlog_amount(r.value_e9) AS value,
        r.value_e9,
        meterlog_unit_symbol(r.unit) AS unit,
        r.quality,
        meterlog_quality_name(r.quality) AS quality_name,
        meterlog_method_name(r.method) AS method,
        r.revision,
        r.rule_set,
        r.findings,
        r.decided_at,
        r.received_at,
        meterlog_raw_topic(r.raw_lane) AS raw_topic,
        r.raw_partition,
        r.raw_offset,
        r.log_partition,
        r.log_offset,
        r.channel_key
    FROM readings r
    JOIN channels c ON c.channel_key = r.channel_key;

    -- In the order in which it became known: ORDER BY revision, log_offset.
    CREATE OR REPLACE VIEW public.readings_history AS
    SELECT
        c.meter_id,
        c.channel,
        r.interval_end - make_interval(secs => r.interval_s) AS interval_start,
        r.interval_end,
        r.interval_s AS interval_seconds,
        meterlog_amount(r.value_e9) AS value,
        r.value_e9,
        meterlog_unit_symbol(r.unit) AS unit,
        r.quality,
        meterlog_quality_name(r.quality) AS quality_name,
        meterlog_method_name(r.method) AS method,
        r.revision,
        r.rule_set,
        r.findings,
        r.decided_at,
        r.received_at,
        meterlog_raw_topic(r.raw_lane) AS raw_topic,
        r.raw_partition,
        r.raw_offset,
        r.log_partition,
        r.log_offset,
        r.channel_key
    FROM readings_history r
    JOIN channels c ON c.channel_key = r.channel_key;

    CREATE OR REPLACE VIEW public.meters AS
    SELECT
        meter_id,
        channel,
        meterlog_unit_symbol(unit) AS unit,
        time_zone,
        interval_s AS interval_seconds,
        first_interval_end,
        last_interval_end,
        last_received_at,
        channel_key
    FROM channels;

    CREATE OR REPLACE VIEW public.windows AS
    SELECT
        c.meter_id,
        c.channel,
        w.window_start,
        w.window_end,
        w.time_zone,
        w.expected,
        w.validated,
        w.estimated,
        w.failed,
        w.missing,
        w.pending,
        w.closed,
        w.revision,
        meterlog_amount(w.sum_e9) AS sum,
        meterlog_unit_symbol(w.unit) AS unit,
        w.rule_set,
        w.decided_at,
        meterlog_grade_name(w.grade) AS grade,
        w.beyond_history,
        meterlog_amount(w.failed_sum_e9) AS failed_sum
    FROM windows w
    JOIN channels c ON c.channel_key = w.channel_key;

    -- One row for each local day that has readings: the sum of those that begin in it, without failed ones, which failed_energy sums. Closed
    -- windows have the sum already; all other days are in counted_days and are counted here. Where the length of windows was changed there
    -- are windows of several lengths about one day: one that is longer holds, and otherwise the one that was decided later. A window that
    -- was taken back expects nothing.
    CREATE OR REPLACE VIEW public.daily_usage AS
    -- Windows that are the local day.
    SELECT
        c.meter_id,
        c.channel,
        meterlog_local_day(w.window_start, w.time_zone) AS day,
        w.window_start,
        w.window_end,
        w.time_zone,
        meterlog_amount(w.sum_e9) AS usage,
        meterlog_unit_symbol(w.unit) AS unit,
        w.expected,
        w.validated + w.estimated + w.failed AS present,
        w.closed,
        w.estimated,
        w.failed,
        w.missing,
        meterlog_amount(coalesce(w.failed_sum_e9, 0)) AS failed_energy
    FROM windows w
    JOIN channels c ON c.channel_key = w.channel_key
    WHERE w.window_end - w.window_start BETWEEN INTERVAL '18 hours' AND INTERVAL '30 hours'
        AND w.expected > 0
        AND w.closed
        AND meterlog_unit_adds_up(w.unit)
        AND NOT EXISTS (SELECT FROM counted_days d WHERE d.channel_key = w.channel_key AND d.day_start = w.window_start)
        AND NOT EXISTS (
            SELECT FROM windows l
            WHERE l.channel_key = w.channel_key AND l.window_start <= w.window_start AND l.window_end > w.window_start
                AND l.window_end - l.window_start > INTERVAL '30 hours' AND l.expected > 0
        )
        AND NOT EXISTS (
            SELECT FROM windows p
            WHERE p.channel_key = w.channel_key AND p.window_start >= w.window_start AND p.window_start < w.window_end
                AND p.window_end - p.window_start < INTERVAL '18 hours' AND p.expected > 0 AND p.log_offset > w.log_offset
        )
    UNION ALL
    -- Windows that are parts of a day: one row for the first part that is there, over all of them. A day in which the channel began has no
    -- earlier parts.
    SELECT
        c.meter_id,
        c.channel,
        d.day,
        w.window_start,
        p.window_end,
        w.time_zone,
        trim_scale(p.sum_e9 * 0.000000001),
        meterlog_unit_symbol(w.unit),
        p.expected,
        p.present,
        p.are_closed AND p.window_end >= d.day_end AND p.covered = p.window_end - w.window_start
            AND (w.window_start <= d.day_start OR c.first_interval_end > w.window_start),
        p.estimated,
        p.failed,
        p.missing,
        trim_scale(p.failed_sum_e9 * 0.000000001)
    FROM windows w
    JOIN channels c ON c.channel_key = w.channel_key
    CROSS JOIN LATERAL meterlog_local_days(w.window_start, w.window_start + INTERVAL '1 microsecond', w.time_zone) d
    CROSS JOIN LATERAL (
        SELECT
            max(p.window_end) AS window_end,
            sum(p.window_end - p.window_start) AS covered,
            sum(p.sum_e9) AS sum_e9,
            sum(p.expected)::integer AS expected,
            sum(p.validated + p.estimated + p.failed)::integer AS present,
            sum(p.estimated)::integer AS estimated,
            sum(p.failed)::integer AS failed,
            sum(p.missing)::integer AS missing,
            sum(coalesce(p.failed_sum_e9, 0)) AS failed_sum_e9,
            bool_and(p.closed) AS are_closed,
            max(p.log_offset) AS log_offset
        FROM windows p
        WHERE p.channel_key = w.channel_key AND p.window_start >= d.day_start AND p.window_start < d.day_end
            AND p.window_end - p.window_start < INTERVAL '18 hours' AND p.expected > 0
    ) p
    WHERE w.window_end - w.window_start < INTERVAL '18 hours'
        AND w.expected > 0
        AND meterlog_unit_adds_up(w.unit)
        AND NOT EXISTS (SELECT FROM counted_days n WHERE n.channel_key = w.channel_key AND n.day_start = d.day_start)
        AND NOT EXISTS (
            SELECT FROM windows f
            WHERE f.channel_key = w.channel_key AND f.window_start >= d.day_start AND f.window_start < w.window_start
                AND f.window_end - f.window_start < INTERVAL '18 hours' AND f.expected > 0
        )
        AND NOT EXISTS (
            SELECT FROM windows l
            WHERE l.channel_key = w.channel_key AND l.window_start <= w.window_start AND l.window_end > w.window_start
                AND l.window_end - l.window_start > INTERVAL '30 hours' AND l.expected > 0
        )
        AND NOT EXISTS (
            SELECT FROM windows b
            WHERE b.channel_key = w.channel_key AND b.window_start >= d.day_start AND b.window_start < d.day_end
                AND b.window_end - b.window_start BETWEEN INTERVAL '18 hours' AND INTERVAL '30 hours'
                AND b.expected > 0 AND b.log_offset >= p.log_offset
        )
    UNION ALL
    -- Days that no closed window settles, from the readings that begin in them. A window that is the day says how many it expects, and what
    -- they were when retention has dropped them; otherwise the time that no reading covers is expected in the day's shortest interval.
    SELECT
        c.meter_id,
        c.channel,
        d.day,
        d.day_start,
        d.day_end,
        d.time_zone,
        CASE WHEN r.readings > 0 THEN trim_scale(coalesce(r.sum_e9, 0) * 0.000000001) ELSE meterlog_amount(w.sum_e9) END,
        meterlog_unit_symbol(c.unit),
        coalesce(
            w.expected,
            (r.readings + greatest(0, extract(epoch FROM d.day_end - d.day_start)::bigint - r.seconds) / r.interval_s)::integer
        ),
        CASE WHEN r.readings > 0 THEN r.present ELSE w.validated + w.estimated + w.failed END,
        coalesce(
            (
                SELECT l.closed FROM windows l
                WHERE l.channel_key = d.channel_key AND l.window_start <= d.day_start AND l.window_end > d.day_start
                    AND l.window_end - l.window_start > INTERVAL '30 hours' AND l.expected > 0
                ORDER BY l.log_offset DESC LIMIT 1
            ),
            (
                SELECT bool_and(p.closed) AND max(p.window_end) >= d.day_end
                    AND sum(p.window_end - p.window_start) = max(p.window_end) - min(p.window_start)
                    AND (min(p.window_start) <= d.day_start OR c.first_interval_end > min(p.window_start))
                FROM windows p
                WHERE p.channel_key = d.channel_key AND p.window_start >= d.day_start AND p.window_start < d.day_end
                    AND p.window_end - p.window_start < INTERVAL '18 hours' AND p.expected > 0
                HAVING w.log_offset IS NULL OR max(p.log_offset) > w.log_offset
            ),
            w.closed,
            false
        ),
        CASE WHEN r.readings > 0 THEN r.estimated ELSE w.estimated END,
        CASE WHEN r.readings > 0 THEN r.failed ELSE w.failed END,
        CASE WHEN r.readings > 0 THEN r.missing ELSE w.missing END,
        CASE WHEN r.readings > 0 THEN trim_scale(coalesce(r.failed_sum_e9, 0) * 0.000000001)
            ELSE meterlog_amount(coalesce(w.failed_sum_e9, 0)) END
    FROM counted_days d
    JOIN channels c ON c.channel_key = d.channel_key
    LEFT JOIN windows w ON w.channel_key = d.channel_key AND w.window_start = d.day_start
        AND w.window_end - w.window_start BETWEEN INTERVAL '18 hours' AND INTERVAL '30 hours' AND w.expected > 0 AND w.closed
    CROSS JOIN LATERAL (
        SELECT
            count(*) AS readings,
            sum(r.interval_s) AS seconds,
            min(r.interval_s) AS interval_s,
            sum(r.value_e9) FILTER (WHERE r.quality NOT IN (0, 15)) AS sum_e9,
            sum(r.value_e9) FILTER (WHERE r.quality = 15) AS failed_sum_e9,
            (count(*) FILTER (WHERE r.quality <> 0))::integer AS present,
            (count(*) FILTER (WHERE r.quality BETWEEN 20 AND 45))::integer AS estimated,
            (count(*) FILTER (WHERE r.quality = 15))::integer AS failed,
            (count(*) FILTER (WHERE r.quality = 0))::integer AS missing
        FROM readings r
        WHERE r.channel_key = d.channel_key
            AND r.interval_end > d.day_start
            AND r.interval_end < d.day_end + make_interval(secs => greatest(c.interval_s, c.longest_interval_s))
            AND r.interval_end - make_interval(secs => r.interval_s) >= d.day_start
            AND r.interval_end - make_interval(secs => r.interval_s) < d.day_end
    ) r
    WHERE meterlog_unit_adds_up(c.unit)
        AND (r.readings > 0 OR w.closed);

    CREATE OR REPLACE VIEW public.derived_registers AS
    SELECT
        c.meter_id,
        c.channel,
        d.read_at,
        meterlog_amount(d.value_e9) AS value,
        meterlog_unit_symbol(d.unit) AS unit,
        d.quality,
        meterlog_quality_name(d.quality) AS quality_name,
        d.revision,
        d.base_read_at,
        meterlog_amount(d.base_value_e9) AS base_value,
        d.intervals,
        d.estimated,
        d.rule_set,
        d.decided_at,
        meterlog_raw_topic(d.raw_lane) AS raw_topic,
        d.raw_partition,
        d.raw_offset
    FROM derived_registers d
    JOIN channels c ON c.channel_key = d.channel_key
    WHERE d.quality <> 0;

    -- In the order in which it became known: ORDER BY revision, log_offset. What was taken back has the quality missing.
    CREATE OR REPLACE VIEW public.derived_registers_history AS
    SELECT
        c.meter_id,
        c.channel,
        d.read_at,
        meterlog_amount(d.value_e9) AS value,
        meterlog_unit_symbol(d.unit) AS unit,
        d.quality,
        meterlog_quality_name(d.quality) AS quality_name,
        d.revision,
        d.base_read_at,
        meterlog_amount(d.base_value_e9) AS base_value,
        d.intervals,
        d.estimated,
        d.rule_set,
        d.decided_at,
        meterlog_raw_topic(d.raw_lane) AS raw_topic,
        d.raw_partition,
        d.raw_offset,
        d.log_partition,
        d.log_offset
    FROM derived_registers_history d
    JOIN channels c ON c.channel_key = d.channel_key;

    -- What became of the values of each block of a payload when VEE took it.
    CREATE OR REPLACE VIEW public.payload_values AS
    SELECT
        meterlog_raw_topic(v.raw_lane) AS raw_topic,
        v.raw_partition,
        v.raw_offset,
        c.meter_id,
        c.channel,
        meterlog_unit_symbol(c.unit) AS unit,
        v.span_start,
        v.span_end,
        v.interval_s AS interval_seconds,
        v.offered,
        v.taken,
        v.replaced,
        v.unchanged,
        v.held,
        v.refused,
        v.code,
        v.channel_key
    FROM payload_values v
    JOIN channels c ON c.channel_key = v.channel_key;

    INSERT INTO public.projection_generations AS g (projection, generation) VALUES ('readings', generation)
    ON CONFLICT (projection) DO UPDATE SET generation = excluded.generation, published_at = now();
    PERFORM set_config('search_path', path_before, true);
END
$body$;

-- ---- Read model payloads -----------------------------------------------------------------------------------------------------------------

CREATE FUNCTION meterlog_create_payloads(generation integer) RETURNS void LANGUAGE plpgsql AS $body$
DECLARE
    generation_schema text := 'rm_payloads_' || generation;
    path_before text := current_setting('search_path');
BEGIN
    EXECUTE format('CREATE SCHEMA %I', generation_schema);
    PERFORM set_config('search_path', quote_ident(generation_schema) || ', public', true);

    -- One row for each record of a raw topic, duplicates and refused ones included.
    CREATE TABLE payloads (
        received_at timestamptz NOT NULL,
        -- 128-bit hash of the idempotency key.
        payload uuid NOT NULL,
        raw_offset bigint NOT NULL,
        log_offset bigint NOT NULL,
        payload_bytes bigint NOT NULL,
        interval_count bigint NOT NULL,
        register_count bigint NOT NULL,
        -- Of a duplicate: the payload that it repeats, where that is known.
        original_offset bigint,
        original_partition integer,
        raw_partition integer NOT NULL,
        log_partition integer NOT NULL,
        channel_count integer NOT NULL,
        rejected_lines integer NOT NULL,
        facts integer NOT NULL,
        original_lane smallint,
        raw_lane smallint NOT NULL,
        outcome smallint NOT NULL,
        idempotency_key text NOT NULL,
        source text NOT NULL,
        format text NOT NULL,
        sha256 text NOT NULL,
        code text NOT NULL,
        -- [{"meter":"...","channel":"...","unit":"kWh","intervals":96,"registers":0,"from":1772323200,"to":1772409600}]: the first 10,000.
        channels jsonb NOT NULL,
        PRIMARY KEY (raw_lane, raw_partition, raw_offset)
    );
    CREATE INDEX ON payloads (received_at DESC);
    CREATE INDEX ON payloads (source, received_at DESC);
    CREATE INDEX ON payloads (idempotency_key);

    PERFORM set_config('search_path', path_before, true);
END
$body$;

CREATE FUNCTION meterlog_publish_payloads(generation integer) RETURNS void LANGUAGE plpgsql AS $body$
DECLARE
    path_before text := current_setting('search_path');
BEGIN
    PERFORM set_config('search_path', quote_ident('rm_payloads_' || generation) || ', public', true);

    CREATE OR REPLACE VIEW public.payloads AS
    SELECT
        meterlog_raw_topic(raw_lane) AS raw_topic,
        raw_partition,
        raw_offset,
        received_at,
        idempotency_key,
        payload AS payload_hash,
        source,
        format,
        sha256,
        meterlog_outcome_name(outcome) AS outcome,
        code,
        payload_bytes,
        channel_count,
        interval_count,
        register_count,
        rejected_lines,
        facts,
        meterlog_raw_topic(original_lane) AS original_topic,
        original_partition,
        original_offset,
        channels,
        raw_lane
    FROM payloads;

    INSERT INTO public.projection_generations AS g (projection, generation) VALUES ('payloads', generation)
    ON CONFLICT (projection) DO UPDATE SET generation = excluded.generation, published_at = now();
    PERFORM set_config('search_path', path_before, true);
END
$body$;

-- ---- What is there already ---------------------------------------------------------------------------------------------------------------

DO $block$
DECLARE
    existing integer;
BEGIN
    FOR existing IN SELECT substr(nspname, 13)::integer FROM pg_namespace WHERE nspname ~ '^rm_readings_[0-9]+$' LOOP
        PERFORM meterlog_alter_readings_0012(existing);
    END LOOP;
    PERFORM meterlog_publish_readings(generation) FROM projection_generations WHERE projection = 'readings';
END
$block$;

SELECT meterlog_create_payloads(1);
SELECT meterlog_publish_payloads(1);

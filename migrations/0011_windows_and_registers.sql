-- The grade of a window, register readings that follow from intervals, the rate of a register, and daily usage for windows of any length.
--
-- A generation that is there already is altered; a new one is made by the functions of 0002 and 0006, and then altered by the same
-- functions, so that both have the same tables.

-- ---- Names -------------------------------------------------------------------------------------------------------------------------------

-- MeterCore.EstimationMethod
CREATE OR REPLACE FUNCTION meterlog_method_name(method smallint) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $body$
    SELECT CASE method
        WHEN 0 THEN 'none'
        WHEN 1 THEN 'linear'
        WHEN 2 THEN 'outage_zero'
        WHEN 3 THEN 'reference_days'
        WHEN 4 THEN 'anchored'
        WHEN 5 THEN 'like_day'
        WHEN 6 THEN 'proxy_day'
        WHEN 7 THEN 'class_profile'
        WHEN 8 THEN 'average_load'
        WHEN 9 THEN 'register_flat'
        WHEN 10 THEN 'check_meter'
        WHEN 11 THEN 'outage_one_side'
        WHEN 12 THEN 'manual'
        WHEN 13 THEN 'extrapolated'
        WHEN 100 THEN 'source'
        ELSE 'method_' || method
    END
$body$;

-- The gravest finding about a window: none or a severity.
CREATE FUNCTION meterlog_grade_name(grade smallint) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $body$
    SELECT CASE grade WHEN 0 THEN 'none' ELSE meterlog_severity_name(grade) END
$body$;

-- ---- Local days --------------------------------------------------------------------------------------------------------------------------

-- The name of a zone for AT TIME ZONE, which takes these for abbreviations without summer time.
CREATE FUNCTION meterlog_zone_name(zone text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $body$
    SELECT CASE zone
        WHEN 'CET' THEN 'Europe/Brussels'
        WHEN 'MET' THEN 'Europe/Brussels'
        WHEN 'EET' THEN 'Europe/Athens'
        WHEN 'WET' THEN 'Europe/Lisbon'
        ELSE zone
    END
$body$;

-- Of a zone that is only an offset, such as +10:00 or -0330, the time it is ahead of UTC; NULL for any other.
CREATE FUNCTION meterlog_zone_offset(zone text) RETURNS interval LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $body$
    SELECT CASE WHEN zone ~ '^[+-][0-9]{2}(:?[0-9]{2})?$' THEN
        make_interval(
            hours => substr(zone, 2, 2)::integer,
            mins => coalesce(nullif(ltrim(substr(zone, 4), ':'), ''), '0')::integer
        ) * (left(zone, 1) || '1')::integer
    END
$body$;

-- The local calendar day that an instant belongs to; NULL where the server does not know the zone. It catches an error, which nothing in a
-- parallel query may do: declared as parallel safe it made the server refuse daily usage of many channels.
CREATE OR REPLACE FUNCTION meterlog_local_day(moment timestamptz, zone text) RETURNS date LANGUAGE plpgsql STABLE PARALLEL UNSAFE AS $body$
DECLARE
    fixed interval := meterlog_zone_offset(zone);
BEGIN
    IF fixed IS NOT NULL THEN
        RETURN (moment AT TIME ZONE fixed)::date;
    END IF;
    RETURN (moment AT TIME ZONE meterlog_zone_name(zone))::date;
EXCEPTION WHEN invalid_parameter_value THEN
    RETURN NULL;
END
$body$;

-- The first instant of a local day, by the offset where there is one. Of two midnights PostgreSQL would take the later; for one that the
-- clock leaves out it takes the jump, as VEE does.
CREATE FUNCTION meterlog_midnight(day date, zone text, fixed interval) RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE AS $body$
    SELECT CASE
        WHEN fixed IS NOT NULL THEN day::timestamp AT TIME ZONE fixed
        WHEN ((day::timestamp AT TIME ZONE zone) - INTERVAL '1 hour') AT TIME ZONE zone = day::timestamp
            THEN (day::timestamp AT TIME ZONE zone) - INTERVAL '1 hour'
        ELSE day::timestamp AT TIME ZONE zone
    END
$body$;

-- The local days that have a part in the span, as VEE cuts them. Where the server does not know the zone these are days of UTC, and the day
-- is NULL.
CREATE FUNCTION meterlog_local_days(span_start timestamptz, span_end timestamptz, zone text)
RETURNS TABLE (day date, day_start timestamptz, day_end timestamptz) LANGUAGE plpgsql STABLE PARALLEL UNSAFE ROWS 10 AS $body$
DECLARE
    fixed interval := meterlog_zone_offset(zone);
    name text := meterlog_zone_name(zone);
    first_day date := meterlog_local_day(span_start, zone);
    next_day date;
BEGIN
    IF first_day IS NULL THEN
        fixed := INTERVAL '0';
    END IF;
    next_day := coalesce(first_day, (span_start AT TIME ZONE fixed)::date);
    -- Where the clock is set back over midnight the date alone does not say which day an instant is in.
    WHILE meterlog_midnight(next_day, name, fixed) > span_start LOOP
        next_day := next_day - 1;
    END LOOP;
    day_end := meterlog_midnight(next_day, name, fixed);
    WHILE day_end < span_end LOOP
        day := CASE WHEN first_day IS NOT NULL THEN next_day END;
        day_start := day_end;
        next_day := next_day + 1;
        day_end := meterlog_midnight(next_day, name, fixed);
        -- A day that the zone left out is empty.
        IF day_end > span_start AND day_end > day_start THEN
            RETURN NEXT;
        END IF;
    END LOOP;
END
$body$;

-- ---- Read model readings -----------------------------------------------------------------------------------------------------------------

CREATE FUNCTION meterlog_alter_readings_0011(generation integer) RETURNS void LANGUAGE plpgsql AS $body$
DECLARE
    path_before text := current_setting('search_path');
BEGIN
    PERFORM set_config('search_path', quote_ident('rm_readings_' || generation) || ', public', true);

    -- NULL in windows that an older version stored: the generation was not told.
    ALTER TABLE windows ADD COLUMN grade smallint, ADD COLUMN beyond_history boolean;
    -- Empty where all windows are local days, which then costs daily usage nothing.
    CREATE INDEX windows_parts ON windows (channel_key, window_start) WHERE window_end - window_start < INTERVAL '18 hours';
    CREATE INDEX windows_longer ON windows (channel_key, window_start) WHERE window_end - window_start > INTERVAL '30 hours';

    -- What a channel's total register would read at the end of a window. One that was taken back has the quality missing and no value.
    CREATE TABLE derived_registers (
        read_at timestamptz NOT NULL,
        decided_at timestamptz NOT NULL,
        value_e9 bigint,
        -- The reading that it starts from; raw_* names its payload.
        base_read_at timestamptz NOT NULL,
        base_value_e9 bigint NOT NULL,
        raw_offset bigint NOT NULL,
        log_offset bigint NOT NULL,
        channel_key integer NOT NULL,
        log_partition integer NOT NULL,
        raw_partition integer NOT NULL,
        intervals integer NOT NULL,
        estimated integer NOT NULL,
        revision integer NOT NULL,
        quality smallint NOT NULL,
        unit smallint NOT NULL,
        raw_lane smallint NOT NULL,
        rule_set text NOT NULL,
        PRIMARY KEY (channel_key, read_at)
    ) WITH (fillfactor = 80);

    -- Every version. Rows are only ever added.
    CREATE TABLE derived_registers_history (
        LIKE derived_registers,
        PRIMARY KEY (channel_key, read_at, log_offset, log_partition)
    );

    PERFORM set_config('search_path', path_before, true);
END
$body$;

ALTER FUNCTION meterlog_create_readings(integer) RENAME TO meterlog_create_readings_0002;

CREATE FUNCTION meterlog_create_readings(generation integer) RETURNS void LANGUAGE plpgsql AS $body$
BEGIN
    PERFORM meterlog_create_readings_0002(generation);
    PERFORM meterlog_alter_readings_0011(generation);
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
        w.beyond_history
    FROM windows w
    JOIN channels c ON c.channel_key = w.channel_key;

    -- One row for each local day, however long the windows are. Where the length was changed there are windows of several lengths about one
    -- day: one that is longer holds, since its days are counted from the readings, and otherwise the one that was decided later. A window
    -- that was taken back expects nothing.
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
        w.closed
    FROM windows w
    JOIN channels c ON c.channel_key = w.channel_key
    WHERE w.window_end - w.window_start BETWEEN INTERVAL '18 hours' AND INTERVAL '30 hours'
        AND w.expected > 0
        AND meterlog_unit_adds_up(w.unit)
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
            AND (w.window_start <= d.day_start OR c.first_interval_end > w.window_start)
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
            bool_and(p.closed) AS are_closed,
            max(p.log_offset) AS log_offset
        FROM windows p
        WHERE p.channel_key = w.channel_key AND p.window_start >= d.day_start AND p.window_start < d.day_end
            AND p.window_end - p.window_start < INTERVAL '18 hours' AND p.expected > 0
    ) p
    WHERE w.window_end - w.window_start < INTERVAL '18 hours'
        AND w.expected > 0
        AND meterlog_unit_adds_up(w.unit)
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
    -- Windows of several days: each local day from the readings that begin in it. A day without any, before the channel's first one or
    -- dropped since, has no row.
    SELECT
        c.meter_id,
        c.channel,
        d.day,
        d.day_start,
        d.day_end,
        w.time_zone,
        trim_scale(coalesce(r.sum_e9, 0) * 0.000000001),
        meterlog_unit_symbol(w.unit),
        greatest(1, extract(epoch FROM d.day_end - d.day_start)::integer / r.interval_s),
        r.present,
        w.closed
    FROM windows w
    JOIN channels c ON c.channel_key = w.channel_key
    CROSS JOIN LATERAL meterlog_local_days(w.window_start, w.window_end, w.time_zone) d
    CROSS JOIN LATERAL (
        SELECT
            sum(r.value_e9) FILTER (WHERE r.quality NOT IN (0, 15)) AS sum_e9,
            (count(*) FILTER (WHERE r.quality <> 0))::integer AS present,
            max(r.interval_s) AS interval_s
        FROM readings r
        WHERE r.channel_key = w.channel_key
            AND r.interval_end > d.day_start AND r.interval_end < d.day_end + make_interval(secs => c.interval_s)
            AND r.interval_end - make_interval(secs => r.interval_s) >= d.day_start
            AND r.interval_end - make_interval(secs => r.interval_s) < d.day_end
    ) r
    WHERE w.window_end - w.window_start > INTERVAL '30 hours'
        AND w.expected > 0
        AND meterlog_unit_adds_up(w.unit)
        AND r.interval_s IS NOT NULL
        AND NOT EXISTS (
            SELECT FROM windows l
            WHERE l.channel_key = w.channel_key AND l.window_start <= d.day_start AND l.window_end > d.day_start
                AND l.window_end - l.window_start > INTERVAL '30 hours' AND l.expected > 0 AND l.log_offset > w.log_offset
        );

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

    INSERT INTO public.projection_generations AS g (projection, generation) VALUES ('readings', generation)
    ON CONFLICT (projection) DO UPDATE SET generation = excluded.generation, published_at = now();
    PERFORM set_config('search_path', path_before, true);
END
$body$;

-- ---- Read model registry -----------------------------------------------------------------------------------------------------------------

CREATE FUNCTION meterlog_alter_registry_0011(generation integer) RETURNS void LANGUAGE plpgsql AS $body$
DECLARE
    path_before text := current_setting('search_path');
BEGIN
    PERFORM set_config('search_path', quote_ident('rm_registry_' || generation) || ', public', true);
    -- The time-of-use rate that the register counts; empty for the total.
    ALTER TABLE registers ADD COLUMN tou text NOT NULL DEFAULT '';
    ALTER TABLE registers ALTER COLUMN tou DROP DEFAULT;
    ALTER TABLE registers DROP CONSTRAINT registers_pkey;
    ALTER TABLE registers ADD PRIMARY KEY (meter_id, channel, tou, read_at);
    PERFORM set_config('search_path', path_before, true);
END
$body$;

ALTER FUNCTION meterlog_create_registry(integer) RENAME TO meterlog_create_registry_0006;

CREATE FUNCTION meterlog_create_registry(generation integer) RETURNS void LANGUAGE plpgsql AS $body$
BEGIN
    PERFORM meterlog_create_registry_0006(generation);
    PERFORM meterlog_alter_registry_0011(generation);
END
$body$;

CREATE OR REPLACE FUNCTION meterlog_publish_registry(generation integer) RETURNS void LANGUAGE plpgsql AS $body$
DECLARE
    path_before text := current_setting('search_path');
BEGIN
    PERFORM set_config('search_path', quote_ident('rm_registry_' || generation) || ', public', true);

    CREATE OR REPLACE VIEW public.meter_registry AS
    SELECT
        meter_id,
        time_zone,
        meter_group,
        transformer,
        feeder,
        received_at,
        meterlog_raw_topic(raw_lane) AS raw_topic,
        raw_partition,
        raw_offset
    FROM registrations;

    -- The readings that came.
    CREATE OR REPLACE VIEW public.register_reads AS
    SELECT
        meter_id,
        channel,
        tou,
        read_at,
        meterlog_amount(value_e9) AS value,
        meterlog_unit_symbol(unit) AS unit,
        quality,
        meterlog_quality_name(quality) AS quality_name,
        received_at,
        meterlog_raw_topic(raw_lane) AS raw_topic,
        raw_partition,
        raw_offset
    FROM registers;

    INSERT INTO public.projection_generations AS g (projection, generation) VALUES ('registry', generation)
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
        PERFORM meterlog_alter_readings_0011(existing);
    END LOOP;
    -- Rates had overwritten each other. The projector reads the journal again and finds what was lost; registrations stay as they are.
    FOR existing IN SELECT substr(nspname, 13)::integer FROM pg_namespace WHERE nspname ~ '^rm_registry_[0-9]+$' LOOP
        EXECUTE format('TRUNCATE rm_registry_%s.registers', existing);
        PERFORM meterlog_alter_registry_0011(existing);
    END LOOP;
    DELETE FROM projection_offsets WHERE projection = 'registry';
    PERFORM meterlog_publish_readings(generation) FROM projection_generations WHERE projection = 'readings';
    PERFORM meterlog_publish_registry(generation) FROM projection_generations WHERE projection = 'registry';
END
$block$;

-- What a register reads at an instant: a reading that came stands above one that follows from intervals. It goes through the views of both
-- read models, so it follows the generations of each. Of a derived one raw_topic and the rest name the reading that it starts from.
CREATE OR REPLACE VIEW registers AS
SELECT
    r.meter_id,
    r.channel,
    r.read_at,
    r.value,
    r.unit,
    r.quality,
    r.quality_name,
    r.received_at,
    r.raw_topic,
    r.raw_partition,
    r.raw_offset,
    r.tou,
    false AS derived,
    NULL::integer AS revision,
    NULL::timestamptz AS base_read_at,
    NULL::numeric AS base_value,
    NULL::integer AS intervals,
    NULL::integer AS estimated,
    NULL::text AS rule_set,
    NULL::timestamptz AS decided_at
FROM register_reads r
WHERE NOT (
    r.quality = 0 AND r.tou = ''
    AND EXISTS (SELECT FROM derived_registers d WHERE d.meter_id = r.meter_id AND d.channel = r.channel AND d.read_at = r.read_at)
)
UNION ALL
SELECT
    d.meter_id,
    d.channel,
    d.read_at,
    d.value,
    d.unit,
    d.quality,
    d.quality_name,
    NULL,
    d.raw_topic,
    d.raw_partition,
    d.raw_offset,
    '',
    true,
    d.revision,
    d.base_read_at,
    d.base_value,
    d.intervals,
    d.estimated,
    d.rule_set,
    d.decided_at
FROM derived_registers d
WHERE NOT EXISTS (
    SELECT FROM register_reads r
    WHERE r.meter_id = d.meter_id AND r.channel = d.channel AND r.tou = '' AND r.read_at = d.read_at AND r.quality <> 0
);

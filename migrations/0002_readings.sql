-- Read model `readings`: the current value of every interval, every version that ever was, local days, and channels.
--
-- A generation is a schema, rm_readings_<n>, made by meterlog_create_readings(n) and shown by meterlog_publish_readings(n).
-- Amounts are whole billionths of the unit (value_e9); the views show exact decimal numbers.

CREATE FUNCTION meterlog_create_readings(generation integer) RETURNS void LANGUAGE plpgsql AS $body$
DECLARE
    generation_schema text := 'rm_readings_' || generation;
    path_before text := current_setting('search_path');
BEGIN
    EXECUTE format('CREATE SCHEMA %I', generation_schema);
    PERFORM set_config('search_path', quote_ident(generation_schema) || ', public', true);

    -- One row per channel of a meter. The key stands for both names in the tables below, so that a reading is 100 bytes and its
    -- index entry 20, whatever the names are.
    CREATE TABLE channels (
        channel_key integer PRIMARY KEY,
        meter_id text NOT NULL,
        channel text NOT NULL,
        unit smallint NOT NULL,
        time_zone text NOT NULL,
        interval_s integer NOT NULL,
        first_interval_end timestamptz NOT NULL,
        last_interval_end timestamptz NOT NULL,
        last_received_at timestamptz NOT NULL,
        log_partition integer NOT NULL,
        log_offset bigint NOT NULL,
        UNIQUE (meter_id, channel)
    ) WITH (fillfactor = 70);

    -- The version in force. (log_partition, log_offset): the record of meter.validated that says so.
    CREATE TABLE readings (
        interval_end timestamptz NOT NULL,
        decided_at timestamptz NOT NULL,
        received_at timestamptz NOT NULL,
        -- NULL when the value is missing.
        value_e9 bigint,
        raw_offset bigint NOT NULL,
        log_offset bigint NOT NULL,
        channel_key integer NOT NULL,
        interval_s integer NOT NULL,
        revision integer NOT NULL,
        raw_partition integer NOT NULL,
        log_partition integer NOT NULL,
        quality smallint NOT NULL,
        method smallint NOT NULL,
        unit smallint NOT NULL,
        raw_lane smallint NOT NULL,
        rule_set text NOT NULL,
        -- [{"rule":19,"severity":"warn","observed":1.5,"limit":1}], NULL when no rule spoke.
        findings jsonb,
        PRIMARY KEY (channel_key, interval_end)
    );

    -- Every version. Rows are only ever added.
    CREATE TABLE readings_history (
        LIKE readings,
        PRIMARY KEY (channel_key, interval_end, log_offset, log_partition)
    );

    CREATE TABLE windows (
        window_start timestamptz NOT NULL,
        window_end timestamptz NOT NULL,
        decided_at timestamptz NOT NULL,
        sum_e9 bigint NOT NULL,
        log_offset bigint NOT NULL,
        channel_key integer NOT NULL,
        log_partition integer NOT NULL,
        expected integer NOT NULL,
        validated integer NOT NULL,
        estimated integer NOT NULL,
        failed integer NOT NULL,
        missing integer NOT NULL,
        pending integer NOT NULL,
        revision integer NOT NULL,
        unit smallint NOT NULL,
        closed boolean NOT NULL,
        time_zone text NOT NULL,
        rule_set text NOT NULL,
        PRIMARY KEY (channel_key, window_start)
    ) WITH (fillfactor = 80);
    CREATE INDEX ON windows (window_start);

    IF meterlog_variant() = 'timescaledb' THEN
        PERFORM create_hypertable('readings', by_range('interval_end', INTERVAL '7 days'), create_default_indexes => false);
        PERFORM create_hypertable('readings_history', by_range('interval_end', INTERVAL '7 days'), create_default_indexes => false);
        ALTER TABLE readings SET (
            timescaledb.compress,
            timescaledb.compress_segmentby = 'channel_key',
            timescaledb.compress_orderby = 'interval_end'
        );
        ALTER TABLE readings_history SET (
            timescaledb.compress,
            timescaledb.compress_segmentby = 'channel_key',
            timescaledb.compress_orderby = 'interval_end, log_offset, log_partition'
        );
    ELSE
        CREATE INDEX ON readings USING brin (interval_end);
        CREATE INDEX ON readings_history USING brin (interval_end);
    END IF;

    PERFORM set_config('search_path', path_before, true);
END
$body$;

CREATE FUNCTION meterlog_publish_readings(generation integer) RETURNS void LANGUAGE plpgsql AS $body$
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
        w.decided_at
    FROM windows w
    JOIN channels c ON c.channel_key = w.channel_key;

    CREATE OR REPLACE VIEW public.daily_usage AS
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
        w.expected - w.missing - w.pending AS present,
        w.closed
    FROM windows w
    JOIN channels c ON c.channel_key = w.channel_key
    WHERE meterlog_unit_adds_up(w.unit);

    INSERT INTO public.projection_generations AS g (projection, generation) VALUES ('readings', generation)
    ON CONFLICT (projection) DO UPDATE SET generation = excluded.generation, published_at = now();
    PERFORM set_config('search_path', path_before, true);
END
$body$;

SELECT meterlog_create_readings(1);
SELECT meterlog_publish_readings(1);

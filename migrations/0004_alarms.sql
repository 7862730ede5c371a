-- Read model `alarms`: classified device events of meter.alarms.p0 ... p3.

CREATE FUNCTION meterlog_create_alarms(generation integer) RETURNS void LANGUAGE plpgsql AS $body$
DECLARE
    generation_schema text := 'rm_alarms_' || generation;
    path_before text := current_setting('search_path');
BEGIN
    EXECUTE format('CREATE SCHEMA %I', generation_schema);
    PERFORM set_config('search_path', quote_ident(generation_schema) || ', public', true);

    CREATE TABLE alarms (
        occurred_at timestamptz NOT NULL,
        received_at timestamptz NOT NULL,
        raw_offset bigint NOT NULL,
        log_offset bigint NOT NULL,
        raw_partition integer NOT NULL,
        log_partition integer NOT NULL,
        priority smallint NOT NULL,
        raw_lane smallint NOT NULL,
        id text PRIMARY KEY,
        meter_id text NOT NULL,
        meaning text NOT NULL,
        event_type text NOT NULL,
        source_code text NOT NULL,
        text text NOT NULL,
        code_map_version text NOT NULL
    );
    CREATE INDEX ON alarms (occurred_at DESC, id);
    CREATE INDEX ON alarms (meter_id, occurred_at DESC);
    CREATE INDEX ON alarms (priority, occurred_at DESC);
    CREATE INDEX ON alarms (received_at DESC, id);

    PERFORM set_config('search_path', path_before, true);
END
$body$;

CREATE FUNCTION meterlog_publish_alarms(generation integer) RETURNS void LANGUAGE plpgsql AS $body$
DECLARE
    path_before text := current_setting('search_path');
BEGIN
    PERFORM set_config('search_path', quote_ident('rm_alarms_' || generation) || ', public', true);

    CREATE OR REPLACE VIEW public.alarms AS
    SELECT
        id,
        meter_id,
        priority,
        meaning,
        event_type,
        source_code,
        occurred_at,
        received_at,
        text,
        code_map_version,
        meterlog_raw_topic(raw_lane) AS raw_topic,
        raw_partition,
        raw_offset
    FROM alarms;

    INSERT INTO public.projection_generations AS g (projection, generation) VALUES ('alarms', generation)
    ON CONFLICT (projection) DO UPDATE SET generation = excluded.generation, published_at = now();
    PERFORM set_config('search_path', path_before, true);
END
$body$;

SELECT meterlog_create_alarms(1);
SELECT meterlog_publish_alarms(1);

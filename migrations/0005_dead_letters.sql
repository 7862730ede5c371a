-- Read model `dead_letters`: payloads, or lines of payloads, that could not be used, and why.

CREATE FUNCTION meterlog_create_dead_letters(generation integer) RETURNS void LANGUAGE plpgsql AS $body$
DECLARE
    generation_schema text := 'rm_dead_letters_' || generation;
    path_before text := current_setting('search_path');
BEGIN
    EXECUTE format('CREATE SCHEMA %I', generation_schema);
    PERFORM set_config('search_path', quote_ident(generation_schema) || ', public', true);

    -- Identified by the raw event and the stage that refused it; the newest record of meter.deadletter is kept.
    CREATE TABLE dead_letters (
        received_at timestamptz NOT NULL,
        raw_offset bigint NOT NULL,
        log_offset bigint NOT NULL,
        payload_bytes bigint NOT NULL,
        raw_partition integer NOT NULL,
        log_partition integer NOT NULL,
        rejected_lines integer NOT NULL,
        raw_lane smallint NOT NULL,
        partial boolean NOT NULL,
        stage text NOT NULL,
        idempotency_key text NOT NULL,
        source text NOT NULL,
        format text NOT NULL,
        code text NOT NULL,
        reason text NOT NULL,
        -- [{"line":7,"byteOffset":310,"code":"...","reason":"..."}]: the first refused lines.
        lines jsonb NOT NULL,
        PRIMARY KEY (raw_lane, raw_partition, raw_offset, stage)
    );
    CREATE INDEX ON dead_letters (received_at DESC);
    CREATE INDEX ON dead_letters (idempotency_key);

    PERFORM set_config('search_path', path_before, true);
END
$body$;

CREATE FUNCTION meterlog_publish_dead_letters(generation integer) RETURNS void LANGUAGE plpgsql AS $body$
DECLARE
    path_before text := current_setting('search_path');
BEGIN
    PERFORM set_config('search_path', quote_ident('rm_dead_letters_' || generation) || ', public', true);

    CREATE OR REPLACE VIEW public.dead_letters AS
    SELECT
        meterlog_raw_topic(raw_lane) AS raw_topic,
        raw_partition,
        raw_offset,
        received_at,
        idempotency_key,
        source,
        format,
        code,
        reason,
        stage,
        partial,
        rejected_lines,
        lines,
        payload_bytes
    FROM dead_letters;

    INSERT INTO public.projection_generations AS g (projection, generation) VALUES ('dead_letters', generation)
    ON CONFLICT (projection) DO UPDATE SET generation = excluded.generation, published_at = now();
    PERFORM set_config('search_path', path_before, true);
END
$body$;

SELECT meterlog_create_dead_letters(1);
SELECT meterlog_publish_dead_letters(1);

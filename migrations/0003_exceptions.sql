-- Read model `exceptions`: findings of the rules that a person may have to look at, open or over.

CREATE FUNCTION meterlog_create_exceptions(generation integer) RETURNS void LANGUAGE plpgsql AS $body$
DECLARE
    generation_schema text := 'rm_exceptions_' || generation;
    path_before text := current_setting('search_path');
BEGIN
    EXECUTE format('CREATE SCHEMA %I', generation_schema);
    PERFORM set_config('search_path', quote_ident(generation_schema) || ', public', true);

    -- Identified by meter, channel, window and rule; the newest record of meter.exceptions says how it stands.
    CREATE TABLE exceptions (
        window_start timestamptz NOT NULL,
        window_end timestamptz NOT NULL,
        first_interval_start timestamptz NOT NULL,
        decided_at timestamptz NOT NULL,
        received_at timestamptz NOT NULL,
        observed_e9 bigint NOT NULL,
        limit_e9 bigint NOT NULL,
        raw_offset bigint NOT NULL,
        log_offset bigint NOT NULL,
        rule integer NOT NULL,
        interval_count integer NOT NULL,
        raw_partition integer NOT NULL,
        log_partition integer NOT NULL,
        severity smallint NOT NULL,
        raw_lane smallint NOT NULL,
        open boolean NOT NULL,
        meter_id text NOT NULL,
        channel text NOT NULL,
        code text NOT NULL,
        reason text NOT NULL,
        rule_set text NOT NULL,
        PRIMARY KEY (meter_id, channel, window_start, rule)
    );
    CREATE INDEX ON exceptions (window_start DESC, meter_id) WHERE open;
    CREATE INDEX ON exceptions (decided_at DESC);

    PERFORM set_config('search_path', path_before, true);
END
$body$;

CREATE FUNCTION meterlog_publish_exceptions(generation integer) RETURNS void LANGUAGE plpgsql AS $body$
DECLARE
    path_before text := current_setting('search_path');
BEGIN
    PERFORM set_config('search_path', quote_ident('rm_exceptions_' || generation) || ', public', true);

    CREATE OR REPLACE VIEW public.exceptions AS
    SELECT
        meter_id,
        channel,
        window_start,
        window_end,
        rule,
        'V' || lpad(rule::text, greatest(2, length(rule::text)), '0') AS rule_name,
        severity,
        meterlog_severity_name(severity) AS severity_name,
        open,
        first_interval_start,
        interval_count,
        meterlog_amount(observed_e9) AS observed,
        meterlog_amount(limit_e9) AS limit_value,
        code,
        reason,
        rule_set,
        decided_at,
        received_at,
        meterlog_raw_topic(raw_lane) AS raw_topic,
        raw_partition,
        raw_offset
    FROM exceptions;

    INSERT INTO public.projection_generations AS g (projection, generation) VALUES ('exceptions', generation)
    ON CONFLICT (projection) DO UPDATE SET generation = excluded.generation, published_at = now();
    PERFORM set_config('search_path', path_before, true);
END
$body$;

SELECT meterlog_create_exceptions(1);
SELECT meterlog_publish_exceptions(1);

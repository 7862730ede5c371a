-- Read model `registry`: what is known of meters beside their readings, and cumulative register readings, from meter.journal.

CREATE FUNCTION meterlog_create_registry(generation integer) RETURNS void LANGUAGE plpgsql AS $body$
DECLARE
    generation_schema text := 'rm_registry_' || generation;
    path_before text := current_setting('search_path');
BEGIN
    EXECUTE format('CREATE SCHEMA %I', generation_schema);
    PERFORM set_config('search_path', quote_ident(generation_schema) || ', public', true);

    -- The payload that was received last says what holds; its id settles a tie, whatever the order in the log.
    CREATE TABLE registrations (
        received_at timestamptz NOT NULL,
        payload uuid NOT NULL,
        raw_offset bigint NOT NULL,
        raw_partition integer NOT NULL,
        raw_lane smallint NOT NULL,
        meter_id text PRIMARY KEY,
        time_zone text NOT NULL,
        meter_group text NOT NULL,
        transformer text NOT NULL,
        feeder text NOT NULL
    );

    -- Of several readings for one instant the better quality holds, then the later payload.
    CREATE TABLE registers (
        read_at timestamptz NOT NULL,
        received_at timestamptz NOT NULL,
        payload uuid NOT NULL,
        value_e9 bigint NOT NULL,
        raw_offset bigint NOT NULL,
        raw_partition integer NOT NULL,
        quality smallint NOT NULL,
        unit smallint NOT NULL,
        raw_lane smallint NOT NULL,
        meter_id text NOT NULL,
        channel text NOT NULL,
        PRIMARY KEY (meter_id, channel, read_at)
    );

    PERFORM set_config('search_path', path_before, true);
END
$body$;

CREATE FUNCTION meterlog_publish_registry(generation integer) RETURNS void LANGUAGE plpgsql AS $body$
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

    CREATE OR REPLACE VIEW public.registers AS
    SELECT
        meter_id,
        channel,
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

SELECT meterlog_create_registry(1);
SELECT meterlog_publish_registry(1);

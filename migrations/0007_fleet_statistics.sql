-- Fleet statistics: hourly sums and counts over all meters. A continuous aggregate where there is TimescaleDB, refreshed by
-- meterlog over bounded ranges and never by a background job; a plain view over the readings where there is not.
--
-- An interval that ends on the hour belongs to the hour before. Buckets therefore begin one second after the hour, which
-- the public view takes back.

CREATE FUNCTION meterlog_create_fleet_statistics(generation integer) RETURNS void LANGUAGE plpgsql AS $body$
DECLARE
    path_before text := current_setting('search_path');
BEGIN
    PERFORM set_config('search_path', quote_ident('rm_readings_' || generation) || ', public', true);
    IF meterlog_variant() = 'timescaledb' THEN
        CREATE MATERIALIZED VIEW fleet_hours
        WITH (timescaledb.continuous, timescaledb.materialized_only = true) AS
        SELECT
            time_bucket(INTERVAL '1 hour', interval_end, "offset" => INTERVAL '1 second') AS bucket,
            unit,
            count(*) AS intervals,
            count(*) FILTER (WHERE quality >= 60) AS actual,
            count(*) FILTER (WHERE quality BETWEEN 20 AND 50) AS estimated,
            count(*) FILTER (WHERE quality = 15) AS failed,
            count(*) FILTER (WHERE quality = 0) AS missing,
            sum(value_e9) FILTER (WHERE quality NOT IN (0, 15)) AS sum_e9
        FROM readings
        GROUP BY 1, 2
        WITH NO DATA;
    ELSE
        CREATE VIEW fleet_hours AS
        SELECT
            date_trunc('hour', interval_end - INTERVAL '1 second', 'UTC') + INTERVAL '1 second' AS bucket,
            unit,
            count(*) AS intervals,
            count(*) FILTER (WHERE quality >= 60) AS actual,
            count(*) FILTER (WHERE quality BETWEEN 20 AND 50) AS estimated,
            count(*) FILTER (WHERE quality = 15) AS failed,
            count(*) FILTER (WHERE quality = 0) AS missing,
            sum(value_e9) FILTER (WHERE quality NOT IN (0, 15)) AS sum_e9
        FROM readings
        GROUP BY 1, 2;
    END IF;
    PERFORM set_config('search_path', path_before, true);
END
$body$;

CREATE FUNCTION meterlog_publish_fleet_statistics(generation integer) RETURNS void LANGUAGE plpgsql AS $body$
DECLARE
    path_before text := current_setting('search_path');
BEGIN
    PERFORM set_config('search_path', quote_ident('rm_readings_' || generation) || ', public', true);
    CREATE OR REPLACE VIEW public.fleet_statistics AS
    SELECT
        bucket - INTERVAL '1 second' AS hour,
        meterlog_unit_symbol(unit) AS unit,
        intervals,
        actual,
        estimated,
        failed,
        missing,
        trim_scale(sum_e9 * 0.000000001) AS sum
    FROM fleet_hours;
    PERFORM set_config('search_path', path_before, true);
END
$body$;

SELECT meterlog_create_fleet_statistics(1);
SELECT meterlog_publish_fleet_statistics(1);

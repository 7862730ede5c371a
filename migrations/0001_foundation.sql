-- What every read model stands on: the variant of this database, names for stored numbers, and the positions of projections.

-- The variant is settled once, by the first migration, and answers from then on: 'timescaledb' or 'postgresql'.
DO $block$
DECLARE
    chosen text := current_setting('meterlog.variant');
BEGIN
    IF chosen NOT IN ('timescaledb', 'postgresql') THEN
        RAISE EXCEPTION 'meterlog.variant must be timescaledb or postgresql, not %', chosen;
    END IF;
    IF chosen = 'timescaledb' THEN
        CREATE EXTENSION IF NOT EXISTS timescaledb;
    END IF;
    EXECUTE format(
        'CREATE FUNCTION meterlog_variant() RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS %L',
        format('SELECT %L::text', chosen)
    );
END
$block$;

COMMENT ON FUNCTION meterlog_variant() IS
    'timescaledb: hypertables, columnstore and continuous aggregates; postgresql: ordinary tables and views.';

-- MeterCore.Quality
CREATE FUNCTION meterlog_quality_name(quality smallint) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $body$
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
        ELSE 'quality_' || quality
    END
$body$;

-- MeterCore.EstimationMethod
CREATE FUNCTION meterlog_method_name(method smallint) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $body$
    SELECT CASE method
        WHEN 0 THEN 'none'
        WHEN 1 THEN 'linear'
        WHEN 2 THEN 'outage_zero'
        WHEN 3 THEN 'reference_days'
        WHEN 100 THEN 'source'
        ELSE 'method_' || method
    END
$body$;

-- MeterCore.MeasurementUnit
CREATE FUNCTION meterlog_unit_symbol(unit smallint) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $body$
    SELECT CASE unit
        WHEN 1 THEN 'kWh'
        WHEN 2 THEN 'kvarh'
        WHEN 3 THEN 'kVAh'
        WHEN 4 THEN 'kW'
        WHEN 5 THEN 'kvar'
        WHEN 6 THEN 'kVA'
        WHEN 7 THEN 'V'
        WHEN 8 THEN 'A'
        WHEN 9 THEN 'Hz'
        WHEN 10 THEN 'pf'
        WHEN 11 THEN 'm3'
        WHEN 12 THEN 'degC'
        WHEN 13 THEN 'L'
        WHEN 14 THEN 'GJ'
        ELSE 'unit_' || unit
    END
$body$;

-- Whether values of the unit add up over time.
CREATE FUNCTION meterlog_unit_adds_up(unit smallint) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $body$
    SELECT unit IN (1, 2, 3, 11, 13, 14)
$body$;

-- MeterEvents.Severity
CREATE FUNCTION meterlog_severity_name(severity smallint) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $body$
    SELECT CASE severity WHEN 1 THEN 'info' WHEN 2 THEN 'warn' WHEN 3 THEN 'fail' ELSE 'severity_' || severity END
$body$;

-- MeterEvents.RawReference.Lane
CREATE FUNCTION meterlog_raw_topic(lane smallint) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $body$
    SELECT CASE lane WHEN 0 THEN 'meter.raw' WHEN 1 THEN 'meter.raw.alarms' END
$body$;

-- An amount from whole billionths, exactly and without trailing zeros.
CREATE FUNCTION meterlog_amount(billionths bigint) RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $body$
    SELECT trim_scale(billionths * 0.000000001)
$body$;

-- The local calendar day that an instant belongs to; NULL where the server does not know the zone.
-- Offsets such as +10:00 are east of Greenwich here (ISO 8601); the server alone would read them the other way round.
CREATE FUNCTION meterlog_local_day(moment timestamptz, zone text) RETURNS date LANGUAGE plpgsql STABLE PARALLEL SAFE AS $body$
DECLARE
    digits text := regexp_replace(zone, '[^0-9]', '', 'g');
    offset_minutes integer;
BEGIN
    IF zone ~ '^[+-][0-9]{2}(:?[0-9]{2})?$' THEN
        offset_minutes := left(digits, 2)::integer * 60 + coalesce(nullif(substr(digits, 3), ''), '0')::integer;
        IF left(zone, 1) = '-' THEN
            offset_minutes := -offset_minutes;
        END IF;
        RETURN (moment AT TIME ZONE 'UTC' + make_interval(mins => offset_minutes))::date;
    END IF;
    RETURN (moment AT TIME ZONE zone)::date;
EXCEPTION WHEN invalid_parameter_value THEN
    RETURN NULL;
END
$body$;

-- Where each generation of each projection continues. Written in the same transaction as the rows.
CREATE TABLE projection_offsets (
    projection text NOT NULL,
    generation integer NOT NULL,
    topic text NOT NULL,
    partition integer NOT NULL,
    -- Offset of the next record to fold.
    next_offset bigint NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (projection, generation, topic, partition)
);

-- The generation that the public views show.
CREATE TABLE projection_generations (
    projection text PRIMARY KEY,
    generation integer NOT NULL,
    published_at timestamptz NOT NULL DEFAULT now()
);

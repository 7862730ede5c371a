-- Register readings by who sent them and in which version, so that a later version replaces an earlier one whatever the
-- qualities.

-- An actual reading counts the same whether it was checked before it came or not, as in VEE (RegisterCandidate).
CREATE FUNCTION meterlog_register_rank(quality smallint) RETURNS smallint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $body$
    SELECT CASE quality WHEN 10 THEN 80::smallint ELSE quality END
$body$;

CREATE FUNCTION meterlog_alter_registry_0013(generation integer) RETURNS void LANGUAGE plpgsql AS $body$
DECLARE
    path_before text := current_setting('search_path');
BEGIN
    PERFORM set_config('search_path', quote_ident('rm_registry_' || generation) || ', public', true);
    -- Who sent it; empty when nothing says so.
    ALTER TABLE registers ADD COLUMN source text NOT NULL;
    -- The source's own version, 0 when it has none.
    ALTER TABLE registers ADD COLUMN source_version bigint NOT NULL;
    -- A final substitute: no later actual of the same source replaces it.
    ALTER TABLE registers ADD COLUMN is_final boolean NOT NULL;
    -- It was only told again as the reading before another one.
    ALTER TABLE registers ADD COLUMN is_restated boolean NOT NULL;
    -- An actual, not a substitute. The last of either is kept: with one of them alone, an actual could be lost to a
    -- final substitute that another one replaces, and the order of arrival would decide.
    ALTER TABLE registers ADD COLUMN is_measured boolean NOT NULL;
    ALTER TABLE registers DROP CONSTRAINT registers_pkey;
    ALTER TABLE registers ADD PRIMARY KEY (meter_id, channel, tou, read_at, source, is_restated, is_measured);

    -- The last word of each source, read and told again apart: the later version, whatever the qualities; but no actual
    -- replaces an earlier final substitute, and within a version an actual stands above a substitute.
    CREATE VIEW register_words AS
    SELECT r.*, meterlog_register_rank(r.quality) AS rank
    FROM registers r
    WHERE NOT EXISTS (
        SELECT FROM registers o
        WHERE o.meter_id = r.meter_id AND o.channel = r.channel AND o.tou = r.tou AND o.read_at = r.read_at
            AND o.source = r.source AND o.is_restated = r.is_restated AND o.is_measured = NOT r.is_measured
            AND CASE WHEN r.is_measured
                THEN o.source_version > r.source_version OR (o.is_final AND o.source_version < r.source_version)
                ELSE o.source_version = r.source_version OR (o.source_version > r.source_version AND NOT r.is_final) END
    );
    PERFORM set_config('search_path', path_before, true);
END
$body$;

ALTER FUNCTION meterlog_create_registry(integer) RENAME TO meterlog_create_registry_0011;

CREATE FUNCTION meterlog_create_registry(generation integer) RETURNS void LANGUAGE plpgsql AS $body$
BEGIN
    PERFORM meterlog_create_registry_0011(generation);
    PERFORM meterlog_alter_registry_0013(generation);
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

    -- The readings that came, one for each instant: of each source its last word, of several sources' the one of the
    -- higher quality, then the later one. What was told again as the reading before another replaces nothing of a
    -- higher quality.
    CREATE OR REPLACE VIEW public.register_reads AS
    SELECT DISTINCT ON (r.meter_id, r.channel, r.tou, r.read_at)
        r.meter_id,
        r.channel,
        r.tou,
        r.read_at,
        meterlog_amount(r.value_e9) AS value,
        meterlog_unit_symbol(r.unit) AS unit,
        r.quality,
        meterlog_quality_name(r.quality) AS quality_name,
        r.received_at,
        meterlog_raw_topic(r.raw_lane) AS raw_topic,
        r.raw_partition,
        r.raw_offset,
        r.source,
        r.source_version
    FROM register_words r
    WHERE NOT EXISTS (
        SELECT FROM register_words o
        WHERE o.meter_id = r.meter_id AND o.channel = r.channel AND o.tou = r.tou AND o.read_at = r.read_at
            AND o.source = r.source AND o.is_restated = NOT r.is_restated
            AND CASE WHEN r.is_restated
                THEN (r.rank, r.source_version) <= (o.rank, o.source_version)
                ELSE (o.rank, o.source_version) > (r.rank, r.source_version) END
    )
    ORDER BY r.meter_id, r.channel, r.tou, r.read_at,
        r.rank DESC, r.received_at DESC, r.payload DESC, r.value_e9 DESC;

    INSERT INTO public.projection_generations AS g (projection, generation) VALUES ('registry', generation)
    ON CONFLICT (projection) DO UPDATE SET generation = excluded.generation, published_at = now();
    PERFORM set_config('search_path', path_before, true);
END
$body$;

-- The projector reads the journal again and finds what was lost; registrations stay as they are.
DO $block$
DECLARE
    existing integer;
BEGIN
    FOR existing IN SELECT substr(nspname, 13)::integer FROM pg_namespace WHERE nspname ~ '^rm_registry_[0-9]+$' LOOP
        EXECUTE format('TRUNCATE rm_registry_%s.registers', existing);
        PERFORM meterlog_alter_registry_0013(existing);
    END LOOP;
    DELETE FROM projection_offsets WHERE projection = 'registry';
    PERFORM meterlog_publish_registry(generation) FROM projection_generations WHERE projection = 'registry';
END
$block$;

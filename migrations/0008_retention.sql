-- Retention and compression of readings, called by meterlog's own scheduler one chunk at a time.

-- Chunks of the readings and their history that lie wholly before the limit and are not compressed yet, oldest first. Empty
-- on ordinary PostgreSQL.
CREATE FUNCTION meterlog_chunks_to_compress(generation integer, before timestamptz)
RETURNS TABLE (chunk text, range_end timestamptz) LANGUAGE plpgsql STABLE AS $body$
BEGIN
    IF meterlog_variant() <> 'timescaledb' THEN
        RETURN;
    END IF;
    RETURN QUERY
    SELECT format('%I.%I', c.chunk_schema, c.chunk_name), c.range_end
    FROM timescaledb_information.chunks c
    WHERE c.hypertable_schema = 'rm_readings_' || generation
        AND c.hypertable_name IN ('readings', 'readings_history')
        AND c.range_end <= before
        AND NOT c.is_compressed
    ORDER BY c.range_end, 1;
END
$body$;

-- Removes readings and versions older than the limit and returns how many rows (chunks with TimescaleDB) went. Nothing is lost
-- for good: the log has them. Fleet statistics of the removed range stay where they are aggregated, as long as nobody
-- refreshes them over it.
CREATE FUNCTION meterlog_drop_readings_before(generation integer, before timestamptz)
RETURNS bigint LANGUAGE plpgsql AS $body$
DECLARE
    generation_schema text := 'rm_readings_' || generation;
    table_name text;
    gone bigint := 0;
    count_now bigint;
BEGIN
    FOREACH table_name IN ARRAY ARRAY['readings', 'readings_history'] LOOP
        IF meterlog_variant() = 'timescaledb' THEN
            EXECUTE 'SELECT count(*) FROM drop_chunks($1::regclass, older_than => $2)'
                INTO count_now USING format('%I.%I', generation_schema, table_name), before;
        ELSE
            EXECUTE format('DELETE FROM %I.%I WHERE interval_end < $1', generation_schema, table_name) USING before;
            GET DIAGNOSTICS count_now = ROW_COUNT;
        END IF;
        gone := gone + count_now;
    END LOOP;
    RETURN gone;
END
$body$;

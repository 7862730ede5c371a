-- The estimation methods that came after the first ones (MeterCore.EstimationMethod).

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
        WHEN 100 THEN 'source'
        ELSE 'method_' || method
    END
$body$;

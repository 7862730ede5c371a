-- How many findings of each rule and severity there are: what an operator looks at first after a change of the rules. Reads through the
-- view, so it follows a rebuilt generation.

CREATE VIEW exception_counts AS
SELECT
    rule,
    rule_name,
    severity,
    severity_name,
    count(*) FILTER (WHERE open) AS open_count,
    count(*) AS total_count,
    count(DISTINCT meter_id) FILTER (WHERE open) AS open_meter_count,
    sum(interval_count) FILTER (WHERE open) AS open_interval_count,
    max(decided_at) AS last_decided_at
FROM exceptions
GROUP BY rule, rule_name, severity, severity_name;

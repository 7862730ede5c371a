#!/usr/bin/env bash
# A year of hourly readings of 351 real buildings in local time: every line is in readings once, and the sums agree.
set -euo pipefail
# shellcheck source=ops/lib/scenario.sh
source "$(dirname "$0")/../lib/scenario.sh"
data=$root/../shared/data/interval
if [[ ! -e $data/buildings.tar.xz ]]; then
    echo "skipped buildings: ../shared/data/interval/buildings.tar.xz is not there"
    exit 0
fi
scenario buildings
node_start
cp "$data/buildings.tar.xz" "$data/buildings-meta.csv" "$work/"
chmod a+r "$work"/buildings*

ingest() {
    client ingest "$work/buildings.tar.xz" --format mapped-csv --source archive --interval 1h --stamp start \
        --timezone-map "$work/buildings-meta.csv" --gateway "$gateway" --json
}
mkdir "$work/files"
tar -xJf "$data/buildings.tar.xz" -C "$work/files"
# meter, lines with a value, their sum.
find "$work/files" -name '*.csv' -exec awk -F, -v OFMT=%.9f '
    FNR == 1 { meter = FILENAME; sub(/.*\//, "", meter); sub(/\.csv$/, "", meter); next }
    { sub(/\r$/, "") }
    $2 != "" { lines[meter]++; sum[meter] += $2 }
    END { for (meter in lines) printf "%s,%d,%.9f\n", meter, lines[meter], sum[meter] }' {} + >"$work/expected.csv"
expected=$(awk -F, '{ lines += $2 } END { print lines }' "$work/expected.csv")

start=$SECONDS
check "the archive is taken in" ingest
check "every line with a value is a row" reaches 600 "$expected" \
    "SELECT count(*) FROM readings WHERE quality_name <> 'missing' AND method = 'none'"
printf '# buildings: %s readings in %s s\n' "$expected" $((SECONDS - start)) >&2

differences() {
    database_query "$cluster" "$database" <<SQL
CREATE TEMP TABLE expected (meter text, lines integer, sum numeric);
\\copy expected FROM '$work/expected.csv' WITH (FORMAT csv)
SELECT count(*) FROM expected e FULL JOIN (
    SELECT meter_id, count(*) AS lines, sum(value) AS sum FROM readings
    WHERE quality_name <> 'missing' AND method = 'none' GROUP BY meter_id
) r ON r.meter_id = e.meter
WHERE r.meter_id IS NULL OR e.meter IS NULL OR r.lines <> e.lines OR abs(r.sum - e.sum) > 0.000001 * greatest(1, e.sum);
SQL
}
check "lines and sums of every meter agree" equal 0 "$(differences)"
check "no payload is a dead letter" equal 0 "$(query 'SELECT count(*) FROM dead_letters')"
settle
versions=$(query 'SELECT count(*) FROM readings_history')
check "the archive is taken in again" ingest
settle
check "the second time adds no version" equal "$versions" "$(query 'SELECT count(*) FROM readings_history')"

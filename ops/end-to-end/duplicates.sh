#!/usr/bin/env bash
# The same file twice, and the same payload from eight clients at once: nothing is twice in the journal or in readings.
set -euo pipefail
# shellcheck source=ops/lib/scenario.sh
source "$(dirname "$0")/../lib/scenario.sh"
scenario duplicates
node_start

# Four days of hourly values in local time, the clock change of spring 2026 among them: 95 hours.
{
    echo 'time,E2E-FILE'
    TZ=Europe/Berlin python3 -c '
import time
start = int(time.mktime((2026, 3, 27, 0, 0, 0, 0, 0, -1)))
for hour in range(95):
    print(time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(start + hour * 3600)) + "," + str(hour / 8))'
} >"$work/file.csv"

ingest() {
    client ingest "$work/file.csv" --format mapped-csv --source scenario --timezone Europe/Berlin --interval 1h \
        --stamp start --gateway "$gateway" --json
}
journal_records() { records meter.journal '%k\n' | grep -cx "$1" || true; }
rows_of() { query "SELECT count(*) FROM $2 WHERE meter_id = '$1'"; }

check "a file is taken in" ingest
check "every line is a row" reaches 60 95 "SELECT count(*) FROM readings WHERE meter_id = 'E2E-FILE'"
settle
journal=$(journal_records E2E-FILE)
history=$(rows_of E2E-FILE readings_history)
check "the file is in the journal" test "$journal" -gt 0
check "the file is taken in again" ingest
settle
check "the second time adds nothing to the journal" equal "$journal" "$(journal_records E2E-FILE)"
check "the second time adds nothing to readings" equal 95 "$(rows_of E2E-FILE readings)"
check "the second time adds no version" equal "$history" "$(rows_of E2E-FILE readings_history)"

# eight METER CURL-OPTIONS...: eight clients post the same bytes at the same time.
eight() {
    local meter=$1 client pids=()
    shift
    printf '{"meter":"%s","start":"2026-05-01T00:00:00Z","interval":900,"values":[0.25,0.5,0.75,1]}' "$meter" >"$work/payload.json"
    for client in {1..8}; do
        curl -sS -o /dev/null -w '%{http_code}\n' -H 'Content-Type: application/vnd.meterlog.intervals+json' \
            -H 'Meterlog-Source: scenario' "$@" --data-binary "@$work/payload.json" "$gateway/ingest/v1/payloads" \
            >"$work/status.$client" &
        pids+=($!)
    done
    wait "${pids[@]}"
    cat "$work"/status.*
}

eight E2E-KEY -H 'Idempotency-Key: eight-at-once' >"$work/statuses"
check "eight clients with a key are all answered 202" equal 8 "$(grep -cx 202 "$work/statuses" || true)"
eight E2E-HASH >"$work/statuses"
check "eight clients without a key are all answered 202" equal 8 "$(grep -cx 202 "$work/statuses" || true)"
for meter in E2E-KEY E2E-HASH; do
    check "$meter: four readings" reaches 60 4 "SELECT count(*) FROM readings WHERE meter_id = '$meter'"
done
settle
for meter in E2E-KEY E2E-HASH; do
    check "$meter: one journal record" equal 1 "$(journal_records "$meter")"
    check "$meter: still four readings" equal 4 "$(rows_of "$meter" readings)"
    check "$meter: one version of each" equal 4 "$(rows_of "$meter" readings_history)"
done

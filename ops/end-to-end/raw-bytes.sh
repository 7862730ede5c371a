#!/usr/bin/env bash
# Each payload is in meter.raw byte for byte, with its envelope; what came of it can be read with the command line and the API.
set -euo pipefail
# shellcheck source=ops/lib/scenario.sh
source "$(dirname "$0")/../lib/scenario.sh"
scenario raw-bytes
node_start

# raw_is FILE: the record at the place that the gateway's answer named.
raw_is() {
    kcat -C -b "$kafka" -t "$(jq -r .topic "$work/answer")" -p "$(jq -r .partition "$work/answer")" \
        -o "$(jq -r .offset "$work/answer")" -c 1 -e -q -D '' >"$work/raw" && cmp "$1" "$work/raw"
}
header() {
    kcat -C -b "$kafka" -t meter.raw -p "$(jq -r .partition "$work/answer")" -o "$(jq -r .offset "$work/answer")" \
        -c 1 -e -q -f '%h' | tr ',' '\n' | sed -n "s/^$1=//p"
}

head -c 100000 /dev/urandom >"$work/bytes"
check "any bytes are acknowledged" equal 202 "$(post "$work/bytes" -H 'Content-Type: application/json')"
check "any bytes are stored as they are" raw_is "$work/bytes"
check "the envelope has their hash" equal "$(sha256sum "$work/bytes" | cut -d ' ' -f 1)" "$(header ml-sha256)"

printf '{"meter":"E2E-RAW","start":"2026-05-01T00:00:00Z","interval":900,"values":[0.125,0.25,0.5,1]}\n' |
    gzip -9 >"$work/packed.gz"
check "a packed payload is acknowledged" equal 202 \
    "$(post "$work/packed.gz" -H 'Content-Type: application/vnd.meterlog.intervals+json' -H 'Content-Encoding: gzip')"
check "a packed payload is stored packed" raw_is "$work/packed.gz"
check "the envelope has its encoding" equal gzip "$(header content-encoding)"

check "the readings are there" reaches 60 4 "SELECT count(*) FROM readings WHERE meter_id = 'E2E-RAW'"
client tail meter.validated --json >"$work/tail"
check "meterlog tail prints JSON" equal '["E2E-RAW"]' "$(jq -sc '[.[].key] | unique' "$work/tail")"
# Partition by partition: between them two readers need not agree on an order.
tail_is_raw() {
    local partition
    for partition in 0 1 2 3; do
        kcat -C -b "$kafka" -t meter.raw -p "$partition" -o beginning -e -q -f '%s' >"$work/partition"
        client tail meter.raw --raw --partition "$partition" | cmp - "$work/partition" || return 1
    done
}
check "meterlog tail --raw prints the bytes" tail_is_raw
curl -sS "$api/api/v1/meters/E2E-RAW/readings" >"$work/readings.json"
check "the API gives the readings" equal '[0.125,0.25,0.5,1]' "$(jq -c '[.data[].value]' "$work/readings.json")"
check "the API gives CSV" equal 5 "$(curl -sS -H 'Accept: text/csv' "$api/api/v1/meters/E2E-RAW/readings" | wc -l)"
check "the API is healthy" equal 200 "$(curl -sS -o /dev/null -w '%{http_code}' "$api/api/v1/health")"
client doctor --json >"$work/doctor.json" || true
check "meterlog doctor finds nothing wrong" equal '[]' "$(jq -c '[.checks[] | select(.verdict == "wrong")]' "$work/doctor.json")"

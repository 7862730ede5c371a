#!/usr/bin/env bash
# ops/demo as a user runs it, small: one JSON object on standard output, and nothing that differs from the truth.
set -euo pipefail
# shellcheck source=ops/lib/scenario.sh
source "$(dirname "$0")/../lib/scenario.sh"
scenario demo
export METERLOG_LOCAL_DIRECTORY=$work/local

code=0
"$root/ops/demo" --meters 60 --days 4 --seed 3 --json >"$work/demo.json" || code=$?
"$root/ops/down"
check "it succeeds" equal 0 "$code"
check "it prints one object" equal 1 "$(jq -s length "$work/demo.json")"
keys='["alarms","deadLetters","duplicates","intervals","mismatches","payloads","rows","seconds"]'
check "with the promised members" equal "$keys" "$(jq -c keys "$work/demo.json")"
check "with the promised intervals" equal '["estimated","expected","failed","missing","validated"]' \
    "$(jq -c '.intervals | keys' "$work/demo.json")"
check "nothing differs from the truth" equal 0 "$(jq .mismatches "$work/demo.json")"
check "every interval has a row" equal true "$(jq '.rows == .intervals.expected' "$work/demo.json")"

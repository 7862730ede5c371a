#!/usr/bin/env bash
# What can't be used is refused or becomes a dead letter; the stream goes on and nothing is lost.
set -euo pipefail
# shellcheck source=ops/lib/scenario.sh
source "$(dirname "$0")/../lib/scenario.sh"
scenario refusals
node_start

intervals='Content-Type: application/vnd.meterlog.intervals+json'
reading() {
    printf '{"meter":"%s","start":"2026-05-01T00:00:00Z","interval":900,"values":[1,2,3,4]}' "$1" >"$work/$1.json"
    printf '%s\n' "$work/$1.json"
}
# refused STATUS KIND CURL...: the status, and a problem document that names the kind.
refused() {
    local status=$1 kind=$2
    shift 2
    equal "$status" "$(post "$@")" && equal "urn:meterlog:problem:$kind" "$(jq -r .type "$work/answer")"
}
# dead_letter KEY CODE
dead_letter() { reaches 60 "$2" "SELECT code FROM dead_letters WHERE idempotency_key = 'scenario:$1'"; }

check "a payload before" equal 202 "$(post "$(reading E2E-BEFORE)" -H "$intervals")"

head -c 4096 /dev/urandom >"$work/garbage"
check "garbage is stored" equal 202 "$(post "$work/garbage" -H "$intervals" -H 'Idempotency-Key: garbage')"
check "garbage is a dead letter" dead_letter garbage malformed_syntax

printf '%s\n' '100,NEM12,202605010000,MDP,RETAILER' '200,NMI0000001,E1,E1,E1,,METER1,KWH,30,' \
    "300,20260501$(printf ',1%.0s' {1..47}),A,,,20260502000000," '900' >"$work/wrong.csv"
check "NEM12 with a wrong count is stored" \
    equal 202 "$(post "$work/wrong.csv" -H 'Content-Type: application/vnd.aemo.mdff' -H 'Idempotency-Key: nem12')"
check "NEM12 with a wrong count is a dead letter" dead_letter nem12 wrong_value_count

gzip -c "$(reading E2E-GZIP)" >"$work/whole.gz"
head -c -12 "$work/whole.gz" >"$work/cut.gz"
check "a truncated gzip is refused" refused 400 broken-content-encoding "$work/cut.gz" -H "$intervals" -H 'Content-Encoding: gzip'
check "the whole one is taken" equal 202 "$(post "$work/whole.gz" -H "$intervals" -H 'Content-Encoding: gzip')"
check "an unknown format is refused" refused 415 unsupported-media-type "$work/garbage" -H 'Content-Type: image/png'
check "an unknown encoding is refused" \
    refused 415 unsupported-content-encoding "$work/garbage" -H "$intervals" -H 'Content-Encoding: br'
: >"$work/empty"
check "an empty payload is refused" refused 400 empty-payload "$work/empty" -H "$intervals"
check "a key of the wrong kind is refused" \
    refused 400 invalid-idempotency-key "$work/garbage" -H "$intervals" -H 'Idempotency-Key: two words'
check "a simulated time is refused" \
    refused 400 simulated-time-refused "$work/garbage" -H "$intervals" -H 'Meterlog-Simulated-Receive-Time: 0'

truncate -s 200M "$work/large"
check "200 MB with a length are refused" refused 413 payload-too-large "$work/large" -H "$intervals"
check "200 MB in chunks are refused" \
    refused 413 payload-too-large "$work/large" -H "$intervals" -H 'Transfer-Encoding: chunked'
rm "$work/large"
head -c 400M /dev/zero | gzip -1 >"$work/bomb.gz"
check "a gzip that grows beyond the limit is refused" \
    refused 413 payload-too-large "$work/bomb.gz" -H "$intervals" -H 'Content-Encoding: gzip'

check "a payload afterwards" equal 202 "$(post "$(reading E2E-AFTER)" -H "$intervals")"
check "the good ones are readings" reaches 60 "E2E-AFTER 4 E2E-BEFORE 4 E2E-GZIP 4" \
    "SELECT string_agg(meter_id || ' ' || n, ' ' ORDER BY meter_id) FROM (SELECT meter_id, count(*) n FROM readings GROUP BY 1) x"
check "the dead letters are two" equal 2 "$(query 'SELECT count(*) FROM dead_letters')"
check "the API shows them" equal 2 "$(curl -sS "$api/api/v1/deadletters" | jq '.data | length')"
check "the node still runs" process_id "$node"

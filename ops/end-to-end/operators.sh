#!/usr/bin/env bash
# What operators decide, from the command line: rules put into force, values edited and billed, estimates forced. All of it is in the log, and
# a second node that starts from nothing but that log says the same.
set -euo pipefail
# shellcheck source=ops/lib/scenario.sh
source "$(dirname "$0")/../lib/scenario.sh"
scenario operators
printf '{"rules": {"V19": {"thresholdPercent": 250}}}' >"$work/rules.json"
printf 'vee:\n  rules_file: %s\n' "$work/rules.json" >>"$work/meterlog.yaml"
chmod a+r "$work/rules.json"
node_start

today=$(($(date -u +%s) / 86400 * 86400))
at() { date -u -d "@$((today + $1))" +%Y-%m-%dT%H:%M:%SZ; }
day=86400
operations() { client "$@" --gateway "$gateway" --reason scenario --user operator >/dev/null; }
send() { equal 202 "$(post "$1" -H "Content-Type: application/vnd.meterlog.$2+json" -H "Idempotency-Key: $3")"; }

# day_of METER DAY VALUES: one payload with the quarter-hours of a day.
day_of() {
    jq -nc --arg meter "$1" --argjson start $((today + $2 * day)) --argjson values "$3" \
        '{meter: $meter, start: $start, interval: 900, values: $values}' >"$work/day.json"
    send "$work/day.json" intervals "$1/$2/$(md5sum <"$work/day.json" | cut -c1-8)"
}
flat='[range(96) | 0.25 + (. % 4) / 100]'
whole=$(jq -nc "$flat")
# Of the 40th to the 47th quarter-hour nothing came.
holed=$(jq -nc "$flat | to_entries | map(if .key >= 40 and .key < 48 then null else .value end)")
slot() { query "SELECT $1 FROM readings WHERE meter_id = '$2' AND interval_end = to_timestamp($((today + $3 * day + ($4 + 1) * 900)))"; }
# slot_is EXPECTED COLUMNS METER DAY SLOT
slot_is() {
    reaches 60 "$1" "SELECT $2 FROM readings WHERE meter_id = '$3' AND interval_end = to_timestamp($((today + $4 * day + ($5 + 1) * 900)))"
}

jq -nc '{meters: [range(3) | {meter: "OP-\(.)", zone: "UTC", group: "north"}]}' >"$work/meters.json"
check "meters are registered" send "$work/meters.json" meters registry
fill() {
    local number
    for number in $(seq -20 -3); do
        if ((number == -8)); then day_of OP-0 "$number" "$holed"; else day_of OP-0 "$number" "$whole"; fi
        # The second meter was silent for five days.
        if ((number < -12 || number > -8)); then day_of OP-1 "$number" "$whole"; fi
    done
}
check "days are taken" fill
check "the gap of two hours is estimated" reaches 90 8 \
    "SELECT count(*) FROM readings WHERE meter_id = 'OP-0' AND quality_name LIKE 'estimated%'"

# ---- Edits -----------------------------------------------------------------------------------------------------------
check "a value is set" operations edit --meter OP-0 --from "$(at $((-8 * day + 40 * 900)))" --interval 900 --values 0.7,0.8
check "it holds as edited" slot_is "0.7 edited" "value::float8 || ' ' || quality_name" OP-0 -8 40
check "the estimate before it is in the history" equal 1 "$(query "SELECT count(*) FROM readings_history WHERE meter_id = 'OP-0'
    AND interval_end = to_timestamp($((today - 8 * day + 41 * 900))) AND quality_name LIKE 'estimated%'")"
check "a value is rejected" operations edit --meter OP-0 --from "$(at $((-10 * day)))" --to "$(at $((-10 * day + 900)))" --reject
check "it is estimated" slot_is t "quality_name LIKE 'estimated%'" OP-0 -10 0
check "all of it is taken back" operations edit --meter OP-0 --from "$(at $((-10 * day)))" --to "$(at $((-7 * day)))" --clear
check "the measured value holds again" slot_is "0.25 validated" "value::float8 || ' ' || quality_name" OP-0 -10 0
check "and the estimate" slot_is t "quality_name LIKE 'estimated%'" OP-0 -8 40

# ---- Locks -----------------------------------------------------------------------------------------------------------
before=$(slot value OP-0 -8 41)
check "a day is billed" operations lock --meter OP-0 --from "$(at $((-8 * day)))" --to "$(at $((-7 * day)))"
check "its values are locked" slot_is revenue quality_name OP-0 -8 41
check "the missing values come late" day_of OP-0 -8 "$(jq -nc '[range(96) | if . >= 40 and . < 48 then 3 else null end]')"
check "a pending correction is open" reaches 60 t "SELECT count(*) > 0 FROM exceptions WHERE meter_id = 'OP-0' AND open
    AND code = 'ERR_VEE_LOCKED_27'"
check "the billed value stands" equal "$before revenue" "$(slot "value || ' ' || quality_name" OP-0 -8 41)"
check "the lock is taken back" operations lock --unlock --meter OP-0 --from "$(at $((-8 * day)))" --to "$(at $((-7 * day)))"
check "the late value holds" slot_is 3 "value::float8" OP-0 -8 41
check "no correction is pending" reaches 60 0 "SELECT count(*) FROM exceptions WHERE open AND code = 'ERR_VEE_LOCKED_27'"

# ---- Rules and forced estimates --------------------------------------------------------------------------------------
check "the rule file is in force" equal "$(client rules show --json | jq -r .active)" \
    "$(client rules check "$work/rules.json" --json | jq -r .version)"
printf '{"estimation": {"order": [{"method": "E1", "maximumGapSeconds": 7200}]}}' >"$work/linear.json"
chmod a+r "$work/linear.json"
check "other rules are activated for the past" client rules activate "$work/linear.json" --effective-from "$(at $((-30 * day)))" \
    --gateway "$gateway"
check "the long gap is empty under them" reaches 90 "480 missing" \
    "SELECT count(*) || ' ' || min(quality_name) FROM readings WHERE meter_id = 'OP-1'
     AND interval_end > to_timestamp($((today - 12 * day))) AND interval_end <= to_timestamp($((today - 7 * day)))"
check "and an exception says so" reaches 30 t "SELECT count(*) > 0 FROM exceptions WHERE meter_id = 'OP-1' AND open AND code = 'ERR_VEE_GAP_04'"
check "its results name the rules" equal "$(client rules show --json | jq -r '.activations[0].version, .activations[1].version' |
    grep -c "$(slot rule_set OP-1 -10 5)")" 1
check "estimates are forced for the group" operations force-estimate --group north --from "$(at $((-12 * day)))" --to "$(at $((-7 * day)))"
check "the long gap is filled" reaches 90 480 "SELECT count(*) FROM readings WHERE meter_id = 'OP-1' AND quality_name LIKE 'estimated%'
     AND interval_end > to_timestamp($((today - 12 * day))) AND interval_end <= to_timestamp($((today - 7 * day)))"

printf '{"rules": {"V19": {"thresholdPercent": "many"}}}' >"$work/rules.json"
versions=$(client rules show --json | jq '.activations | length')
kill -HUP "$node_pid"
refusal_is_logged() { grep -q 'ERR_RULE_FILE_REFUSED.*rules.json:1' "$state/log/$node"; }
check "a bad rule file is refused with its line" wait_until 15 refusal_is_logged
check "and the rules stay" equal "$versions" "$(client rules show --json | jq '.activations | length')"
printf '{"rules": {"V19": {"thresholdPercent": 275}}}' >"$work/rules.json"
kill -HUP "$node_pid"
new_version() { [[ $(client rules show --json | jq -r .active) == "$(client rules check "$work/rules.json" --json | jq -r .version)" ]]; }
check "a good one is in force at SIGHUP" wait_until 30 new_version
check "findings are counted by rule" equal 200 "$(curl -sS -o /dev/null -w '%{http_code}' "$api/api/v1/exceptions/counts")"

# ---- Replay from nothing ---------------------------------------------------------------------------------------------
settle
told=$(fingerprint)
kill -TERM "$node_pid"
wait "$node_pid" || true
before_count=$(records meter.validated '%p %o\n' 2>/dev/null | wc -l || true)
: "$before_count"
node_start
check "after a restart it says the same" equal "$told" "$(settle && fingerprint)"

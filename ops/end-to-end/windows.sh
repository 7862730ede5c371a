#!/usr/bin/env bash
# Windows that are no days, and what stands for data that is not there: daily values judged by their month, a silent meter extrapolated, and
# registers that follow from intervals.
set -euo pipefail
# shellcheck source=ops/lib/scenario.sh
source "$(dirname "$0")/../lib/scenario.sh"
scenario windows
with_simulated_clock
environment+=(METERLOG_VEE_DAILY_WINDOW=month)
refused() {
    local code=0
    client_output=$(as_service env "${environment[@]}" METERLOG_VEE_WINDOW=5h "${meterlog[@]}" run 2>&1) || code=$?
    equal "1 yes" "$((code != 0)) $([[ $client_output == *METERLOG_VEE_WINDOW*week* ]] && echo yes)"
}
check "a window that is none is refused, and the answer says what is one" refused
node_start

day=86400
first=$(date -u -d 2026-01-01 +%s)
at() { date -u -d "@$((first + $1 * day))" +%Y-%m-%dT%H:%M:%SZ; }
# send DAY FORMAT KEY: posts $work/payload.json as received ten minutes into that day.
send() {
    equal 202 "$(post "$work/payload.json" -H "Content-Type: application/vnd.meterlog.$2+json" -H "Idempotency-Key: $3" \
        -H "Meterlog-Simulated-Receive-Time: $(((first + $1 * day + 600) * 1000))")"
}
tick() {
    : >"$work/tick"
    equal 202 "$(post "$work/tick" -H 'Content-Type: application/vnd.meterlog.tick' -H "Meterlog-Simulated-Receive-Time: $(((first + $1 * day) * 1000))")"
}
# register METER DAY VALUE
register() {
    jq -nc --arg meter "$1" --argjson at "$((first + $2 * day))" --argjson value "$3" '[{meter: $meter, channel: "E1", at: $at, value: $value}]' \
        >"$work/payload.json"
    send "$2" registers "register-$1-$2"
}
# intervals METER DAY LENGTH VALUES: a payload from the begin of a day on, received when it is over.
intervals() {
    jq -nc --arg meter "$1" --argjson start "$((first + $2 * day))" --argjson interval "$3" --argjson values "$4" \
        '{meter: $meter, channel: "E1", start: $start, interval: $interval, values: $values}' >"$work/payload.json"
    send "$(($2 + ($3 * $(jq length <<<"$4") + day - 1) / day))" intervals "intervals-$1-$2"
}
quarters() {
    local number
    for number in $(seq "$2" "$3"); do intervals "$1" "$number" 900 "$(jq -nc '[range(96) | 0.25]')"; done
}
# answer PATH FILTER: what the query API answers about meters, through jq.
answer() { curl -sS "$api/api/v1/meters/$1" | jq -rc "$2"; }
answer_is() { wait_until 60 answer_matches "$@" || equal "$1" "$(answer "$2" "$3")"; }
answer_matches() { [[ $(answer "$2" "$3") == "$1" ]]; }

printf '{"overrides": [{"match": {"meter": ["QUIET"]}, "estimation": {"order": [{"method": "E10", "maximumGapSeconds": 432000},
    {"method": "E2", "maximumGapSeconds": 432000}]}}]}' >"$work/rules.json"
chmod a+r "$work/rules.json"
check "the silent meter's rules are put into force" client rules activate "$work/rules.json" --effective-from "$(at -30)" --gateway "$gateway"

check "registers are read" eval 'register GAS 0 1000 && register QUIET 0 500'
check "a month of daily values is taken" intervals GAS 0 $day "$(jq -nc '[range(31) | if . == 17 then 80 else 20 + . % 5 end]')"
check "fourteen days of quarter-hours are taken" quarters QUIET 0 13
check "time goes on" tick 45

# ---- Daily values, judged by their month -----------------------------------------------------------------------------
check "the month is one window, and fails for its spike" answer_is '["2026-01-01T00:00:00Z","2026-02-01T00:00:00Z",31,1,true,"fail"]' \
    'GAS/windows' '[.data[] | .window_start, .window_end, .expected, .failed, .closed, .grade]'
check "the spike stands above the days of its month" reaches 60 2026-01-18 \
    "SELECT (first_interval_start AT TIME ZONE 'UTC')::date FROM exceptions WHERE meter_id = 'GAS' AND rule = 19 AND open"
check "daily usage has its days" reaches 60 "31 658" \
    "SELECT count(*) || ' ' || sum(usage)::bigint FROM daily_usage WHERE meter_id = 'GAS'"
check "no register follows while a value counts for nothing" answer_is '[]' 'GAS/registers?derived=true' '.data'
check "a person accepts the value" client edit --meter GAS --channel E1 --from "$(at 17)" --to "$(at 18)" --accept --gateway "$gateway" \
    --reason scenario --user operator
check "then the register at the end of the month follows" answer_is '[["2026-02-01T00:00:00Z",1738,"derived",31,0]]' \
    'GAS/registers?derived=true' '[.data[] | [.read_at, .value, .quality_name, .intervals, .estimated]]'

# ---- A meter that falls silent ---------------------------------------------------------------------------------------
check "five days are extrapolated" reaches 60 "480 120.0" \
    "SELECT count(*) || ' ' || round(sum(value), 1) FROM readings WHERE meter_id = 'QUIET' AND quality_name = 'projected' AND method = 'extrapolated'"
check "registers follow from measured days, and from extrapolated ones" \
    answer_is '[["2026-01-15T00:00:00Z",836,"derived",0],["2026-01-20T00:00:00Z",956,"projected",480]]' \
    "QUIET/registers?derived=true&from=$(at 14)" '[.data[] | select(.read_at == "2026-01-15T00:00:00Z" or .read_at == "2026-01-20T00:00:00Z")
        | [.read_at, .value, .quality_name, .estimated]]'
check "it reports again after two days" quarters QUIET 16 16
check "what was extrapolated is measured" reaches 60 "validated 96" "SELECT quality_name || ' ' || count(*) FROM readings WHERE meter_id = 'QUIET'
    AND interval_start >= '$(at 16)' AND interval_start < '$(at 17)' GROUP BY quality_name"
check "and what is before it is a gap" reaches 60 "estimated_reference_day 192" "SELECT quality_name || ' ' || count(*) FROM readings
    WHERE meter_id = 'QUIET' AND interval_start >= '$(at 14)' AND interval_start < '$(at 16)' GROUP BY quality_name"
check "a register is read late" register QUIET 17 920
check "what followed for its instant gives way, and later ones count from it" \
    answer_is '[["2026-01-18T00:00:00Z",920,null],["2026-01-19T00:00:00Z",944,"2026-01-18T00:00:00Z"]]' \
    "QUIET/registers?from=$(at 17)&to=$(at 19)" '[.data[] | [.read_at, .value, .base_read_at]]'
check "the one that gave way is in the history" reaches 60 "908.00" "SELECT round(value, 2) FROM derived_registers_history
    WHERE meter_id = 'QUIET' AND read_at = '$(at 17)' AND value IS NOT NULL ORDER BY log_offset DESC LIMIT 1"
check "the node ends" stop_process "$node" 60

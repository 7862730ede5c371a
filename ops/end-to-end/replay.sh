#!/usr/bin/env bash
# Replay from zero, with what operators decided in it. From a copy of meter.journal alone, VEE and the projector make the same bytes of
# meter.validated and meter.exceptions and the same database, and the node goes on with them; from a copy of the raw topics alone, the whole
# chain makes the same final tables.
set -euo pipefail
# shellcheck source=ops/lib/scenario.sh
source "$(dirname "$0")/../lib/scenario.sh"
scenario replay
services=()
replay_end() {
    local code=$? one pid
    for one in "${services[@]}"; do
        if pid=$(process_id "$one-$name"); then kill -9 "$pid" && wait "$pid" 2>/dev/null || true; fi
    done
    (exit "$code") && scenario_end || scenario_end
}
trap replay_end EXIT
with_simulated_clock
node_start

simulated=(--meters 60 --days 8 --seed 23 --start 2026-03-24)
first_day=$(TZ=Europe/Berlin date -d '2026-03-24' +%s)
# local DAY HOUR: seconds since 1970 of a local time, days from the first one.
local_time() { TZ=Europe/Berlin date -d "2026-03-24 + $1 days $2:00" +%s; }
iso() { date -u -d "@$1" +%Y-%m-%dT%H:%M:%SZ; }
meter() { printf 'SIM-%07d' "$1"; }
# send SECONDS FORMAT KEY: posts $work/payload.json as received at that time.
send() {
    equal 202 "$(post "$work/payload.json" -H "Content-Type: application/vnd.meterlog.$2+json" -H "Idempotency-Key: $3" \
        -H "Meterlog-Simulated-Receive-Time: $(($1 * 1000))")"
}
tick() {
    : >"$work/tick"
    equal 202 "$(post "$work/tick" -H 'Content-Type: application/vnd.meterlog.tick' -H "Meterlog-Simulated-Receive-Time: $(($1 * 1000))")"
}
# read_registers SECONDS-OF-READING RECEIVED VALUE TOU METERS...
read_registers() {
    local at=$1 received=$2 value=$3 tou=$4
    shift 4
    for number in "$@"; do meter "$number" && echo; done |
        jq -Rnc --argjson at "$at" --argjson value "$value" --arg tou "$tou" \
            '[inputs | {meter: ., at: $at, value: $value} + if $tou == "" then {} else {tou: $tou} end]' >"$work/payload.json"
    send "$received" registers "read-$at-$received-$tou"
}
operations() { client "$@" --gateway "$gateway" --reason scenario --user operator >/dev/null; }
# over DAY HOUR DAY HOUR COMMAND...: a decision about a local time.
over() {
    local from to
    from=$(iso "$(local_time "$1" "$2")")
    to=$(iso "$(local_time "$3" "$4")")
    shift 4
    operations "$@" --from "$from" --to "$to"
}

# ---- Days with gaps, late and repeated payloads, and registers -----------------------------------------------------------------------
before=$((first_day - 7200))
for number in $(seq 1 60); do meter "$number" && echo; done |
    jq -Rnc '{meters: [inputs | {meter: ., zone: "Europe/Berlin", group: (if .[-2:] <= "40" then "north" else "south" end)}]}' >"$work/payload.json"
check "meters are registered" send "$before" meters registry
check "registers are read" read_registers "$first_day" "$((first_day + 600))" 1000 "" $(seq 1 20)
check "and their rates at the same instant" read_registers "$first_day" "$((first_day + 600))" 600 T1 $(seq 1 20)
printf '{"rules": {"V19": {"thresholdPercent": 250}}, "overrides": [{"match": {"group": ["south"]}, "rules": {"V21": {"enabled": true}}}]}' >"$work/rules.json"
chmod a+r "$work/rules.json"
check "rules are activated" client rules activate "$work/rules.json" --effective-from "$(iso "$(local_time 2 0)")" --gateway "$gateway"
check "every simulated payload is acknowledged" simulate
check "every interval is projected and every day is closed" simulation_is_projected
check "days end with registers that follow" reaches 30 t "SELECT count(*) > 100 FROM registers WHERE derived"
check "there are gaps to decide on" test "$(query "SELECT count(*) FROM readings WHERE quality_name LIKE 'estimated%'")" -gt 100

# ---- What operators decide ---------------------------------------------------------------------------------------------------------------
check "values are set" operations edit --meter "$(meter 1)" --from "$(iso "$(local_time 3 8)")" --interval 900 --values 0.7,0.8,0.9
check "values are rejected" over 3 0 3 12 edit --meter "$(meter 2)" --reject
check "a decision is taken back" over 3 0 3 6 edit --meter "$(meter 2)" --clear
check "a day is billed" over 4 0 5 0 lock --meter "$(meter 3)"
check "and one of another meter" over 4 0 5 0 lock --meter "$(meter 4)"
check "estimates are forced" over 1 0 9 0 force-estimate --group north
check "the billed day is frozen" reaches 60 96 "SELECT count(*) FROM readings WHERE meter_id = '$(meter 4)' AND quality_name = 'revenue'"

# The node is restarted with the state it has kept; the replays have none.
check "the node ends" stop_process "$node" 60
node_start

# ---- What comes late ---------------------------------------------------------------------------------------------------------------------
now=$(date +%s)
for number in 3 4 5; do
    jq -nc --arg meter "$(meter "$number")" --argjson start "$(local_time 4 0)" \
        '{meter: $meter, start: $start, interval: 900, quality: "validated", values: [range(96) | 0.2 + . / 1000]}' >"$work/payload.json"
    check "other values come late for $(meter "$number")" send "$now" intervals "late-$number"
done
check "a register is read late" read_registers "$(local_time 5 0)" "$((now + 1))" 1100 "" 1 2
check "what followed for its instant is taken back" reaches 60 "2 0" \
    "SELECT count(*) || ' ' || count(*) FILTER (WHERE derived) FROM registers
     WHERE meter_id IN ('$(meter 1)', '$(meter 2)') AND read_at = to_timestamp($(local_time 5 0)) AND tou = ''"
check "a correction waits for the lock" reaches 60 t "SELECT count(*) > 0 FROM exceptions WHERE open AND code = 'ERR_VEE_LOCKED_27'"
check "a lock is taken back" over 4 0 5 0 lock --unlock --meter "$(meter 4)"
check "time goes on" tick "$((now + 3 * 86400))"
check "the late values hold" reaches 60 0 "SELECT count(*) FROM readings WHERE meter_id = '$(meter 4)' AND quality_name = 'revenue'"
check "nothing is under way" settle

# Derived registers that are not the nearest reading before and the intervals since.
wrong_registers() {
    query "SELECT count(*) FROM registers d WHERE derived AND (
        base_read_at <> (SELECT max(read_at) FROM registers r WHERE r.meter_id = d.meter_id AND r.channel = d.channel
            AND r.tou = '' AND NOT r.derived AND r.read_at < d.read_at)
        OR value <> base_value + (SELECT sum(i.value) FROM readings i WHERE i.meter_id = d.meter_id AND i.channel = d.channel
            AND i.interval_end > d.base_read_at AND i.interval_end <= d.read_at))"
}
check "registers follow from the nearest reading and the intervals since" equal 0 "$(wrong_registers)"

# ---- What it all came to -----------------------------------------------------------------------------------------------------------------
# Timestamp, key and value of every record that a committed reader sees, in order, partition by partition.
topic_hash() {
    local partition
    for partition in 0 1 2 3; do
        kcat -C -b "$kafka" -t "$1" -p "$partition" -o beginning -e -q -X isolation.level=read_committed -f '%T %K %k %S %s\n' |
            sha256sum | cut -c1-16
    done
}
record_count() { records "$1" '%p\n' | wc -l; }
# table_hash VIEW [COLUMN...]: all rows without some columns; where rows lie in the topics is not the same in another run.
table_hash() {
    local view=$1
    shift
    local without="channel_key log_offset log_partition $*"
    query "SELECT count(*) || ' ' || coalesce(md5(string_agg(line, E'\n' ORDER BY line COLLATE \"C\")), '-')
        FROM (SELECT (to_jsonb(t) - string_to_array('$without', ' '))::text AS line FROM $view t) x"
}
views=(readings readings_history windows daily_usage registers derived_registers_history exceptions meters)
tables() { for view in "${views[@]}"; do printf '%s: %s\n' "$view" "$(table_hash "$view")"; done; }

kafka_of_node=$kafka
validated=$(topic_hash meter.validated)
exceptions=$(topic_hash meter.exceptions)
count=$(record_count meter.validated)
journal=$(record_count meter.journal)
all=$(tables)
printf '%s\n' "$all" >&2
check "the node ends again" stop_process "$node" 60

# replay_from TOPIC...: a log of its own with a copy of these topics alone, and an empty database.
replay_from() {
    local topic folder=$work/copy
    rm -rf "$folder"
    mkdir -p "$folder/topics"
    for topic in "$@"; do cp -R "$work/data/broker/topics/$topic" "$folder/topics/"; done
    chown -R "$service_user:" "$folder"
    kafka=127.0.0.1:$(free_port_of "$name-copy")
    start_process "log-$name" env "${environment[@]}" "${meterlog[@]}" broker --data "$folder" --listen "$kafka"
    wait_until 60 port_answers "${kafka#*:}"
    database_renew "$cluster" "$database"
    client topics apply >/dev/null
    client migrate >/dev/null
}
# serve NAME...: one process for each service.
serve() {
    services=("$@")
    for one in "$@"; do
        start_process "$one-$name" env METERLOG_KAFKA_BROKERS="$kafka" "${environment[@]}" "${meterlog[@]}" service "$one"
    done
}
is_folded() { [[ $(record_count "$1") -ge $2 ]] && client lag --max-lag 0 >/dev/null; }
served_end() {
    local one
    for one in "${services[@]}"; do stop_process "$one-$name" 60 || return 1; done
    stop_process "log-$name" 60
}

# ---- From the journal --------------------------------------------------------------------------------------------------------------------
replay_from meter.journal
check "it has the journal and nothing else" equal "$journal 0" "$(record_count meter.journal) $(record_count meter.validated)"
serve vee projector
check "VEE folds the journal from zero" wait_until 120 is_folded meter.validated "$count"
check "everything is projected again" settle
check "as many records" equal "$count" "$(record_count meter.validated)"
check "meter.validated is the same, byte for byte" equal "$validated" "$(topic_hash meter.validated)"
check "meter.exceptions is the same, byte for byte" equal "$exceptions" "$(topic_hash meter.exceptions)"
again=$(tables)
for view in "${views[@]}"; do
    check "the same $view" equal "$(grep "^$view:" <<<"$all")" "$(grep "^$view:" <<<"$again")"
done
check "the services end" served_end
services=()

# ---- The new result in place of the old one --------------------------------------------------------------------------------------------
kafka=$kafka_of_node
for topic in meter.validated meter.exceptions meter.vee.snapshots; do
    rm -rf "$work/data/broker/topics/$topic"
    mv "$work/copy/topics/$topic" "$work/data/broker/topics/"
done
node_start
settle
check "the node goes on with it and puts nothing out again" equal "$count" "$(record_count meter.validated)"
check "and with its tables" equal "$all" "$(tables)"
jq -nc --arg meter "$(meter 6)" --argjson start "$(local_time 3 0)" \
    '{meter: $meter, start: $start, interval: 900, quality: "validated", values: [range(96) | 0.3 + . / 1000]}' >"$work/payload.json"
check "more comes" send "$((now + 3 * 86400))" intervals later
check "and is folded on top" reaches 60 "0.395 validated" "SELECT value::float8 || ' ' || quality_name FROM readings
    WHERE meter_id = '$(meter 6)' AND interval_end = to_timestamp($(local_time 4 0))"
check "nothing is under way any more" settle

# ---- From the raw topics -----------------------------------------------------------------------------------------------------------------
# Several raw partitions are merged into the journal as they come. So versions are counted otherwise, a version that nothing changed may name
# the rules before, and an estimate the payload that made it due. And a lock freezes what stands when it comes: what came after it in another
# partition may come before it here. Everything else that holds is the same.
final_rows() {
    local provenance='received_at raw_topic raw_partition raw_offset' locked="WHERE meter_id <> 'SIM-0000003'"
    rows_of readings "$provenance" "$locked"
    rows_of windows '' "$locked"
    rows_of daily_usage '' "$locked"
    rows_of registers '' "$locked"
    rows_of exceptions "$provenance" "$locked AND open"
    rows_of meters last_received_at
    rows_of meter_registry
    rows_of alarms
    rows_of dead_letters
}
# rows_of VIEW [COLUMNS [CONDITION]]: the rows without some columns, in $work/rows.VIEW.
rows_of() {
    local without="channel_key log_offset log_partition revision decided_at rule_set ${2:-}"
    query "SELECT line FROM (SELECT (to_jsonb(t) - string_to_array('$without', ' '))::text AS line FROM $1 t ${3:-}) x
        ORDER BY line COLLATE \"C\"" >"$work/rows.$1"
}
same_rows() {
    diff "$work/before/rows.$1" "$work/rows.$1" >"$work/difference.$1" && return 0
    printf '%s of %s rows are not there again, such as %s\n' "$(grep -c '^<' "$work/difference.$1")" "$(wc -l <"$work/before/rows.$1")" \
        "$(grep -m 1 '^<' "$work/difference.$1")"
    return 1
}
final_rows
mkdir "$work/before"
mv "$work"/rows.* "$work/before/"
raw=$(record_count meter.raw)
journal=$(record_count meter.journal)
check "the node ends once more" stop_process "$node" 60
replay_from meter.raw meter.raw.alarms
check "it has what came and nothing else" equal "$raw 0 0" \
    "$(record_count meter.raw) $(record_count meter.journal) $(record_count meter.validated)"
serve normalizer vee alarms projector
check "all of it is folded from zero" wait_until 180 is_folded meter.journal "$journal"
check "and projected" settle
final_rows
for view in readings windows daily_usage registers exceptions meters meter_registry alarms dead_letters; do
    check "the same final $view" same_rows "$view"
done
check "registers still follow" equal 0 "$(wrong_registers)"
check "these services end" served_end
services=()

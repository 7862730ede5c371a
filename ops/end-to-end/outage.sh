#!/usr/bin/env bash
# The log is away for 70 s and the database for 15 s in the middle of an ingest: the node and the services beside it wait, say so, and finish.
#
# 70 s are more than two sessions of a group's member: the group has given all of them up meanwhile, and each must join again by itself.
set -euo pipefail
# shellcheck source=ops/lib/scenario.sh
source "$(dirname "$0")/../lib/scenario.sh"
scenario outage test-outage-postgres

with_simulated_clock
log=log-$name
start_log() {
    start_process "$log" env "${environment[@]}" "${meterlog[@]}" broker --data "$work/data/broker" --listen "$kafka"
    wait_until 60 port_answers "${kafka#*:}"
}
simulated=(--meters 600 --days 6 --seed 11 --start 2026-03-26)
under_way() { kill -0 "$simulation"; }

# Whether rows have come since the log is back.
rows_before=
grows() {
    local rows
    rows=$(query 'SELECT count(*) FROM readings')
    [[ -n $rows_before ]] || rows_before=$rows
    ((rows > rows_before && rows < 600 * 24 * 24))
}

# Processes that share the node's partitions.
services=(vee normalizer alarms)
companions=("${services[@]/%/-$name}")
pids() { for one in "${companions[@]}"; do process_id "$one" || echo "$one is gone"; done; }
has_partitions() { client lag 2>/dev/null | grep -q "meterlog-$1-beside"; }

start_log
client topics apply >/dev/null
environment+=(METERLOG_KAFKA_BROKERS="$kafka")
node_start
for service in "${services[@]}"; do
    start_process "$service-$name" env "${environment[@]}" "${meterlog[@]}" service "$service" --instance beside
done
for service in "${services[@]}"; do check "$service beside the node has partitions" wait_until 60 has_partitions "$service"; done
companion_pids=$(pids)
simulate >"$work/simulate" 2>&1 &
simulation=$!

sleep 1
check "the log stops in the middle of the ingest" under_way
stop_process "$log" 30
sleep 70
check "without a log the node runs on, and senders wait" eval 'process_id "$node" && under_way'
start_log
check "after the log's outage rows come again" wait_until 60 grows
postgres_stop "$cluster"
sleep 15
check "without a database the node runs on" process_id "$node"
postgres_start "$cluster"

code=0
wait "$simulation" || code=$?
check "every payload is acknowledged" equal 0 "$code"
check "everything is projected" simulation_is_projected 240
check "nothing differs from the truth" equal 0 "$(truth_differences)"
check "it is the process that was started first" equal "$node_pid" "$(process_id "$node")"
check "and so are those beside it" equal "$companion_pids" "$(pids)"
check "none of them gave up" equal 0 "$(cat "$state/log/$node" "${companions[@]/#/$state/log/}" | grep -c ERR_STREAM_FAILED)"
check "the node ends" stop_process "$node" 60

# A log that is killed, and does not come back.
log_pid=$(process_id "$log")
kill -9 "$log_pid"
wait "$log_pid" 2>/dev/null || true
sleep 3
for service in "${services[@]}"; do kill -TERM "$(process_id "$service-$name")" || true; done
start=$SECONDS
for service in "${services[@]}"; do
    check "$service ends on SIGTERM while the log is away" wait_until $((start + 25 - SECONDS)) process_is_over "$service-$name"
    if pid=$(process_id "$service-$name"); then kill -9 "$pid"; fi
done
# A warning a second would be hundreds of lines.
check "it said so, and not all the time" test "$(grep -ciE 'warn|error' "$state/log/$node")" -lt 200

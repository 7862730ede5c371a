#!/usr/bin/env bash
# kill -9 of the whole node in the middle of an ingest, three times: the same final tables as an undisturbed run.
set -euo pipefail
# shellcheck source=ops/lib/scenario.sh
source "$(dirname "$0")/../lib/scenario.sh"
scenario kill

with_simulated_clock
node_start
check "undisturbed: every payload is acknowledged" simulate
check "undisturbed: everything is projected" simulation_is_projected
undisturbed=$(fingerprint)
check "undisturbed: nothing differs from the truth" equal 0 "$(truth_differences)"
node_kill

renew
with_simulated_clock
node_start
simulate >"$work/simulate" 2>&1 &
simulation=$!
kills=0
for seconds in 0.7 0.7 1; do
    sleep "$seconds"
    kill -0 "$simulation" 2>/dev/null || break
    node_kill
    kills=$((kills + 1))
    node_start
done
check "the node was killed twice or more while payloads came in" test "$kills" -ge 2
code=0
wait "$simulation" || code=$?
check "killed: every payload is acknowledged" equal 0 "$code"
check "killed: everything is projected" simulation_is_projected
# Once more, when nothing but processing can be under way.
node_kill
node_start
settle
check "killed: the same final tables" equal "$undisturbed" "$(fingerprint)"
check "killed: nothing differs from the truth" equal 0 "$(truth_differences)"

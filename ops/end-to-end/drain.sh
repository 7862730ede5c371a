#!/usr/bin/env bash
# SIGTERM in the middle of an ingest: the node finishes what it has accepted, commits, ends with code 0; a restart goes on.
set -euo pipefail
# shellcheck source=ops/lib/scenario.sh
source "$(dirname "$0")/../lib/scenario.sh"
scenario drain

with_simulated_clock
node_start
simulate >"$work/simulate" 2>&1 &
simulation=$!
sleep 2
kill -TERM "$node_pid"
start=$SECONDS
code=0
wait "$node_pid" || code=$?
check "SIGTERM ends it with code 0" equal 0 "$code"
check "it needs no longer than 30 s" test $((SECONDS - start)) -le 30
node_start
code=0
wait "$simulation" || code=$?
check "every payload is acknowledged" equal 0 "$code"
check "everything is projected" simulation_is_projected
check "nothing differs from the truth" equal 0 "$(truth_differences)"
check "no group is behind" client lag --max-lag 0
check "the fault simulation keeps every law" client simulate-faults --seeds 200 --json
check "the fault simulation finds a planted bug" client simulate-faults --canary redo-keeps-outputs

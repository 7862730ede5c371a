#!/usr/bin/env bash
# ops/up, ops/status and ops/down: started once, found again, stopped; nobody runs as root.
set -euo pipefail
# shellcheck source=ops/lib/scenario.sh
source "$(dirname "$0")/../lib/scenario.sh"
name=local-services
need_packages "${build_packages[@]}" "${service_packages[@]}" "${test_packages[@]}"
open_state
work=$(service_folder work-$name)
unset METERLOG_KAFKA_BROKERS METERLOG_DATABASE_URL
export METERLOG_LOCAL_DIRECTORY=$work/local
rm -rf "$work/local"
trap '"$root/ops/down" >/dev/null 2>&1' EXIT

exit_code() { local code=0; "$@" >/dev/null 2>&1 || code=$?; echo "$code"; }
owners() { ps -o user= -p "$(head -n 1 "$work/local/postgres/postmaster.pid"),$(cut -d ' ' -f 1 "$work/local/run/broker")" | sort -u; }
processes() { "$root/ops/status" | awk '{ print $1, $2, $3, $4 }'; }

check "before: status says that nothing is set up" equal 4 "$(exit_code "$root/ops/status")"
check "up" "$root/ops/up"
check "status says that both run" equal 0 "$(exit_code "$root/ops/status")"
check "they don't run as root" equal 0 "$(owners | grep -cx root || true)"
before=$(processes)
start=$SECONDS
variables=$("$root/ops/up" --env)
check "a second up is quick" test $((SECONDS - start)) -le 20
check "a second up changes nothing" equal "$before" "$(processes)"
check "--env prints two lines to evaluate" equal 2 "$(grep -cE '^export METERLOG_(KAFKA_BROKERS|DATABASE_URL)=' <<<"$variables")"
eval "$variables"
check "up with these variables set starts nothing else" "$root/ops/up"
check "and changes nothing" equal "$before" "$(processes)"
check "the topics can be seen from outside" test "$(kcat -L -b "$METERLOG_KAFKA_BROKERS" -J | jq '[.topics[].topic | select(startswith("meter."))] | length')" -ge 10
check "the tables can be seen from outside" psql -XAtq "$METERLOG_DATABASE_URL" -c 'SELECT count(*) FROM readings'
check "down" "$root/ops/down"
check "status says that neither runs" equal 3 "$(exit_code "$root/ops/status")"
"$root/ops/up" >"$work/again" 2>&1 || true
check "up again finds tables and topics" equal 2 "$(grep -c 'nothing to do' "$work/again" || true)"
check "down --wipe" "$root/ops/down" --wipe
check "nothing is left" equal 4 "$(exit_code "$root/ops/status")"
exit $((failed > 0))

# shellcheck shell=bash
# One end-to-end scenario: a node of its own (meterlog run) with a database and a log of its own, and checks that print
# "ok NAME" or "not ok NAME: why". Scripts in end-to-end/ source this and call `scenario` first.

# shellcheck source=ops/lib/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
# shellcheck source=ops/lib/packages.sh
source "$root/ops/lib/packages.sh"
# shellcheck source=ops/lib/postgres.sh
source "$root/ops/lib/postgres.sh"
# shellcheck source=ops/lib/broker.sh
source "$root/ops/lib/broker.sh"
me=ops/end-to-end/$(basename "$0")
failed=0

# scenario NAME [CLUSTER]: sets up; everything is stopped when the script ends.
scenario() {
    name=$1
    cluster=${2:-test-postgres}
    database=meterlog_${name//-/_}
    unset METERLOG_CONFIG METERLOG_KAFKA_BROKERS METERLOG_DATABASE_URL METERLOG_DATA_DIRECTORY METERLOG_HOME
    need_packages "${build_packages[@]}" "${service_packages[@]}" "${test_packages[@]}"
    open_state
    "$root/ops/build" --program >/dev/null
    lock_state
    install_app
    find_app
    find_postgres
    postgres_start "$cluster"
    unlock_state
    node=node-$name
    # Names of other processes that the script starts.
    companions=()
    work=$state/work-$name
    trap scenario_end EXIT
    renew
}

# A new database, an empty log, new ports.
renew() {
    rm -rf "$work" "$state/log/$node"
    service_folder "work-$name" >/dev/null
    chmod 0755 "$work"
    database_renew "$cluster" "$database"
    gateway=http://127.0.0.1:$(free_port_of "$name-gateway")
    api=http://127.0.0.1:$(free_port_of "$name-api")
    kafka=127.0.0.1:$(free_port_of "$name-broker")
    printf 'gateway:\n  tick_interval_seconds: 1\n' >"$work/meterlog.yaml"
    environment=(
        METERLOG_CONFIG="$work/meterlog.yaml"
        METERLOG_DATABASE_URL="$(postgres_url "$cluster" "$database")"
        METERLOG_DATA_DIRECTORY="$work/data"
        METERLOG_BROKER_PORT="${kafka#*:}"
        METERLOG_GATEWAY_PORT="${gateway##*:}"
        METERLOG_API_PORT="${api##*:}"
    )
}

scenario_end() {
    local code=$? pid
    trap - EXIT
    for one in "$node" "log-$name" "${companions[@]}"; do
        if pid=$(process_id "$one"); then kill -9 "$pid" && wait "$pid" 2>/dev/null || true; fi
    done
    # What a failure left behind may be looked at; a success leaves nothing.
    if ((code == 0 && failed == 0)); then
        rm -rf "$work"
        database_query "$cluster" postgres -c "DROP DATABASE IF EXISTS $database WITH (FORCE)" || true
    fi
    [[ $cluster == test-postgres ]] || postgres_stop "$cluster" || true
    if ((code != 0)); then
        printf 'not ok %s: ended before its last check, with code %s\n' "$name" "$code"
        tail -n 20 "$state/log/$node" >&2 || true
    fi
    ((code == 0 && failed == 0))
    exit
}

# check NAME COMMAND...: what the command says last is the reason when it fails.
check() {
    local what=$1 output
    shift
    if output=$("$@" 2>&1); then
        printf 'ok %s: %s\n' "$name" "$what"
    else
        failed=$((failed + 1))
        printf 'not ok %s: %s: %s\n' "$name" "$what" "$(tail -n 1 <<<"${output:-"$* failed"}")"
    fi
}

# equal EXPECTED FOUND
equal() {
    [[ $1 == "$2" ]] && return 0
    printf 'found "%s", expected "%s"\n' "${2:0:400}" "${1:0:400}"
    return 1
}

# ---- The node --------------------------------------------------------------------------------------------------------

# node_start: `meterlog run`, until the gateway and the API answer.
node_start() {
    start_process "$node" env "${environment[@]}" "${meterlog[@]}" run
    node_pid=$(process_id "$node") || die "meterlog run ended at once; its log is $state/log/$node"
    wait_until 60 node_answers_or_died || true
    if process_is_over "$node"; then
        tail -n 20 "$state/log/$node" >&2
        die "meterlog run ended while starting"
    fi
}

node_answers_or_died() {
    process_is_over "$node" || { port_answers "${gateway##*:}" && port_answers "${api##*:}"; }
}

# node_kill: no warning, no chance to clean up.
node_kill() {
    kill -9 "$node_pid"
    wait "$node_pid" 2>/dev/null || true
}

# A meterlog command against the node.
client() { as_service env METERLOG_KAFKA_BROKERS="$kafka" "${environment[@]}" "${meterlog[@]}" "$@"; }

query() { database_query "$cluster" "$database" -c "$1"; }

# post FILE CURL-OPTIONS...: prints the HTTP status; the answer is in $work/answer.
post() {
    local file=$1
    shift
    curl -sS -o "$work/answer" -w '%{http_code}\n' -H 'Meterlog-Source: scenario' "$@" \
        --data-binary "@$file" "$gateway/ingest/v1/payloads"
}

# records TOPIC FORMAT: what a committed reader sees of a topic.
records() { kcat -C -b "$kafka" -t "$1" -o beginning -e -q -f "$2"; }

# ---- Waiting for the read model --------------------------------------------------------------------------------------

# reaches SECONDS EXPECTED SQL: waits until a query gives the expected answer.
reaches() {
    local found
    wait_until "$1" answers "$2" "$3" && return 0
    found=$(query "$3")
    printf 'after %s s found "%s", expected "%s"\n' "$1" "$found" "$2"
    return 1
}

answers() { [[ $(query "$2" 2>/dev/null) == "$1" ]]; }

# Waits until nothing has come to the read model for four seconds.
settle() {
    local before=- now
    for _ in {1..60}; do
        now=$(query "SELECT (SELECT count(*) FROM readings_history), (SELECT sum(next_offset) FROM projection_offsets
            WHERE topic <> 'meter.journal'), (SELECT count(*) FROM alarms), (SELECT count(*) FROM dead_letters)")
        if [[ $now == "$before" ]]; then return 0; fi
        before=$now
        sleep 4
    done
    echo "the read model is still changing after 4 minutes"
    return 1
}

# One number for everything that the table of readings says.
fingerprint() {
    query "SELECT count(*) || ' rows ' || md5(string_agg(concat_ws('|', meter_id, channel, extract(epoch FROM interval_end),
        coalesce(value_e9::text, '-'), quality_name, method), E'\n' ORDER BY meter_id, channel, interval_end)) FROM readings"
}

# ---- A simulated head-end --------------------------------------------------------------------------------------------

simulated=(--meters 600 --days 6 --seed 7 --start 2026-03-26)

# The node takes the simulated receive times, so that two runs get the same log.
with_simulated_clock() { environment+=(METERLOG_GATEWAY_SIMULATED_CLOCK=true); }

simulate() { client simulate "${simulated[@]}" --gateway "$gateway" --truth "$work/truth.csv"; }

# Waits until every simulated interval has its row and every window is closed.
simulation_is_projected() {
    local expected
    expected=$(($(wc -l <"$work/truth.csv") - 1))
    reaches "${1:-180}" "$expected 0" \
        "SELECT (SELECT count(*) FROM readings) || ' ' || (SELECT count(*) FROM windows WHERE NOT closed)" && settle
}

# Intervals whose row is not what the simulator knows to be true.
truth_differences() {
    database_query "$cluster" "$database" <<SQL
CREATE TEMP TABLE truth (meter text, channel text, interval_end timestamptz, outcome text, kwh numeric);
\\copy truth FROM '$work/truth.csv' WITH (FORMAT csv, HEADER)
SELECT count(*) FROM truth t FULL JOIN readings r
ON r.meter_id = t.meter AND r.channel = t.channel AND r.interval_end = t.interval_end
WHERE t.meter IS NULL OR r.meter_id IS NULL OR NOT CASE t.outcome
    -- A line must be the line; what other methods make of a gap depends on the history.
    WHEN 'estimated' THEN r.quality_name LIKE 'estimated%' AND (r.method <> 'linear' OR r.value = t.kwh)
    WHEN 'missing' THEN r.quality_name = 'missing' AND r.value IS NULL OR r.quality_name LIKE 'estimated%' AND r.value >= 0
    ELSE r.quality_name = t.outcome AND r.value = t.kwh END;
SQL
}

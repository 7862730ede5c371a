# shellcheck shell=bash
# The embedded event log as a process of its own. Needs common.sh.

# broker_start NAME: listens on the port remembered for NAME, keeps its data in the folder NAME; nothing where it runs.
broker_start() {
    if process_id "$1" >/dev/null; then return 0; fi
    local port data
    port=$(free_port_of "$1")
    data=$(service_folder "$1")
    find_app
    start_process "$1" "${meterlog[@]}" broker --data "$data" --listen "127.0.0.1:$port"
    if ! wait_until 60 broker_answers_or_died "$1" "$port" || ! port_answers "$port"; then
        tail -n 20 "$state/log/$1" >&2
        die "the broker does not start; its log is $state/log/$1"
    fi
    say "the embedded event log listens on 127.0.0.1:$port"
}

broker_answers_or_died() { port_answers "$2" || process_is_over "$1"; }

broker_address() { printf '127.0.0.1:%s\n' "$(port_of "$1")"; }

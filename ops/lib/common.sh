# shellcheck shell=bash
# Shared by the scripts in ops/: messages, the unprivileged user, the state folder, ports, processes, waiting.
# Results go to standard output; everything that is said on the way goes to standard error.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
# Commands run in the state folder; a configuration file named from here must still be found there.
if [[ -n ${METERLOG_CONFIG:-} ]]; then
    METERLOG_CONFIG=$(realpath "$METERLOG_CONFIG")
    export METERLOG_CONFIG
fi

# The name the user called, for messages.
me=ops/$(basename "$0")

say() { printf '%s: %s\n' "$me" "$*" >&2; }

die() {
    say "$*"
    exit 1
}

# Prints the comment at the head of the script, for --help.
print_head() { awk 'NR > 1 { if (!/^#/) exit; sub(/^# ?/, ""); print }' "$1"; }

wrong_usage() {
    say "$*; see $me --help"
    exit 64
}

# ---- The user that services run as -----------------------------------------------------------------------------------

# Root gives services a user of their own; anybody else runs them as himself.
service_user=$(id -un)

need_service_user() {
    [[ $EUID -eq 0 ]] || return 0
    service_user=meterlog
    getent passwd "$service_user" >/dev/null && return 0
    say "creating the system user $service_user"
    useradd --system --user-group --home-dir /nonexistent --no-create-home --shell /usr/sbin/nologin "$service_user"
}

# Runs a command as the service user, in the state folder, without any further rights.
as_service() { (cd "${state:-/}" && exec_as_service "$@"); }

exec_as_service() {
    if [[ $EUID -eq 0 ]]; then
        exec setpriv --reuid="$service_user" --regid="$service_user" --init-groups --no-new-privs \
            env HOME="${state:-/}" "$@"
    fi
    exec "$@"
}

# ---- The state folder ------------------------------------------------------------------------------------------------

# Sets $state: .local in the checkout, or METERLOG_LOCAL_DIRECTORY. Services can't work in a folder that their user can't
# reach (a checkout under /root); then .local is a link to a folder in /var/lib.
open_state() {
    need_service_user
    local wanted=${METERLOG_LOCAL_DIRECTORY:-$root/.local}
    if [[ ! -e $wanted ]]; then
        mkdir -p "$(dirname "$wanted")"
        if (cd / && as_service test -x "$(dirname "$wanted")"); then
            mkdir "$wanted"
        else
            local away
            away=/var/lib/meterlog-$(printf '%s' "$wanted" | sha256sum | head -c 8)
            mkdir -p "$away"
            ln -sfn "$away" "$wanted"
            say "$service_user can't reach $(dirname "$wanted"); local data is in $away, $wanted links to it"
        fi
        chmod 0755 "$wanted/."
    fi
    state=$(cd "$wanted" && pwd -P)
    [[ -w $state ]] || die "$state belongs to $(stat -c %U "$state"); run as that user, or set METERLOG_LOCAL_DIRECTORY"
    (cd / && as_service test -x "$state") ||
        die "$service_user can't reach $state; set METERLOG_LOCAL_DIRECTORY to a folder that every user can reach"
    mkdir -p "$state/run" "$state/log"
    [[ -e $state/ports ]] || touch "$state/ports"
}

# Sets $state when there is one; fails when nothing was ever set up here.
find_state() {
    local wanted=${METERLOG_LOCAL_DIRECTORY:-$root/.local}
    [[ $EUID -ne 0 ]] || service_user=meterlog
    [[ -d $wanted/run ]] || return 1
    state=$(cd "$wanted" && pwd -P)
}

# A folder that the service user owns. $1: path below the state folder.
service_folder() {
    local path=$state/$1
    mkdir -p "$path"
    if [[ $EUID -eq 0 ]]; then chown "$service_user:$service_user" "$path"; fi
    printf '%s\n' "$path"
}

# One script at a time changes what runs; the others wait.
lock_state() {
    exec 9>"$state/lock"
    flock -w 900 9 || die "another script has held $state/lock for 15 minutes"
}

unlock_state() { exec 9>&-; }

# ---- Ports -----------------------------------------------------------------------------------------------------------

port_answers() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# The port remembered for a service; picked among the free ones at the first time.
port_of() {
    local port
    port=$(awk -F= -v name="$1" '$1 == name { print $2 }' "$state/ports")
    if [[ -z $port ]]; then
        # Below the range that the kernel hands out to outgoing connections.
        for _ in {1..200}; do
            port=$((20000 + (RANDOM << 15 | RANDOM) % 12000))
            if ! grep -q "=$port\$" "$state/ports" && ! port_answers "$port"; then break; fi
        done
        printf '%s=%s\n' "$1" "$port" >>"$state/ports"
    fi
    printf '%s\n' "$port"
}

# For a service that is not running: its port, another one when somebody else has taken it meanwhile.
free_port_of() {
    local port
    port=$(port_of "$1")
    if port_answers "$port"; then
        say "port $port of $1 is taken by something else; picking another"
        sed -i "/^$1=/d" "$state/ports"
        port=$(port_of "$1")
    fi
    printf '%s\n' "$port"
}

# ---- Processes -------------------------------------------------------------------------------------------------------

# When a process started, in clock ticks since boot: tells a process from a later one with the same id.
start_ticks() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d ' ' -f 20; }

# The id of a process started by start_process, if it still runs.
process_id() {
    local pid ticks
    [[ -r $state/run/$1 ]] || return 1
    read -r pid ticks <"$state/run/$1"
    [[ -n $ticks && $(start_ticks "$pid") == "$ticks" ]] || return 1
    printf '%s\n' "$pid"
}

# start_process NAME COMMAND...: in the background, as the service user; its output goes to log/NAME.
start_process() {
    local name=$1 log=$state/log/$1
    shift
    touch "$log"
    (
        cd "$state"
        exec 9>&- </dev/null >>"$log" 2>&1
        if [[ $EUID -eq 0 ]]; then
            exec setsid setpriv --reuid="$service_user" --regid="$service_user" --init-groups --no-new-privs \
                env HOME="$state" "$@"
        fi
        exec setsid "$@"
    ) &
    local pid=$!
    printf '%s %s\n' "$pid" "$(start_ticks "$pid")" >"$state/run/$name"
}

# stop_process NAME SECONDS: asks it to end and waits; says so when it does not.
stop_process() {
    local pid
    pid=$(process_id "$1") || return 0
    kill -TERM "$pid"
    if wait_until "$2" process_is_over "$1"; then
        rm -f "$state/run/$1"
        return 0
    fi
    say "$1 (process $pid) has not ended in $2 s; its log is $state/log/$1"
    return 1
}

process_is_over() { ! process_id "$1" >/dev/null; }

# wait_until SECONDS COMMAND...: tries until it succeeds; fails when the time is over.
wait_until() {
    local end=$((SECONDS + $1))
    shift
    until "$@"; do
        if ((SECONDS >= end)); then return 1; fi
        sleep 0.1
    done
}

# Seconds that a process has been running.
process_seconds() {
    local ticks uptime
    ticks=$(start_ticks "$1") || return 1
    uptime=$(cut -d . -f 1 /proc/uptime)
    printf '%s\n' $((uptime - ticks / $(getconf CLK_TCK)))
}

# ---- The program -----------------------------------------------------------------------------------------------------

# Copies the built program with what it reads to app/ in the state folder, where the service user can reach it.
install_app() {
    local built=$root/.build/release/meterlog app=$state/app
    [[ -x $built ]] || die "$built is not there; run ops/build"
    mkdir -p "$app/bin"
    local part
    for part in topics migrations; do
        if ! diff -rq "$root/$part" "$app/$part" >/dev/null 2>&1; then
            rm -rf "${app:?}/$part"
            cp -R "$root/$part" "$app/$part"
        fi
    done
    if ! cmp -s "$built" "$app/bin/meterlog"; then
        cp "$built" "$app/bin/meterlog.new"
        mv "$app/bin/meterlog.new" "$app/bin/meterlog"
        install_libraries "$app"
    fi
    chmod -R a+rX "$app"
}

# The Swift runtime beside the program when its user can't read the toolchain's.
install_libraries() {
    local app=$1 library
    rm -rf "${app:?}/lib"
    chmod -R a+rX "$app"
    if as_service "$app/bin/meterlog" --version >/dev/null 2>&1; then return; fi
    mkdir "$app/lib"
    while read -r library; do cp -L "$library" "$app/lib/"; done < <(
        ldd "$app/bin/meterlog" | awk '$3 ~ /\/swift\// { print $3 }'
    )
    chmod -R a+rX "$app"
    as_service env LD_LIBRARY_PATH="$app/lib" "$app/bin/meterlog" --version >/dev/null ||
        die "$service_user can't run $app/bin/meterlog"
}

# The words that come before the arguments of the installed program; sets the array $meterlog.
find_app() {
    meterlog=(env METERLOG_HOME="$state/app")
    if [[ -d $state/app/lib ]]; then meterlog+=(LD_LIBRARY_PATH="$state/app/lib"); fi
    meterlog+=("$state/app/bin/meterlog")
}

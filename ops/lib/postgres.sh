# shellcheck shell=bash
# Private PostgreSQL clusters: a data folder, a loopback port, a user with a password of its own. Needs common.sh.

# Sets $postgres_bin: the newest server on this machine, 15 or newer.
find_postgres() {
    local candidate best=0 number
    for candidate in /usr/lib/postgresql/*/bin/initdb; do
        [[ -x $candidate ]] || continue
        number=${candidate#/usr/lib/postgresql/}
        number=${number%%/*}
        if [[ $number =~ ^[0-9]+$ ]] && ((number > best)); then best=$number; fi
    done
    ((best >= 15)) || die "no PostgreSQL 15 or newer in /usr/lib/postgresql"
    postgres_bin=/usr/lib/postgresql/$best/bin
}

# The URL of a database. $1: cluster, $2: database.
postgres_url() {
    printf 'postgresql://meterlog:%s@127.0.0.1:%s/%s\n' "$(cat "$state/$1.password")" "$(port_of "$1")" "$2"
}

# postgres_create CLUSTER: makes its data folder where there is none.
postgres_create() {
    local data=$state/$1 password=$state/$1.password hand_over
    [[ -s $data/PG_VERSION ]] && return 0
    say "making a PostgreSQL cluster in $data"
    rm -rf "$data"
    (umask 077 && head -c 18 /dev/urandom | od -An -tx1 | tr -d ' \n' >"$password")
    service_folder "$1" >/dev/null
    hand_over=$(service_folder "run/$1.new")
    (umask 077 && cp "$password" "$hand_over/password")
    if [[ $EUID -eq 0 ]]; then chown "$service_user" "$hand_over/password"; fi
    as_service "$postgres_bin/initdb" --pgdata="$data" --username=meterlog --pwfile="$hand_over/password" \
        --auth=scram-sha-256 --encoding=UTF8 --locale=C >"$state/log/$1" 2>&1 ||
        { cat "$state/log/$1" >&2; die "initdb failed"; }
    rm -rf "$hand_over"
    postgres_settings | as_service tee -a "$data/postgresql.conf" >/dev/null
}

# Settings of a small machine that must lose nothing: fsync and synchronous_commit stay on.
postgres_settings() {
    cat <<'SETTINGS'

# Meterlog
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
shared_buffers = 256MB
work_mem = 16MB
maintenance_work_mem = 128MB
wal_compression = on
min_wal_size = 256MB
max_wal_size = 4GB
checkpoint_timeout = 15min
synchronous_commit = on
random_page_cost = 1.1
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
SETTINGS
    if has_timescaledb; then
        echo "shared_preload_libraries = 'timescaledb'"
        echo "timescaledb.telemetry_level = off"
    fi
}

# Whether the TimescaleDB extension is installed for this server.
has_timescaledb() { [[ -e /usr/share/postgresql/$(basename "${postgres_bin%/bin}")/extension/timescaledb.control ]]; }

postgres_process() {
    local pid
    pid=$(head -n 1 "$state/$1/postmaster.pid" 2>/dev/null) || return 1
    [[ -n $pid && -d /proc/$pid && $(cat "/proc/$pid/comm" 2>/dev/null) == postgres ]] || return 1
    printf '%s\n' "$pid"
}

# postgres_start CLUSTER: nothing where it runs already.
postgres_start() {
    postgres_create "$1"
    if postgres_process "$1" >/dev/null; then return 0; fi
    local port options
    port=$(free_port_of "$1")
    options="-p $port"
    # Tests make and drop hundreds of databases, and each of these is a checkpoint. They end processes, never the machine,
    # so nothing that they look for needs the disk. The outage has a cluster of its own, as an operator would have it.
    if [[ $1 == test-postgres ]]; then options+=" -c fsync=off"; fi
    touch "$state/log/$1"
    if [[ $EUID -eq 0 ]]; then chown "$service_user" "$state/log/$1"; fi
    as_service "$postgres_bin/pg_ctl" start --wait --timeout=60 --silent --pgdata="$state/$1" --log="$state/log/$1" \
        --options="$options" </dev/null >&2 9>&- ||
        { tail -n 20 "$state/log/$1" >&2; die "PostgreSQL does not start; its log is $state/log/$1"; }
    say "PostgreSQL listens on 127.0.0.1:$port"
}

# postgres_stop CLUSTER
postgres_stop() {
    postgres_process "$1" >/dev/null || return 0
    as_service "$postgres_bin/pg_ctl" stop --wait --timeout=60 --silent --mode=fast --pgdata="$state/$1" >&2 ||
        { say "PostgreSQL has not ended in 60 s; its log is $state/log/$1"; return 1; }
}

# database_query CLUSTER DATABASE ARGUMENTS...: psql; the password stays out of the list of processes.
database_query() {
    local cluster=$1 database=$2
    shift 2
    PGPASSWORD=$(cat "$state/$cluster.password") psql -XAtq -v ON_ERROR_STOP=1 \
        --host=127.0.0.1 --port="$(port_of "$cluster")" --username=meterlog --dbname="$database" "$@"
}

# database_create CLUSTER DATABASE: nothing where it exists.
database_create() {
    if [[ $(database_query "$1" postgres -c "SELECT 1 FROM pg_database WHERE datname = '$2'") != 1 ]]; then
        database_query "$1" postgres -c "CREATE DATABASE $2"
    fi
}

# database_renew CLUSTER DATABASE: an empty one, whatever was there.
database_renew() {
    database_query "$1" postgres -c "SET client_min_messages = warning" \
        -c "DROP DATABASE IF EXISTS $2 WITH (FORCE)" -c "CREATE DATABASE $2" >&2
}

# shellcheck shell=bash
# Debian packages: installs what is missing and asks nothing.

# Libraries that Meterlog is linked with, and what their build needs.
build_packages=(librdkafka-dev libpq-dev libssl-dev liblz4-dev zlib1g-dev liblzma-dev pkg-config git ca-certificates tzdata)
# What runs beside it on one machine.
service_packages=(postgresql)
# What only the tests use.
test_packages=(kcat curl jq python3 xz-utils protobuf-compiler)

package_is_there() { [[ $(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null) == installed ]]; }

as_root() {
    if [[ $EUID -eq 0 ]]; then "$@"; else sudo "$@"; fi
}

# need_packages NAME...
need_packages() {
    local missing=() name
    for name in "$@"; do package_is_there "$name" || missing+=("$name"); done
    ((${#missing[@]})) || return 0
    command -v apt-get >/dev/null || die "missing: ${missing[*]}; this is no Debian, so install their like by hand"
    if [[ $EUID -ne 0 ]] && ! command -v sudo >/dev/null; then
        die "missing: ${missing[*]}; run as root, or: apt-get install ${missing[*]}"
    fi
    say "installing ${missing[*]}"
    as_root apt-get update -q >&2
    if [[ " ${missing[*]} " == *" postgresql "* ]]; then avoid_main_cluster; fi
    apt_install "${missing[@]}"
}

apt_install() { as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@" >&2; }

# Debian starts a cluster on port 5432 when it installs PostgreSQL; ours are private and nobody asked for that one.
avoid_main_cluster() {
    apt_install postgresql-common
    as_root mkdir -p /etc/postgresql-common/createcluster.d
    printf 'create_main_cluster = false\n' |
        as_root tee /etc/postgresql-common/createcluster.d/meterlog.conf >/dev/null
}

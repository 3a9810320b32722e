#!/usr/bin/env bash
# Runs a command beside a throw-away PostgreSQL: tools/with-postgres.sh COMMAND [ARGUMENT…]
#
# The cluster lives in a private folder under $TMPDIR, listens on one free port of 127.0.0.1 only, and is gone
# when the command ends, however it ends. The command finds it through POSTRIDER_TEST_PG.
# A POSTRIDER_TEST_PG that is already set is used as it is.
# With POSTRIDER_PG_DURABLE=1 it writes its log through, as one that is kept must: for benchmarks.
# Without PostgreSQL: an error when CI=1, else the command runs and its tests say that they skip PostgreSQL.
set -euo pipefail

say() { printf 'with-postgres: %s\n' "$*" >&2; }

[ $# -gt 0 ] || { say "usage: $0 COMMAND [ARGUMENT…]"; exit 2; }
if [ -n "${POSTRIDER_TEST_PG:-}" ]; then exec "$@"; fi

# Debian keeps the server programs off PATH, one folder for each major version; the newest wins.
find_bin() {
    local folder
    for folder in $(printf '%s\n' /usr/lib/postgresql/*/bin | sort -Vr); do
        if [ -x "$folder/initdb" ]; then echo "$folder"; return; fi
    done
    if command -v initdb >/dev/null; then dirname "$(command -v initdb)"; fi
}

bin=${POSTRIDER_PG_BIN-$(find_bin)}
if [ -z "$bin" ]; then
    if [ "${CI:-}" = 1 ]; then say 'no PostgreSQL found and CI=1: run `make setup`'; exit 1; fi
    say 'no PostgreSQL found: tests that need it will be skipped; `make setup` installs it'
    exec "$@"
fi

# PostgreSQL refuses to run as root, so root hands it to another user.
as=()
if [ "$(id -u)" = 0 ]; then
    user=postgres
    id -u "$user" >/dev/null 2>&1 || user=nobody
    as=(setpriv --reuid "$user" --regid "$(id -g "$user")" --clear-groups)
fi

folder=$(mktemp -d "${TMPDIR:-/tmp}/postrider-pg.XXXXXX")
server=

cleanup() {
    local status=$?
    trap - EXIT
    if [ -n "$server" ]; then
        # SIGINT is PostgreSQL's fast shutdown: connections are cut, nothing is waited for.
        kill -INT "$server" 2>/dev/null || true
        wait "$server" 2>/dev/null || true
    fi
    rm -rf "$folder"
    exit "$status"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP

[ ${#as[@]} -eq 0 ] || chown "$user" "$folder"
cd_out=$PWD
# initdb looks into its working folder, which the other user may not enter.
cd "$folder"
"${as[@]}" "$bin/initdb" --pgdata="$folder/data" --username=postgres --auth=trust --encoding=UTF8 \
    --locale=C.UTF-8 --no-sync --no-instructions >"$folder/initdb.log" 2>&1 ||
    { say 'initdb failed:'; cat "$folder/initdb.log" >&2; exit 1; }

# synchronous_commit stays on because the product asserts it; fsync may go, since this cluster is thrown away.
durable=off
[ "${POSTRIDER_PG_DURABLE:-}" != 1 ] || durable=on
# A session of its own keeps Ctrl-C for the command; the death signal covers a kill -9 of this script.
start() {
    setsid "${as[@]}" setpriv --pdeathsig INT "$bin/postgres" -D "$folder/data" -p "$1" \
        -c listen_addresses=127.0.0.1 -c unix_socket_directories= \
        -c max_connections=400 -c shared_buffers=256MB \
        -c fsync=$durable -c synchronous_commit=on -c full_page_writes=$durable \
        >"$folder/server.log" 2>&1 </dev/null &
    server=$!
}

# The server itself says when it is ready. Asking the port could reach somebody else's server.
ready() {
    local tries
    for tries in $(seq 300); do
        kill -0 "$server" 2>/dev/null || return 1
        if grep -qs '^ready' "$folder/data/postmaster.pid"; then return 0; fi
        sleep 0.1
    done
    return 1
}

# A port cannot be asked for and kept, so one is tried; below 32768 no outgoing connection takes it.
for attempt in 1 2 3 4 5 6 7 8 9 10; do
    port=$((20000 + (RANDOM * 32768 + RANDOM) % 12000))
    start "$port"
    if ready; then break; fi
    kill -INT "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
    server=
    if [ "$attempt" = 10 ] || ! grep -q 'could not bind\|Address already in use' "$folder/server.log"; then
        say 'PostgreSQL did not start:'; cat "$folder/server.log" >&2; exit 1
    fi
done

cd "$cd_out"
export POSTRIDER_TEST_PG="postgres://postgres@127.0.0.1:$port/postgres"
"$@"

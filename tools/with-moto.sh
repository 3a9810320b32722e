#!/usr/bin/env bash
# Runs a command beside a throw-away S3 server (moto): tools/with-moto.sh COMMAND [ARGUMENT…]
#
# It keeps everything in memory, listens on one free port of 127.0.0.1 only, and is gone when the command ends,
# however it ends. The command finds it through POSTRIDER_TEST_S3. One that is already set is used as it is.
# Without moto: an error when CI=1, else the command runs and its tests say that they skip S3.
set -euo pipefail

say() { printf 'with-moto: %s\n' "$*" >&2; }

[ $# -gt 0 ] || { say "usage: $0 COMMAND [ARGUMENT…]"; exit 2; }
if [ -n "${POSTRIDER_TEST_S3:-}" ]; then exec "$@"; fi

moto=${POSTRIDER_MOTO_SERVER-$(dirname "$0")/../.tools/moto/bin/moto_server}
if [ ! -x "$moto" ]; then
    if [ "${CI:-}" = 1 ]; then say 'no moto found and CI=1: run `make setup`'; exit 1; fi
    say 'no moto found: tests that need S3 will be skipped; `make setup` installs it'
    exec "$@"
fi

log=$(mktemp "${TMPDIR:-/tmp}/postrider-moto.XXXXXX")
server=

cleanup() {
    local status=$?
    trap - EXIT
    if [ -n "$server" ]; then
        kill -TERM "$server" 2>/dev/null || true
        wait "$server" 2>/dev/null || true
    fi
    rm -f "$log"
    exit "$status"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP

# A session of its own keeps Ctrl-C for the command; the death signal covers a kill -9 of this script.
start() {
    setsid setpriv --pdeathsig TERM "$moto" -H 127.0.0.1 -p "$1" >"$log" 2>&1 </dev/null &
    server=$!
}

# The server itself says when it is ready. Asking the port could reach somebody else's server.
ready() {
    local tries
    for tries in $(seq 300); do
        kill -0 "$server" 2>/dev/null || return 1
        if grep -qs "Running on http://127.0.0.1:$1" "$log"; then return 0; fi
        sleep 0.1
    done
    return 1
}

# A port cannot be asked for and kept, so one is tried; below 32768 no outgoing connection takes it.
for attempt in 1 2 3 4 5 6 7 8 9 10; do
    port=$((20000 + (RANDOM * 32768 + RANDOM) % 12000))
    start "$port"
    if ready "$port"; then break; fi
    kill -TERM "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
    server=
    if [ "$attempt" = 10 ] || ! grep -q 'in use' "$log"; then
        say 'moto did not start:'; cat "$log" >&2; exit 1
    fi
done

export POSTRIDER_TEST_S3="http://127.0.0.1:$port"
"$@"

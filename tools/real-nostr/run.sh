#!/usr/bin/env bash
# Runs a command beside an independent Nostr relay and a Blossom server on loopback, then stops both.
#
#   tools/real-nostr/run.sh COMMAND [ARGUMENT…]
#
# The command sees NOSTR_RELAY (ws://…) and BLOSSOM_URL (http://…). Its exit status is the command's.
# The first run installs into .tools/real-nostr (some minutes: it compiles the Blossom server).
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
tools=$(cd "$here/../.." && pwd)/.tools/real-nostr
boot_seconds=${REAL_NOSTR_BOOT_SECONDS:-60}
scratch=
servers=()
command_pid=

say() { printf 'real-nostr: %s\n' "$*" >&2; }

# Whether a lock file is the one that was installed.
installed() { cmp -s "$here/$1" "$tools/$2"; }

# The relay, in an environment that is made anew when its list has changed.
install_relay() {
  installed requirements.txt venv/.installed-lock && return
  say "installing the relay"
  rm -rf "$tools/venv"
  python3 -m venv "$tools/venv"
  "$tools/venv/bin/pip" install --quiet --disable-pip-version-check --no-deps --requirement "$here/requirements.txt"
  cp "$here/requirements.txt" "$tools/venv/.installed-lock"
}

# Unoptimised: it serves a few files, and the optimised build takes far longer.
install_blossom() {
  [[ -x $tools/bin/postrider-real-blossom ]] && installed blossom/Cargo.lock blossom.installed-lock &&
    [[ ! $here/blossom/src/main.rs -nt $tools/blossom.installed-lock ]] && return
  pkg-config --exists openssl || { say "OpenSSL's headers are needed (Debian: libssl-dev pkg-config)"; exit 1; }
  say "building the Blossom server (once)"
  CARGO_INCREMENTAL=0 nice -n 10 cargo install --quiet --debug --locked --force --no-track \
    --path "$here/blossom" --root "$tools" --target-dir "$tools/target"
  rm -rf "$tools/target"
  cp "$here/blossom/Cargo.lock" "$tools/blossom.installed-lock"
}

# The client that reads back what was published.
install_client() {
  cmp -s "$here/package-lock.json" "$here/node_modules/.installed-lock" && return
  say "installing the client"
  (cd "$here" && npm ci --ignore-scripts --loglevel=error) >&2
  cp "$here/package-lock.json" "$here/node_modules/.installed-lock"
}

# A server that is told to end may end with any status; none of them is this script's.
stop() {
  local status=$? pid
  trap - EXIT
  set +e
  [[ -n $command_pid ]] && kill "$command_pid" 2>/dev/null
  for pid in "${servers[@]}"; do
    kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null
  done
  [[ -n $scratch ]] && rm -rf "$scratch"
  exit "$status"
}

# Starts a server whose home is the scratch folder, with its words in the file `$1`. A session of its own keeps Ctrl-C for the
# command; the death signal covers a kill -9 of this script.
start() {
  local log=$scratch/$1
  shift
  HOME=$scratch setsid setpriv --pdeathsig TERM "$@" >"$log" 2>&1 </dev/null &
  servers+=($!)
}

# Waits until a server's log has a line like `$3`; `$1` is its name, `$2` its pid.
ready() {
  local tenths=0
  until grep -qsE "$3" "$scratch/$1"; do
    kill -0 "$2" 2>/dev/null || { say "the $1 stopped while starting:"; cat "$scratch/$1" >&2; exit 1; }
    ((++tenths <= boot_seconds * 10)) || { say "the $1 is not ready after $boot_seconds s"; exit 1; }
    sleep 0.1
  done
}

# The relay checks every id and signature, and keeps its events in a file that goes with the scratch folder.
boot_relay() {
  local port
  port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
  cat >"$scratch/relay.yaml" <<END
relay_name: postrider test
storage:
  sqlalchemy.url: sqlite+aiosqlite:///$scratch/events.sqlite3
  validators: [nostr_relay.validators.is_signed, nostr_relay.validators.is_recent]
gunicorn:
  bind: 127.0.0.1:$port
END
  start relay "$tools/venv/bin/nostr-relay" -c "$scratch/relay.yaml" serve --use-uvicorn
  ready relay $! "running on http://127\.0\.0\.1:$port"
  export NOSTR_RELAY=ws://127.0.0.1:$port
}

boot_blossom() {
  start blossom "$tools/bin/postrider-real-blossom"
  ready blossom $! '^http://127\.0\.0\.1:[0-9]+$'
  BLOSSOM_URL=$(grep -E '^http://' "$scratch/blossom")
  export BLOSSOM_URL
}

main() {
  if [[ $# -eq 0 ]]; then
    say "usage: $0 COMMAND [ARGUMENT…]"
    exit 2
  fi
  local tool
  for tool in node npm python3 cargo pkg-config setpriv; do
    command -v "$tool" >/dev/null || { say "$tool is needed"; exit 1; }
  done
  trap stop EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  mkdir -p "$tools"
  install_relay
  install_blossom
  install_client
  scratch=$(mktemp -d "${TMPDIR:-/tmp}/postrider-real-nostr-XXXXXX")
  boot_relay
  boot_blossom
  say "relay $NOSTR_RELAY and Blossom server $BLOSSOM_URL are up"
  # In the background, so that a signal to this script is answered at once.
  "$@" <&0 &
  command_pid=$!
  local status=0
  wait "$command_pid" || status=$?
  command_pid=
  exit "$status"
}

main "$@"

#!/usr/bin/env bash
# Runs a command beside a real Bluesky PDS on loopback, then stops the PDS.
#
#   tools/real-pds/run.sh COMMAND [ARGUMENT…]
#
# The command sees, for the first account: PDS_URL, HANDLE, DID, PASSWORD, APP_PASSWORD;
# and for all of them, as one line of JSON: REAL_PDS. Accounts and ports come from
# REAL_PDS_ACCOUNTS, REAL_PDS_PORT and REAL_PDS_PLC_PORT (see boot.mjs).
# Its exit status is the command's. The first run installs (about two minutes: it compiles SQLite).
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
boot_seconds=${REAL_PDS_BOOT_SECONDS:-60}
scratch=
pds_pid=
command_pid=

say() { printf 'real-pds: %s\n' "$*" >&2; }

# The module exists and was built for the Node that runs now.
native_module_loads() {
  (cd "$here" && node -e 'new (require("better-sqlite3"))(":memory:").close()') 2>/dev/null
}

# npm leaves its own lock in node_modules; older than ours means ours has changed since.
installed() {
  [[ ! "$here/package-lock.json" -nt "$here/node_modules/.package-lock.json" ]] &&
    [[ -f "$here/node_modules/.package-lock.json" ]] && native_module_loads
}

# Compiles instead of downloading a binary from elsewhere: only the package registry is reached,
# and the headers are those of the installed Node where it brings them along.
install() {
  installed && return
  local prefix
  prefix=$(dirname "$(dirname "$(readlink -f "$(command -v node)")")")
  [[ -f "$prefix/include/node/node.h" ]] && export npm_config_nodedir="$prefix"
  export npm_config_build_from_source=true
  say "installing (once; compiles better-sqlite3, which needs a C++ compiler, make and python3)"
  # npm 11 runs install scripts only for what package.json lists under allowScripts.
  (cd "$here" && nice -n 10 npm ci --loglevel=error) >&2
  native_module_loads || (cd "$here" && nice -n 10 npm rebuild better-sqlite3 --loglevel=error) >&2
  native_module_loads || { say "better-sqlite3 was not built; see the lines above"; exit 1; }
}

stop() {
  local status=$?
  trap - EXIT
  [[ -n $command_pid ]] && kill "$command_pid" 2>/dev/null
  [[ -n $pds_pid ]] && kill "$pds_pid" 2>/dev/null && wait "$pds_pid" 2>/dev/null
  [[ -n $scratch ]] && rm -rf "$scratch"
  exit "$status"
}

boot() {
  scratch=$(mktemp -d "${TMPDIR:-/tmp}/postrider-real-pds-run-XXXXXX")
  : >"$scratch/ready" # the loop below may look before the server has opened it
  node "$here/boot.mjs" >"$scratch/ready" </dev/null &
  pds_pid=$!
  local tenths=0
  until [[ $(wc -l <"$scratch/ready") -ge 1 ]]; do
    kill -0 "$pds_pid" 2>/dev/null || { say "the server stopped while starting"; exit 1; }
    ((++tenths <= boot_seconds * 10)) || { say "not ready after $boot_seconds s"; exit 1; }
    sleep 0.1
  done
  REAL_PDS=$(<"$scratch/ready")
  export REAL_PDS
}

# One field of the ready line, by a path such as accounts.0.did.
field() {
  node -p 'process.argv[1].split(".").reduce((at, key) => at[key], JSON.parse(process.env.REAL_PDS))' "$1"
}

export_first_account() {
  PDS_URL=$(field pds)
  HANDLE=$(field accounts.0.handle)
  DID=$(field accounts.0.did)
  PASSWORD=$(field accounts.0.password)
  APP_PASSWORD=$(field accounts.0.appPassword)
  export PDS_URL HANDLE DID PASSWORD APP_PASSWORD
}

main() {
  if [[ $# -eq 0 ]]; then
    say "usage: $0 COMMAND [ARGUMENT…]"
    exit 2
  fi
  command -v node >/dev/null || { say "Node 20 is needed"; exit 1; }
  trap stop EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  install
  boot
  export_first_account
  say "$PDS_URL is up, first account $HANDLE"
  # In the background, so that a signal to this script is answered at once.
  "$@" <&0 &
  command_pid=$!
  local status=0
  wait "$command_pid" || status=$?
  command_pid=
  exit "$status"
}

main "$@"
